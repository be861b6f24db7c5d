// SPDX-License-Identifier: Apache-2.0
// What callers ask for, as messaging.js and groups.js take it.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace webjs {

using Json = nlohmann::json;

// A chat id as WhatsApp Web has it: "…@c.us", "…@lid", "…@g.us"; also from a phone number or a JID.
// Throws waxwing::plugin::Error(WAX_E_INVALID) that names the field.
[[nodiscard]] std::string chat_id_of(std::string_view given, std::string_view field);
// The arguments with the chat ids in them as WhatsApp Web has them. Throws likewise.
[[nodiscard]] Json arguments_of(std::string_view operation, Json arguments);

}  // namespace webjs
