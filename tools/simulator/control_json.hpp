// SPDX-License-Identifier: Apache-2.0
// The control interface's objects as JSON.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "faults.hpp"
#include "groups.hpp"
#include "party.hpp"
#include "violations.hpp"
#include "world.hpp"

namespace waxwing::simulator {

[[nodiscard]] nlohmann::json to_json(const Account& account);
[[nodiscard]] nlohmann::json to_json(const Group& group);
[[nodiscard]] nlohmann::json to_json(const Party& phone);
// The waE2E.Message that {"text"} or {"message"} describes.
[[nodiscard]] md::Bytes message_of(const nlohmann::json& body);
[[nodiscard]] nlohmann::json to_json(const Faults& faults);
[[nodiscard]] nlohmann::json to_json(const Violations& violations);
// Fields that are absent are off. What is wrong, with the field's name; empty when all is well.
[[nodiscard]] std::string read_faults(const nlohmann::json& body, Faults& out);

}  // namespace waxwing::simulator
