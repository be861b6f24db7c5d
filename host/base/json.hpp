// SPDX-License-Identifier: Apache-2.0
// nlohmann::json without exceptions: parse to Result, dump anything. Cold paths only; hot JSON is
// written by base/json_writer.hpp.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/result.hpp"

namespace waxwing {

using Json = nlohmann::json;

namespace json {

// Code::Invalid with the position of the first error. Depth is limited to kMaxDepth.
inline constexpr int kMaxDepth = 64;
[[nodiscard]] Result<Json> parse(std::string_view text);
// Compact; octets that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string dump(const Json& value);
// The member, or nullptr when `object` is no object, lacks it, or has null there.
[[nodiscard]] const Json* find(const Json& object, std::string_view key);
[[nodiscard]] std::string string_or(const Json& object, std::string_view key,
                                    std::string_view fallback);
[[nodiscard]] bool bool_or(const Json& object, std::string_view key, bool fallback);

}  // namespace json
}  // namespace waxwing
