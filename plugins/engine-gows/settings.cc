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
    "deviceName": {
      "type": "string", "minLength": 1, "maxLength": 100, "x-server": true, "x-env": "WAHA_CLIENT_DEVICE_NAME",
      "description": "Name of the linked device on the phone."
    },
    "browserName": {
      "type": "string", "maxLength": 100, "x-server": true, "x-env": "WAHA_CLIENT_BROWSER_NAME",
      "description": "Kind of the linked device: Chrome, Firefox, Edge, Opera, Safari or Desktop; anything else is shown as another device."
    },
    "fullSync": {
      "type": "boolean", "x-server": true,
      "description": "Ask the phone for a year of history instead of three months."
    },
    "version": {
      "type": "string", "pattern": "^[0-9]+[.][0-9]+[.][0-9]+$", "x-server": true,
      "description": "Client version to be, such as 2.3000.1045649367; the built-in one when absent or rejected."
    },
    "endpoint": {
      "type": "string", "pattern": "^wss?://", "x-server": true, "x-test": true, "x-env": "WAXWING_WA_ENDPOINT",
      "description": "Where WhatsApp is. For tests against a local one."
    },
    "root_key": {
      "type": "string", "pattern": "^[0-9a-fA-F]{64}$", "x-server": true, "x-test": true, "x-env": "WAXWING_WA_ROOT_KEY",
      "description": "Key that the server's certificates end at, in hexadecimal. For tests against a local one."
    }
  }
})json";

namespace {

using Json = nlohmann::json;

bool kept(const Json& storage, const char* part) {
  const auto it = storage.find(part);
  return it == storage.end() || !it->is_boolean() || it->get<bool>();
}

}  // namespace

Settings parse_settings(std::string_view json) {
  Settings settings;
  settings.native = md::parse_native_settings(json, "gows");
  const Json root = Json::parse(json, nullptr, false);
  if (!root.is_object()) {
    return settings;
  }
  const auto text = [&](const char* key, std::string& into) {
    if (const auto it = root.find(key); it != root.end() && it->is_string()) {
      into = it->get<std::string>();
    }
  };
  text("deviceName", settings.device.device);
  text("browserName", settings.device.browser);
  if (const auto it = root.find("fullSync"); it != root.end() && it->is_boolean()) {
    settings.full_sync = it->get<bool>();
  }
  if (const auto it = root.find("storage"); it != root.end() && it->is_object()) {
    settings.storage = {kept(*it, "messages"), kept(*it, "groups"),   kept(*it, "chats"),
                        kept(*it, "labels"),   kept(*it, "contacts"), kept(*it, "messageSecrets")};
  }
  return settings;
}

}  // namespace gows
