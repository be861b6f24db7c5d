// SPDX-License-Identifier: Apache-2.0
// Reading JSON that may be anything.
#include "json_values.hpp"

#include <nlohmann/json.hpp>

namespace webjs {

const Json& member(const Json& object, const char* key) {
  static const Json kNull;
  const auto it = object.is_object() ? object.find(key) : object.end();
  return object.is_object() && it != object.end() ? *it : kNull;
}

std::string text_of(const Json& object, const char* key) {
  const Json& value = member(object, key);
  return value.is_string() ? value.get<std::string>() : std::string();
}

Json text_or_null(const Json& object, const char* key) {
  const Json& value = member(object, key);
  return value.is_string() ? value : Json();
}

std::int64_t number_of(const Json& object, const char* key) {
  const Json& value = member(object, key);
  return value.is_number() ? value.get<std::int64_t>() : 0;
}

bool flag_of(const Json& object, const char* key) {
  const Json& value = member(object, key);
  return value.is_boolean() && value.get<bool>();
}

Json object_of(const Json& object, const char* key) {
  const Json& value = member(object, key);
  return value.is_object() ? value : Json::object();
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace webjs
