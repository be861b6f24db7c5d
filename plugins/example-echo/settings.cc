// SPDX-License-Identifier: Apache-2.0
// Schema and parsing of the echo engine's settings.
#include "settings.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include <waxwing/plugin.hpp>

namespace echo {

const char kConfigSchema[] = R"json({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "title": "Echo engine",
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "phone": {
      "type": "string", "pattern": "^[0-9]{5,15}$", "x-message": "must be 5 to 15 digits",
      "description": "Phone number of the pretended account; derived from the session's name when absent."
    },
    "pushName": {"type": "string", "maxLength": 100, "default": "Echo", "description": "Name of the pretended account."},
    "loginAfterMs": {
      "type": ["integer", "null"], "minimum": -1, "maximum": 86400000, "default": 2000,
      "description": "The pretended phone scans the first QR code after that time; null or -1: never."
    },
    "echoAfterMs": {
      "type": "integer", "minimum": 0, "maximum": 86400000, "default": 100,
      "description": "A text that was sent comes back after that time."
    },
    "qr": {
      "type": "object", "additionalProperties": false, "description": "How QR codes rotate.",
      "properties": {
        "firstMs": {"type": "integer", "minimum": 1, "maximum": 86400000, "default": 60000},
        "nextMs": {"type": "integer", "minimum": 1, "maximum": 86400000, "default": 20000},
        "count": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 6}
      }
    },
    "startDelayMs": {
      "type": "integer", "minimum": 0, "maximum": 86400000, "default": 0,
      "description": "Time spent in STARTING."
    },
    "failStart": {"type": "string", "maxLength": 400, "description": "start fails with this text."},
    "neverAnswer": {
      "type": "array", "items": {"type": "string"}, "maxItems": 100,
      "description": "Operations, or start, stop and logout, whose calls are kept for ever."
    },
    "crash": {"enum": ["start", "invoke"], "description": "Abort the process there."},
    "burst": {
      "type": "object", "additionalProperties": false, "required": ["count"],
      "description": "Messages that arrive after login.",
      "properties": {
        "count": {"type": "integer", "minimum": 0, "maximum": 10000000},
        "size": {"type": "integer", "minimum": 0, "maximum": 16000000, "default": 100},
        "everyMs": {"type": "integer", "minimum": 0, "maximum": 86400000, "default": 0,
                    "description": "Pause before each of them; 0 = all at once."}
      }
    }
  }
})json";

namespace {

namespace wp = waxwing::plugin;
using Json = nlohmann::json;

[[noreturn]] void reject(const std::string& field, const std::string& rule) {
  throw wp::Error(WAX_E_INVALID, "echo." + field + " " + rule);
}

// The schema has been checked by the host; these still refuse what does not fit, because a host may
// be older than the schema's words.
void read(const Json& object, const char* key, const std::string& path, std::uint32_t& into) {
  const auto it = object.find(key);
  if (it == object.end()) {
    return;
  }
  if (!it->is_number_unsigned() || it->get<std::uint64_t>() > UINT32_MAX) {
    reject(path + key, "must be a whole number of 0 or more");
  }
  into = it->get<std::uint32_t>();
}

void read(const Json& object, const char* key, const std::string& path, std::string& into) {
  const auto it = object.find(key);
  if (it == object.end()) {
    return;
  }
  if (!it->is_string()) {
    reject(path + key, "must be a string");
  }
  into = it->get<std::string>();
}

const Json& section(const Json& object, const char* key) {
  static const Json kEmpty = Json::object();
  const auto it = object.find(key);
  if (it == object.end()) {
    return kEmpty;
  }
  if (!it->is_object()) {
    reject(key, "must be an object");
  }
  return *it;
}

Settings::Crash parse_crash(const Json& object) {
  std::string where;
  read(object, "crash", "", where);
  if (where.empty()) {
    return Settings::Crash::None;
  }
  if (where != "start" && where != "invoke") {
    reject("crash", "must be start or invoke");
  }
  return where == "start" ? Settings::Crash::Start : Settings::Crash::Invoke;
}

}  // namespace

bool Settings::never_answers(std::string_view what) const {
  return std::find(never_answer.begin(), never_answer.end(), what) != never_answer.end();
}

Settings parse_settings(std::string_view json) {
  const Json root = json.empty() ? Json::object() : Json::parse(json, nullptr, false);
  if (!root.is_object()) {
    throw wp::Error(WAX_E_INVALID, "echo must be an object");
  }
  Settings s;
  read(root, "phone", "", s.phone);
  read(root, "pushName", "", s.push_name);
  if (const auto it = root.find("loginAfterMs"); it != root.end()) {
    if (it->is_null() || *it == -1) {
      s.login_after_ms.reset();
    } else {
      read(root, "loginAfterMs", "", s.login_after_ms.emplace());
    }
  }
  read(root, "echoAfterMs", "", s.echo_after_ms);

  const Json& qr = section(root, "qr");
  read(qr, "firstMs", "qr.", s.qr.first_ms);
  read(qr, "nextMs", "qr.", s.qr.next_ms);
  read(qr, "count", "qr.", s.qr.count);

  read(root, "startDelayMs", "", s.start_delay_ms);
  read(root, "failStart", "", s.fail_start);
  if (const auto it = root.find("neverAnswer"); it != root.end()) {
    if (!it->is_array()) {
      reject("neverAnswer", "must be an array");
    }
    for (const Json& item : *it) {
      if (!item.is_string()) {
        reject("neverAnswer", "must hold strings");
      }
      s.never_answer.push_back(item.get<std::string>());
    }
  }
  s.crash = parse_crash(root);
  const Json& burst = section(root, "burst");
  s.burst.size_bytes = 100;
  read(burst, "count", "burst.", s.burst.count);
  read(burst, "size", "burst.", s.burst.size_bytes);
  read(burst, "everyMs", "burst.", s.burst.every_ms);
  return s;
}

}  // namespace echo
