// SPDX-License-Identifier: Apache-2.0
// The code's alphabet, and the keys that both sides derive from it.
#include "multidevice/pair/link_code.hpp"

#include <utility>

#include "multidevice/crypto/cipher.hpp"
#include "multidevice/crypto/hash.hpp"
#include "multidevice/crypto/random.hpp"

namespace waxwing::multidevice {
namespace {

constexpr std::string_view kAlphabet = "123456789ABCDEFGHJKLMNPQRSTVWXYZ";
constexpr std::uint32_t kRounds = 2U << 16U;
constexpr std::string_view kBundleInfo = "link_code_pairing_key_bundle_encryption_key";
constexpr std::string_view kSecretInfo = "adv_secret";

AdvSecret derive_secret(const SharedSecret& ephemeral, const SharedSecret& identity,
                        ByteView random) {
  const SecretBytes material(concat({ephemeral, identity, random}));
  return hkdf_sha256<32>(material, {}, kSecretInfo);
}

}  // namespace

std::string encode_link_code(ByteView five_octets) {
  const std::uint64_t bits = from_be(five_octets.first(5));
  std::string code;
  for (std::size_t i = 0; i < kLinkCodeLength; ++i) {
    code += kAlphabet[(bits >> (35 - 5 * i)) & 31U];
  }
  return code;
}

std::string random_link_code() {
  const Bytes octets = random_bytes(5);
  return encode_link_code(octets);
}

std::optional<std::string> normalise_link_code(std::string_view typed) {
  std::string code;
  for (const char c : typed) {
    if (c == '-' || c == ' ') {
      continue;
    }
    const char upper = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    if (code.size() == kLinkCodeLength || kAlphabet.find(upper) == std::string_view::npos) {
      return std::nullopt;
    }
    code += upper;
  }
  return code.size() == kLinkCodeLength ? std::optional(std::move(code)) : std::nullopt;
}

std::string with_dash(std::string_view code) {
  std::string out(code.substr(0, 4));
  return out.append("-").append(code.substr(std::min<std::size_t>(4, code.size())));
}

Secret<32> derive_code_key(std::string_view code, ByteView salt) {
  return pbkdf2_sha256(code, salt, kRounds);
}

Bytes wrap_key(const Secret<32>& code_key, ByteView salt, const PublicKey& key) {
  const Bytes iv = random_bytes(kAesBlockBytes);
  // The sizes are right, so this does not fail.
  return concat({salt, iv, *aes_ctr(code_key, iv, key)});
}

Result<ByteView> wrapped_salt(ByteView wrapped) {
  if (wrapped.size() != kWrappedKeyBytes) {
    return malformed("a wrapped key that is not 80 octets long");
  }
  return wrapped.first(kLinkCodeSaltBytes);
}

Result<PublicKey> unwrap_key(const Secret<32>& code_key, ByteView wrapped) {
  WAX_MD_TRY_VOID(wrapped_salt(wrapped));
  const ByteView iv = wrapped.subspan(kLinkCodeSaltBytes, kAesBlockBytes);
  WAX_MD_TRY(const Bytes key, aes_ctr(code_key, iv, wrapped.last(kKeyBytes)));
  return to_array<kKeyBytes>(key).value_or(PublicKey{});
}

Result<CompanionFinish> finish_as_companion(const KeyPair& ephemeral, const KeyPair& identity,
                                            const PublicKey& primary_ephemeral,
                                            const PublicKey& primary_identity) {
  WAX_MD_TRY(const SharedSecret shared, shared_secret(ephemeral.secret, primary_ephemeral));
  WAX_MD_TRY(const SharedSecret identities, shared_secret(identity.secret, primary_identity));
  const Bytes salt = random_bytes(kLinkCodeSaltBytes);
  const Bytes iv = random_bytes(kGcmIvBytes);
  const Secret<32> random = random_secret<32>();
  const Secret<32> key = hkdf_sha256<32>(shared, salt, kBundleInfo);
  const SecretBytes plain(concat({identity.open, primary_identity, random}));
  WAX_MD_TRY(const Bytes sealed, aes_gcm_seal(key, iv, {}, plain));
  return CompanionFinish{concat({salt, iv, sealed}), derive_secret(shared, identities, random)};
}

Result<AdvSecret> finish_as_primary(const KeyPair& ephemeral, const KeyPair& identity,
                                    const PublicKey& companion_ephemeral,
                                    const PublicKey& companion_identity, ByteView bundle) {
  if (bundle.size() != kKeyBundleBytes) {
    return malformed("a key bundle that is not 156 octets long");
  }
  WAX_MD_TRY(const SharedSecret shared, shared_secret(ephemeral.secret, companion_ephemeral));
  const Secret<32> key = hkdf_sha256<32>(shared, bundle.first(kLinkCodeSaltBytes), kBundleInfo);
  WAX_MD_TRY(Bytes opened, aes_gcm_open(key, bundle.subspan(kLinkCodeSaltBytes, kGcmIvBytes), {},
                                        bundle.subspan(kLinkCodeSaltBytes + kGcmIvBytes)));
  const SecretBytes plain(std::move(opened));
  if (!equal_secret(plain.view().first(kKeyBytes), companion_identity) ||
      !equal_secret(plain.view().subspan(kKeyBytes, kKeyBytes), identity.open)) {
    return untrusted("the key bundle names other identities");
  }
  WAX_MD_TRY(const SharedSecret identities, shared_secret(identity.secret, companion_identity));
  return derive_secret(shared, identities, plain.view().last(32));
}

}  // namespace waxwing::multidevice
