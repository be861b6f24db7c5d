// SPDX-License-Identifier: Apache-2.0
// Noise's SymmetricState: the running hash, the chaining key and the cipher of a handshake.
#pragma once

#include <cstdint>
#include <string_view>

#include "multidevice/base/bytes.hpp"
#include "multidevice/base/result.hpp"
#include "multidevice/base/secret.hpp"
#include "multidevice/crypto/curve25519.hpp"
#include "multidevice/crypto/hash.hpp"

namespace waxwing::multidevice {

// noiseprotocol.org, revision 34, section 5.2, with AES-256-GCM and SHA-256.
class SymmetricState {
 public:
  static constexpr std::string_view kXx = "Noise_XX_25519_AESGCM_SHA256";
  static constexpr std::string_view kIk = "Noise_IK_25519_AESGCM_SHA256";
  static constexpr std::string_view kXxFallback = "Noise_XXfallback_25519_AESGCM_SHA256";

  SymmetricState(std::string_view protocol_name, ByteView prologue);

  void mix_hash(ByteView data) { hash_ = sha256({hash_, data}); }
  void mix_key(ByteView key_material);
  // mix_key() with what the two keys share.
  [[nodiscard]] Status mix_shared(const PrivateKey& own, const PublicKey& theirs);

  [[nodiscard]] Result<Bytes> encrypt(ByteView plain);
  [[nodiscard]] Result<Bytes> decrypt(ByteView sealed);
  // decrypt() for a public key; Fault::Malformed when it is not 32 octets.
  [[nodiscard]] Result<PublicKey> decrypt_key(ByteView sealed);

  struct Split {
    Secret<32> from_initiator;
    Secret<32> from_responder;
  };
  [[nodiscard]] Split split() const;
  [[nodiscard]] const Sha256& hash() const noexcept { return hash_; }

 private:
  [[nodiscard]] std::array<std::uint8_t, 12> next_iv() noexcept;

  Sha256 hash_;
  Secret<32> chaining_key_;
  Secret<32> key_;
  std::uint32_t counter_ = 0;
};

// 8 zero octets and the counter, as every message of a connection is numbered.
[[nodiscard]] std::array<std::uint8_t, 12> noise_iv(std::uint32_t counter) noexcept;

}  // namespace waxwing::multidevice
