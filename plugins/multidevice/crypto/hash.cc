// SPDX-License-Identifier: Apache-2.0
// Hashes and what is built from them, by OpenSSL.
#include "multidevice/crypto/hash.hpp"

#include <algorithm>
#include <cstdlib>

#include <openssl/evp.h>

namespace waxwing::multidevice {
namespace {

void need(bool worked) noexcept {
  if (!worked) {
    std::abort();  // only out of memory
  }
}

// Looking an algorithm up by name and making a context cost more than hashing a key, so each thread
// keeps one per algorithm. Between two uses it stands at the beginning, and holds nothing secret.
class Hasher {
 public:
  explicit Hasher(const char* name)
      : md_(EVP_MD_fetch(nullptr, name, nullptr)), ctx_(EVP_MD_CTX_new()) {
    need(md_ != nullptr && ctx_ != nullptr);
    begin();
  }
  ~Hasher() {
    EVP_MD_CTX_free(ctx_);
    EVP_MD_free(md_);
  }
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;

  void add(ByteView octets) noexcept {
    need(EVP_DigestUpdate(ctx_, octets.data(), octets.size()) == 1);
  }
  template <std::size_t N>
  std::array<std::uint8_t, N> finish() noexcept {
    std::array<std::uint8_t, N> out;
    need(EVP_DigestFinal_ex(ctx_, out.data(), nullptr) == 1);
    begin();
    return out;
  }

 private:
  void begin() noexcept { need(EVP_DigestInit_ex2(ctx_, md_, nullptr) == 1); }

  EVP_MD* const md_;
  EVP_MD_CTX* const ctx_;
};

Hasher& sha1_hasher() {
  thread_local Hasher hasher("SHA1");
  return hasher;
}
Hasher& sha256_hasher() {
  thread_local Hasher hasher("SHA256");
  return hasher;
}
Hasher& sha512_hasher() {
  thread_local Hasher hasher("SHA512");
  return hasher;
}
Hasher& md5_hasher() {
  thread_local Hasher hasher("MD5");
  return hasher;
}

template <std::size_t N>
std::array<std::uint8_t, N> digest(Hasher& hasher, std::initializer_list<ByteView> parts) {
  for (const ByteView part : parts) {
    hasher.add(part);
  }
  return hasher.finish<N>();
}

// RFC 2104. N: octets of a hash, kBlock: of a block of the hash.
template <std::size_t N, std::size_t kBlock>
std::array<std::uint8_t, N> hmac(Hasher& hasher, ByteView key,
                                 std::initializer_list<ByteView> parts) {
  Secret<kBlock> pad;
  const MutableBytes octets = pad.writable();
  if (key.size() <= kBlock) {
    std::copy(key.begin(), key.end(), octets.begin());
  } else {
    const Secret<N> short_key(digest<N>(hasher, {key}));
    std::copy(short_key.view().begin(), short_key.view().end(), octets.begin());
  }
  constexpr std::uint8_t kInner = 0x36;
  constexpr std::uint8_t kOuter = 0x5C;
  for (std::uint8_t& octet : octets) {
    octet ^= kInner;
  }
  hasher.add(pad);
  const Secret<N> inner(digest<N>(hasher, parts));
  for (std::uint8_t& octet : octets) {
    octet ^= kInner ^ kOuter;
  }
  return digest<N>(hasher, {pad, inner});
}

}  // namespace

Sha256 sha256(std::initializer_list<ByteView> parts) {
  return digest<32>(sha256_hasher(), parts);
}
Sha512 sha512(std::initializer_list<ByteView> parts) {
  return digest<64>(sha512_hasher(), parts);
}
Sha1 sha1(std::initializer_list<ByteView> parts) {
  return digest<20>(sha1_hasher(), parts);
}
Md5 md5(ByteView octets) {
  return digest<16>(md5_hasher(), {octets});
}
Sha256 hmac_sha256(ByteView key, std::initializer_list<ByteView> parts) {
  return hmac<32, 64>(sha256_hasher(), key, parts);
}
Sha512 hmac_sha512(ByteView key, std::initializer_list<ByteView> parts) {
  return hmac<64, 128>(sha512_hasher(), key, parts);
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
                         static_cast<int>(salt.size()), static_cast<int>(iterations), EVP_sha256(),
                         static_cast<int>(to.size()), to.data()) == 1);
  return out;
}

}  // namespace waxwing::multidevice
