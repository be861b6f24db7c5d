// SPDX-License-Identifier: Apache-2.0
// Hashes over OpenSSL.
#include "base/digest.hpp"

#include <array>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/check.hpp"

namespace waxwing {
namespace {

std::string digest_hex(const EVP_MD* md, std::string_view data) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned int size = 0;
  WAX_CHECK(EVP_Digest(data.data(), data.size(), out.data(), &size, md, nullptr) == 1);
  std::string hex;
  hex.reserve(std::size_t{size} * 2);
  for (unsigned int i = 0; i < size; ++i) {
    hex += kDigits[out.at(i) >> 4U];
    hex += kDigits[out.at(i) & 0xFU];
  }
  return hex;
}

}  // namespace

std::string sha256_hex(std::string_view data) {
  return digest_hex(EVP_sha256(), data);
}

std::string sha512_hex(std::string_view data) {
  return digest_hex(EVP_sha512(), data);
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
