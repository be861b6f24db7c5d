// SPDX-License-Identifier: Apache-2.0
// An authenticator's answer to WhatsApp's challenge, as a caller of the API hands it over.
#pragma once

#include <string>
#include <string_view>

#include "multidevice/base/bytes.hpp"

namespace waxwing::multidevice {

struct PasskeyAnswer {
  Bytes credential;       // rawId
  std::string assertion;  // JSON, without anything else that stood beside it
};
// Throws waxwing::plugin::Error(WAX_E_INVALID) that names the field.
[[nodiscard]] PasskeyAnswer parse_passkey_answer(std::string_view json);

}  // namespace waxwing::multidevice
