// SPDX-License-Identifier: Apache-2.0
// The schema documents of this folder, embedded at build time, and what is made of them once.
#pragma once

#include <string_view>

#include "base/json.hpp"
#include "base/json_schema.hpp"

namespace waxwing::config {

// schema.json and session_config.json as they are.
extern const std::string_view kSchemaText;
extern const std::string_view kSessionConfigText;

using OrderedJson = nlohmann::ordered_json;

// session_config.json, parsed.
[[nodiscard]] const Json& session_config_document();

// schema.json with what it borrows from session_config.json below "definitions". In
// `definitions.session_config` any section of an engine is allowed: only the engine's own schema,
// known once its plugin is loaded, can say more.
[[nodiscard]] const Json& schema_document();
// The same with members in the order of the file.
[[nodiscard]] const OrderedJson& ordered_schema_document();
[[nodiscard]] const JsonSchema& schema();

}  // namespace waxwing::config
