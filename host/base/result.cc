// SPDX-License-Identifier: Apache-2.0
// Names of the status codes.
#include "base/result.hpp"

namespace waxwing {

Code code_from_abi(wax_status status) noexcept {
  return status > WAX_OK || status < WAX_E_ABI ? Code::Internal : static_cast<Code>(status);
}

std::string_view to_string(Code code) noexcept {
  switch (code) {
    case Code::Ok:
      return "ok";
    case Code::Internal:
      return "internal";
    case Code::Invalid:
      return "invalid";
    case Code::NotFound:
      return "not_found";
    case Code::Unsupported:
      return "unsupported";
    case Code::State:
      return "state";
    case Code::Unauthorized:
      return "unauthorized";
    case Code::RateLimited:
      return "rate_limited";
    case Code::Timeout:
      return "timeout";
    case Code::Cancelled:
      return "cancelled";
    case Code::Unavailable:
      return "unavailable";
    case Code::Conflict:
      return "conflict";
    case Code::NoMemory:
      return "no_memory";
    case Code::Abi:
      return "abi";
  }
  return "internal";
}

}  // namespace waxwing
