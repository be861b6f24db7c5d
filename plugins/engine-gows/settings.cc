// SPDX-License-Identifier: Apache-2.0
// Schema and parsing of the settings of GOWS.
#include "settings.hpp"

#include <nlohmann/json.hpp>

namespace gows {

const char kConfigSchema[] = R"json({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "title": "Engine GOWS",
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "storage": {
      "type": ["object", "null"], "additionalProperties": false,
      "description": "What is kept; only an explicit false switches a part off.",
      "properties": {
        "messages": {"type": ["boolean", "null"], "description": "Messages."},
        "groups": {"type": ["boolean", "null"], "description": "Groups."},
        "chats": {"type": ["boolean", "null"], "description": "Chats."},
        "labels": {"type": ["boolean", "null"], "description": "Labels."},
        "contacts": {"type": ["boolean", "null"], "description": "Contacts."},
        "messageSecrets": {"type": ["boolean", "null"], "description": "Secrets of messages, for votes and edits."}
      }
    },
    "fullSync": {
      "type": "boolean", "x-server": true,
      "description": "Ask the phone for a year of history instead of three months."
    },
    "version": {
      "type": "string", "pattern": "^[0-9]+[.][0-9]+[.][0-9]+$", "x-server": true,
      "description": "Client version to be, such as 2.3000.1045649367; the built-in one when absent or rejected."
    },)json"
#include "multidevice/engine/native_schema.inc"
                             R"json(
  }
})json";

Settings parse_settings(std::string_view json) {
  Settings settings;
  settings.native = md::parse_native_settings(json, "gows");
  settings.device = md::parse_device_name(json, settings.device);
  const nlohmann::json root = nlohmann::json::parse(json, nullptr, false);
  if (!root.is_object()) {
    return settings;
  }
  if (const auto it = root.find("fullSync"); it != root.end() && it->is_boolean()) {
    settings.full_sync = it->get<bool>();
  }
  return settings;
}

}  // namespace gows
