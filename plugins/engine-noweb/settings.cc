// SPDX-License-Identifier: Apache-2.0
// Schema and parsing of the settings of NOWEB.
#include "settings.hpp"

#include <nlohmann/json.hpp>

namespace noweb {

const char kConfigSchema[] = R"json({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "title": "Engine NOWEB",
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "markOnline": {"type": "boolean", "default": true, "description": "Show the account as online when it connects."},
    "store": {
      "type": ["object", "null"], "additionalProperties": false,
      "description": "Keeping chats, contacts and messages.",
      "properties": {
        "enabled": {"type": "boolean", "default": false, "description": "Keep them."},
        "fullSync": {
          "type": "boolean", "default": false,
          "description": "Ask the phone for a year of history instead of three months."
        }
      }
    },
    "version": {
      "type": "string", "pattern": "^(auto-web|auto-baileys|[0-9]+[.][0-9]+[.][0-9]+)$", "x-server": true, "x-env": "WAHA_NOWEB_WA_VERSION",
      "description": "Client version to be, such as 2.3000.1045649367; the built-in one when absent, automatic or rejected."
    },)json"
#include "multidevice/engine/native_schema.inc"
                             R"json(
  }
})json";

namespace {

using Json = nlohmann::json;

bool flag(const Json& object, const char* key, bool otherwise) {
  const auto it = object.find(key);
  return it != object.end() && it->is_boolean() ? it->get<bool>() : otherwise;
}

}  // namespace

Settings parse_settings(std::string_view json, std::string_view session_config) {
  Settings settings;
  settings.native = md::parse_native_settings(json, "noweb");
  const Json root = Json::parse(json, nullptr, false);
  if (root.is_object()) {
    settings.mark_online = flag(root, "markOnline", true);
    if (const auto store = root.find("store"); store != root.end() && store->is_object()) {
      settings.full_sync = flag(*store, "fullSync", false);
    }
  }
  settings.device = md::parse_client(session_config, md::parse_device_name(json, settings.device));
  return settings;
}

}  // namespace noweb
