// SPDX-License-Identifier: Apache-2.0
// JSON parsing and printing without exceptions.
#include "base/json.hpp"

namespace waxwing::json {

Result<Json> parse(std::string_view text) {
  // The DOM is freed recursively, so depth is limited while it is built.
  bool too_deep = false;
  const Json::parser_callback_t limit_depth = [&](int depth, Json::parse_event_t, Json&) {
    too_deep = too_deep || depth > kMaxDepth;
    return !too_deep;
  };
  try {
    Json value = Json::parse(text, limit_depth);
    if (too_deep) {
      return Status(Code::Invalid, "JSON is nested more than 64 levels deep");
    }
    return value;
  } catch (const Json::parse_error& e) {
    return Status(Code::Invalid, "malformed JSON at byte " + std::to_string(e.byte));
  } catch (const Json::exception& e) {
    return Status(Code::Invalid, std::string("malformed JSON: ") + e.what());
  }
}

std::string dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

const Json* find(const Json& object, std::string_view key) {
  if (!object.is_object()) {
    return nullptr;
  }
  const auto it = object.find(key);
  return it == object.end() || it->is_null() ? nullptr : &*it;
}

std::string string_or(const Json& object, std::string_view key, std::string_view fallback) {
  const Json* value = find(object, key);
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string(fallback);
}

bool bool_or(const Json& object, std::string_view key, bool fallback) {
  const Json* value = find(object, key);
  return value != nullptr && value->is_boolean() ? value->get<bool>() : fallback;
}

}  // namespace waxwing::json
