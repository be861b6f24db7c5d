// SPDX-License-Identifier: Apache-2.0
// AES by OpenSSL. Contexts live for one call: a session that is idle keeps no more than its keys.
#include "multidevice/crypto/cipher.hpp"

#include <climits>
#include <cstdlib>
#include <memory>

#include <openssl/evp.h>

namespace waxwing::multidevice {
namespace {

const EVP_CIPHER* fetched(const char* name) noexcept {
  const EVP_CIPHER* cipher = EVP_CIPHER_fetch(nullptr, name, nullptr);
  if (cipher == nullptr) {
    std::abort();
  }
  return cipher;
}
const EVP_CIPHER* gcm() noexcept {
  static const EVP_CIPHER* const kCipher = fetched("AES-256-GCM");
  return kCipher;
}
const EVP_CIPHER* cbc() noexcept {
  static const EVP_CIPHER* const kCipher = fetched("AES-256-CBC");
  return kCipher;
}
const EVP_CIPHER* ctr() noexcept {
  static const EVP_CIPHER* const kCipher = fetched("AES-256-CTR");
  return kCipher;
}

using Context = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;
enum class Way { Encrypt, Decrypt };

Result<Context> begin(const EVP_CIPHER* cipher, Way way, std::size_t iv_bytes, ByteView key,
                      ByteView iv, ByteView data) {
  if (key.size() != 32 || iv.size() != iv_bytes || data.size() > INT_MAX - 2 * kAesBlockBytes) {
    return Status(Fault::Argument, "a key, IV or text of the wrong size");
  }
  Context ctx(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  const int encrypt = way == Way::Encrypt ? 1 : 0;
  if (ctx == nullptr ||
      EVP_CipherInit_ex2(ctx.get(), cipher, key.data(), iv.data(), encrypt, nullptr) != 1) {
    return Status(Fault::Internal, "the cipher cannot be set up");
  }
  return ctx;
}

constexpr const char* kFailed = "the cipher failed";

// Runs `data` through and gives what came out, or that failure when its end was not valid.
Result<Bytes> run(const Context& ctx, ByteView data, Fault fault, const char* why) {
  Bytes out(data.size() + kAesBlockBytes);
  int written = 0;
  int last = 0;
  if (EVP_CipherUpdate(ctx.get(), out.data(), &written, data.data(),
                       static_cast<int>(data.size())) != 1 ||
      EVP_CipherFinal_ex(ctx.get(), out.data() + written, &last) != 1) {
    zero(out);
    return Status(fault, why);
  }
  out.resize(static_cast<std::size_t>(written) + static_cast<std::size_t>(last));
  return out;
}

Status associate(const Context& ctx, ByteView associated) {
  int ignored = 0;
  if (associated.size() > INT_MAX ||
      (!associated.empty() && EVP_CipherUpdate(ctx.get(), nullptr, &ignored, associated.data(),
                                               static_cast<int>(associated.size())) != 1)) {
    return {Fault::Internal, "the associated data was refused"};
  }
  return Status::ok();
}

}  // namespace

Result<Bytes> aes_gcm_seal(ByteView key, ByteView iv, ByteView associated, ByteView plain) {
  WAX_MD_TRY(const Context ctx, begin(gcm(), Way::Encrypt, kGcmIvBytes, key, iv, plain));
  WAX_MD_TRY_VOID(associate(ctx, associated));
  WAX_MD_TRY(Bytes out, run(ctx, plain, Fault::Internal, kFailed));
  out.resize(plain.size() + kGcmTagBytes);
  if (EVP_CIPHER_CTX_ctrl(ctx.get(), EVP_CTRL_AEAD_GET_TAG, kGcmTagBytes,
                          out.data() + plain.size()) != 1) {
    return Status(Fault::Internal, kFailed);
  }
  return out;
}

Result<Bytes> aes_gcm_open(ByteView key, ByteView iv, ByteView associated, ByteView sealed) {
  if (sealed.size() < kGcmTagBytes) {
    return malformed("a ciphertext shorter than its tag");
  }
  const ByteView text = sealed.first(sealed.size() - kGcmTagBytes);
  Bytes tag = to_bytes(sealed.last(kGcmTagBytes));
  WAX_MD_TRY(const Context ctx, begin(gcm(), Way::Decrypt, kGcmIvBytes, key, iv, text));
  WAX_MD_TRY_VOID(associate(ctx, associated));
  if (EVP_CIPHER_CTX_ctrl(ctx.get(), EVP_CTRL_AEAD_SET_TAG, kGcmTagBytes, tag.data()) != 1) {
    return Status(Fault::Internal, "the tag was refused");
  }
  return run(ctx, text, Fault::Untrusted, "the tag of a ciphertext does not hold");
}

Result<Bytes> aes_cbc_encrypt(ByteView key, ByteView iv, ByteView plain) {
  WAX_MD_TRY(const Context ctx, begin(cbc(), Way::Encrypt, kAesBlockBytes, key, iv, plain));
  return run(ctx, plain, Fault::Internal, kFailed);
}

Result<Bytes> aes_cbc_decrypt(ByteView key, ByteView iv, ByteView sealed) {
  if (sealed.empty() || sealed.size() % kAesBlockBytes != 0) {
    return malformed("a ciphertext that is not made of whole blocks");
  }
  WAX_MD_TRY(const Context ctx, begin(cbc(), Way::Decrypt, kAesBlockBytes, key, iv, sealed));
  return run(ctx, sealed, Fault::Malformed, "a ciphertext with a wrong padding");
}

Result<Bytes> aes_ctr(ByteView key, ByteView iv, ByteView data) {
  WAX_MD_TRY(const Context ctx, begin(ctr(), Way::Encrypt, kAesBlockBytes, key, iv, data));
  return run(ctx, data, Fault::Internal, kFailed);
}

}  // namespace waxwing::multidevice
