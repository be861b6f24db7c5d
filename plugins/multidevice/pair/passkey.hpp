// SPDX-License-Identifier: Apache-2.0
// Linking that WhatsApp guards with a passkey: what companion and phone tell each other before the
// phone trusts the secret that it will answer to. Facts from whatsmeow's pair-passkey.go (2026).
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "multidevice/base/bytes.hpp"
#include "multidevice/base/result.hpp"
#include "multidevice/crypto/curve25519.hpp"
#include "multidevice/crypto/hash.hpp"
#include "multidevice/pair/qr.hpp"

namespace waxwing::multidevice {

using PasskeyNonce = std::array<std::uint8_t, 32>;

// Companion -------------------------------------------------------------------------------------

// One answer to one challenge: the companion binds itself to a nonce that it shows later.
struct PasskeyOffer {
  KeyPair ephemeral;
  PasskeyNonce nonce{};
  std::string ref;  // the server's name for this linking
  std::uint32_t device_type = 0;
  Bytes payload;  // prologue_payload
};
[[nodiscard]] PasskeyOffer make_passkey_offer(std::string ref, std::uint32_t device_type);
// Shows that whoever answers the challenge knows the secret of the code that was scanned.
[[nodiscard]] Sha256 passkey_handoff_proof(const AdvSecret& scanned, ByteView prologue_payload);

// primary_ephemeral_identity, the phone's part.
struct PasskeyPrimary {
  PublicKey key{};
  PasskeyNonce nonce{};
};
[[nodiscard]] Result<PasskeyPrimary> parse_passkey_primary(ByteView octets);
// The new secret under the key that both have now: encrypted_pairing_request.
[[nodiscard]] Result<Bytes> seal_pairing_request(const PasskeyOffer& offer,
                                                 const PasskeyPrimary& primary,
                                                 const PublicKey& noise_key,
                                                 const PublicKey& identity,
                                                 const AdvSecret& secret);

// Both ------------------------------------------------------------------------------------------

// "ABCD-EFGH": the same on both sides unless somebody stands in between.
[[nodiscard]] std::string passkey_code(const PasskeyNonce& companion_nonce,
                                       const PasskeyPrimary& primary);

// Phone -----------------------------------------------------------------------------------------

// What a prologue_payload says.
struct PasskeyPrologue {
  Bytes identity;  // as it came, for the commitment
  PublicKey key{};
  std::string ref;
  std::uint32_t device_type = 0;
  Sha256 commitment{};
};
[[nodiscard]] Result<PasskeyPrologue> parse_passkey_prologue(ByteView payload);
[[nodiscard]] bool passkey_commitment_holds(const PasskeyPrologue& prologue,
                                            const PasskeyNonce& nonce);
[[nodiscard]] Bytes encode_passkey_primary(const PasskeyPrimary& primary);
struct PairingRequest {
  PublicKey noise_key{};
  PublicKey identity{};
  AdvSecret secret;
};
// Fault::Untrusted when it was not sealed for this phone and this offer.
[[nodiscard]] Result<PairingRequest> open_pairing_request(const KeyPair& primary,
                                                          const PasskeyPrologue& prologue,
                                                          ByteView sealed);

}  // namespace waxwing::multidevice
