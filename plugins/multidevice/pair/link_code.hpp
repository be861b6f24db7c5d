// SPDX-License-Identifier: Apache-2.0
// Pairing by phone number: eight characters that the companion shows and the phone's owner types.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "multidevice/base/bytes.hpp"
#include "multidevice/base/result.hpp"
#include "multidevice/crypto/curve25519.hpp"
#include "multidevice/pair/qr.hpp"

namespace waxwing::multidevice {

inline constexpr std::size_t kLinkCodeLength = 8;
inline constexpr std::size_t kWrappedKeyBytes = 80;  // salt 32, IV 16, key 32
inline constexpr std::size_t kKeyBundleBytes = 156;  // salt 32, IV 12, three keys, tag 16
inline constexpr std::size_t kLinkCodeSaltBytes = 32;

// 5 octets as 8 characters of 5 bits each. The alphabet has no 0, I, O and U.
[[nodiscard]] std::string encode_link_code(ByteView five_octets);
[[nodiscard]] std::string random_link_code();
// What a person typed: small letters, spaces and a dash are fine. Nothing when it is no code.
[[nodiscard]] std::optional<std::string> normalise_link_code(std::string_view typed);
// "ABCD-EFGH", for showing.
[[nodiscard]] std::string with_dash(std::string_view code);

// PBKDF2 with 131072 rounds: some 50 ms of a core. [any-thread]
[[nodiscard]] Secret<32> derive_code_key(std::string_view code, ByteView salt);

// A public key under a code's key; `salt` is the one that the key was derived with.
[[nodiscard]] Bytes wrap_key(const Secret<32>& code_key, ByteView salt, const PublicKey& key);
// The salt to derive the key with. Fault::Malformed when it is not kWrappedKeyBytes long.
[[nodiscard]] Result<ByteView> wrapped_salt(ByteView wrapped);
// Under a wrong code this gives a wrong key; only the bundle tells.
[[nodiscard]] Result<PublicKey> unwrap_key(const Secret<32>& code_key, ByteView wrapped);

// Companion: after the phone has sent its ephemeral and its identity key.
struct CompanionFinish {
  Bytes bundle;
  AdvSecret adv_secret;
};
[[nodiscard]] Result<CompanionFinish> finish_as_companion(const KeyPair& ephemeral,
                                                          const KeyPair& identity,
                                                          const PublicKey& primary_ephemeral,
                                                          const PublicKey& primary_identity);

// Phone: Fault::Untrusted when the bundle does not open (a wrong code) or names other identities.
[[nodiscard]] Result<AdvSecret> finish_as_primary(const KeyPair& ephemeral, const KeyPair& identity,
                                                  const PublicKey& companion_ephemeral,
                                                  const PublicKey& companion_identity,
                                                  ByteView bundle);

}  // namespace waxwing::multidevice
