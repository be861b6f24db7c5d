// SPDX-License-Identifier: Apache-2.0
// Texts of Status.
#include "multidevice/base/result.hpp"

namespace waxwing::multidevice {

std::string_view to_string(Fault fault) noexcept {
  switch (fault) {
    case Fault::None:
      return "none";
    case Fault::Malformed:
      return "malformed";
    case Fault::Untrusted:
      return "untrusted";
    case Fault::Protocol:
      return "protocol";
    case Fault::Limit:
      return "limit";
    case Fault::Argument:
      return "argument";
    case Fault::Internal:
      return "internal";
  }
  return "unknown";
}

Status Status::with(std::string_view context) const {
  if (is_ok()) {
    return *this;
  }
  std::string message(context);
  message.append(": ").append(message_);
  return {fault_, std::move(message)};
}

}  // namespace waxwing::multidevice
