// SPDX-License-Identifier: Apache-2.0
// The identity of a companion device (ADV): signed by the phone, countersigned by the companion.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "multidevice/base/bytes.hpp"
#include "multidevice/base/result.hpp"
#include "multidevice/crypto/curve25519.hpp"
#include "multidevice/crypto/signature.hpp"
#include "multidevice/pair/qr.hpp"

namespace waxwing::multidevice {

// Phone -----------------------------------------------------------------------------------------

struct DeviceGrant {
  std::uint32_t raw_id = 0;  // drawn once per account
  std::uint64_t timestamp_s = 0;
  std::uint32_t key_index = 0;
  PublicKey companion_identity{};
};
// What the phone hands to the server for pair-success.
[[nodiscard]] Bytes grant_device(const DeviceGrant& grant, const KeyPair& account,
                                 const AdvSecret& secret);
struct GrantFaults {
  bool wrong_hmac = false;
  bool wrong_signature = false;
  bool hosted_prefix = false;  // signed as for a hosted device, though it is none
};
[[nodiscard]] Bytes grant_device_for_test(const DeviceGrant& grant, const KeyPair& account,
                                          const AdvSecret& secret, const GrantFaults& faults);

// The list of companions that a phone publishes; what its signature covers is not known, so it is
// left unsigned.
[[nodiscard]] Bytes encode_key_index_list(std::uint32_t raw_id, std::uint64_t timestamp_s,
                                          std::span<const std::uint32_t> valid_indexes);

// Companion -------------------------------------------------------------------------------------

struct AcceptedIdentity {
  Bytes stored;  // whole, countersigned: goes out with every first message to a device
  Bytes reply;   // the same without the account's key, as pair-device-sign wants it
  std::uint32_t key_index = 0;
  PublicKey account_key{};  // the phone's identity
};
enum class PairFault { None, Malformed, HmacMismatch, SignatureMismatch };
struct AcceptResult {
  PairFault fault = PairFault::None;
  AcceptedIdentity identity;
};
// Checks the container of pair-success against the secrets that a phone may have been told (of the
// QR code, of a linking code; any will do), then countersigns it.
[[nodiscard]] AcceptResult accept_device_identity(ByteView container,
                                                  std::span<const AdvSecret* const> secrets,
                                                  const KeyPair& own_identity);

// Of other people's devices: whether `device_identity` (an AdvSignedDeviceIdentity) binds the
// companion's identity key to its account. `account_key`: the phone's identity where it is known;
// otherwise the one inside counts. Without either there is nothing to check, which is no failure.
[[nodiscard]] Status check_device_identity(ByteView device_identity, const PublicKey& companion,
                                           const PublicKey* account_key);

// Server ----------------------------------------------------------------------------------------

// Whether the companion's reply carries its countersignature of what the phone signed.
[[nodiscard]] Status check_countersignature(ByteView reply, const PublicKey& account_key,
                                            const PublicKey& companion_identity);

}  // namespace waxwing::multidevice
