// SPDX-License-Identifier: Apache-2.0
// Hashes over OpenSSL.
#include "base/digest.hpp"

#include <array>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/check.hpp"

namespace waxwing {
namespace {

using Octets = std::array<unsigned char, EVP_MAX_MD_SIZE>;

std::string to_hex(const Octets& out, unsigned int size) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  hex.reserve(std::size_t{size} * 2);
  for (unsigned int i = 0; i < size; ++i) {
    hex += kDigits[out.at(i) >> 4U];
    hex += kDigits[out.at(i) & 0xFU];
  }
  return hex;
}

// Of the library's context, for good: what EVP_sha256() gives is looked for anew at every use.
const EVP_MD* fetch(const char* name) {
  const EVP_MD* const md = EVP_MD_fetch(nullptr, name, nullptr);
  WAX_CHECK(md != nullptr);
  return md;
}

const EVP_MD* sha256() {
  static const EVP_MD* const md = fetch("SHA256");
  return md;
}

const EVP_MD* sha512() {
  static const EVP_MD* const md = fetch("SHA512");
  return md;
}

std::string digest_hex(const EVP_MD* md, std::string_view data) {
  Octets out{};
  unsigned int size = 0;
  WAX_CHECK(EVP_Digest(data.data(), data.size(), out.data(), &size, md, nullptr) == 1);
  return to_hex(out, size);
}

}  // namespace

std::string sha256_hex(std::string_view data) {
  return digest_hex(sha256(), data);
}

std::string sha512_hex(std::string_view data) {
  return digest_hex(sha512(), data);
}

std::string hmac_sha512_hex(std::string_view key, std::string_view data) {
  Octets out{};
  unsigned int size = 0;
  WAX_CHECK(HMAC(sha512(), key.data(), static_cast<int>(key.size()),
                 reinterpret_cast<const unsigned char*>(data.data()), data.size(), out.data(),
                 &size) != nullptr);
  return to_hex(out, size);
}

bool equal_constant_time(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string base64_encode(std::string_view data) {
  std::string out(4 * ((data.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(data.data()),
                                   static_cast<int>(data.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

}  // namespace waxwing
