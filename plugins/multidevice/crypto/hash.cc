// SPDX-License-Identifier: Apache-2.0
// Hashes and what is built from them, by OpenSSL.
#include "multidevice/crypto/hash.hpp"

#include <cstdlib>
#include <memory>

#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace waxwing::multidevice {
namespace {

// Looking an algorithm up by name costs more than hashing a key, so each is looked up once and kept
// as long as the process lives.
const EVP_MD* fetched(const char* name) noexcept {
  const EVP_MD* md = EVP_MD_fetch(nullptr, name, nullptr);
  if (md == nullptr) {
    std::abort();
  }
  return md;
}
const EVP_MD* md_sha1() noexcept {
  static const EVP_MD* const kMd = fetched("SHA1");
  return kMd;
}
const EVP_MD* md_sha256() noexcept {
  static const EVP_MD* const kMd = fetched("SHA256");
  return kMd;
}
const EVP_MD* md_sha512() noexcept {
  static const EVP_MD* const kMd = fetched("SHA512");
  return kMd;
}
const EVP_MD* md_md5() noexcept {
  static const EVP_MD* const kMd = fetched("MD5");
  return kMd;
}

void need(bool worked) noexcept {
  if (!worked) {
    std::abort();  // only out of memory
  }
}

template <std::size_t N>
std::array<std::uint8_t, N> digest(const EVP_MD* md, std::initializer_list<ByteView> parts) {
  std::array<std::uint8_t, N> out;
  if (parts.size() == 1) {
    const ByteView only = *parts.begin();
    need(EVP_Digest(only.data(), only.size(), out.data(), nullptr, md, nullptr) == 1);
    return out;
  }
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> ctx(EVP_MD_CTX_new(),
                                                                    &EVP_MD_CTX_free);
  need(ctx != nullptr && EVP_DigestInit_ex2(ctx.get(), md, nullptr) == 1);
  for (const ByteView part : parts) {
    need(EVP_DigestUpdate(ctx.get(), part.data(), part.size()) == 1);
  }
  need(EVP_DigestFinal_ex(ctx.get(), out.data(), nullptr) == 1);
  return out;
}

template <std::size_t N>
std::array<std::uint8_t, N> hmac(const EVP_MD* md, ByteView key,
                                 std::initializer_list<ByteView> parts) {
  const Bytes message = parts.size() == 1 ? Bytes() : concat(parts);
  const ByteView view = parts.size() == 1 ? *parts.begin() : ByteView(message);
  // OpenSSL takes a null key for "the key of last time".
  static const std::uint8_t kNothing = 0;
  std::array<std::uint8_t, N> out;
  need(HMAC(md, key.empty() ? &kNothing : key.data(), static_cast<int>(key.size()), view.data(),
            view.size(), out.data(), nullptr) != nullptr);
  return out;
}

}  // namespace

Sha256 sha256(std::initializer_list<ByteView> parts) {
  return digest<32>(md_sha256(), parts);
}
Sha512 sha512(std::initializer_list<ByteView> parts) {
  return digest<64>(md_sha512(), parts);
}
Sha1 sha1(std::initializer_list<ByteView> parts) {
  return digest<20>(md_sha1(), parts);
}
Md5 md5(ByteView octets) {
  return digest<16>(md_md5(), {octets});
}
Sha256 hmac_sha256(ByteView key, std::initializer_list<ByteView> parts) {
  return hmac<32>(md_sha256(), key, parts);
}
Sha512 hmac_sha512(ByteView key, std::initializer_list<ByteView> parts) {
  return hmac<64>(md_sha512(), key, parts);
}

void hkdf_sha256(ByteView key_material, ByteView salt, std::string_view info, MutableBytes out) {
  constexpr Sha256 kNoSalt = {};
  const Secret<32> prk(hmac_sha256(salt.empty() ? ByteView(kNoSalt) : salt, {key_material}));
  Secret<32> block;
  std::size_t done = 0;
  for (std::uint8_t counter = 1; done < out.size(); ++counter) {
    need(counter != 0);
    const ByteView previous = counter == 1 ? ByteView() : block.view();
    block = Secret<32>(hmac_sha256(prk, {previous, as_bytes(info), ByteView(&counter, 1)}));
    const std::size_t size = std::min<std::size_t>(32, out.size() - done);
    std::copy_n(block.view().begin(), size, out.begin() + static_cast<std::ptrdiff_t>(done));
    done += size;
  }
}

Secret<32> pbkdf2_sha256(std::string_view password, ByteView salt, std::uint32_t iterations) {
  Secret<32> out;
  const MutableBytes to = out.writable();
  need(PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), salt.data(),
                         static_cast<int>(salt.size()), static_cast<int>(iterations), md_sha256(),
                         static_cast<int>(to.size()), to.data()) == 1);
  return out;
}

}  // namespace waxwing::multidevice
