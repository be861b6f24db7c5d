// SPDX-License-Identifier: Apache-2.0
// Why a ciphertext could not be read, with the numbers that retry receipts use.
#pragma once

#include <cstdint>
#include <string_view>

namespace waxwing::multidevice {

// Those below 100 go into <retry error=…/> as they are.
enum class DecryptFault : std::uint8_t {
  None = 0,
  NoSession = 1,
  InvalidKey = 2,      // a public key of theirs that is none
  InvalidKeyId = 3,    // a prekey that we do not have (any more), or a sender key we never got
  InvalidMessage = 4,  // octets that are no message, or that no chain of ours can read
  InvalidSignature = 5,
  FutureMessage = 6,  // more than kMaxSkip messages ahead
  BadMac = 7,
  UntrustedDevice = 12,  // its account does not vouch for it
  Duplicate = 100,       // was decrypted before: its key is gone
};
[[nodiscard]] std::string_view to_string(DecryptFault fault) noexcept;

}  // namespace waxwing::multidevice
