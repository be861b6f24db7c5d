// SPDX-License-Identifier: Apache-2.0
// Names of faults, for people.
#include "multidevice/signal/fault.hpp"

namespace waxwing::multidevice {

std::string_view to_string(DecryptFault fault) noexcept {
  switch (fault) {
    case DecryptFault::None:
      return "none";
    case DecryptFault::NoSession:
      return "no session";
    case DecryptFault::InvalidKey:
      return "invalid key";
    case DecryptFault::InvalidKeyId:
      return "unknown key";
    case DecryptFault::InvalidMessage:
      return "invalid message";
    case DecryptFault::InvalidSignature:
      return "invalid signature";
    case DecryptFault::FutureMessage:
      return "too far ahead";
    case DecryptFault::BadMac:
      return "bad MAC";
    case DecryptFault::UntrustedDevice:
      return "untrusted device";
    case DecryptFault::Duplicate:
      return "duplicate";
  }
  return "unknown";
}

}  // namespace waxwing::multidevice
