// SPDX-License-Identifier: Apache-2.0
// Members of JSON that may be of any form.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace webjs {

using Json = nlohmann::json;

// Null when there is none.
inline const Json& member(const Json& object, const char* key) {
  static const Json kNull;
  const auto it = object.is_object() ? object.find(key) : object.end();
  return object.is_object() && it != object.end() ? *it : kNull;
}

// Empty when it is no text.
inline std::string text_of(const Json& object, const char* key) {
  const Json& value = member(object, key);
  return value.is_string() ? value.get<std::string>() : std::string();
}

}  // namespace webjs
