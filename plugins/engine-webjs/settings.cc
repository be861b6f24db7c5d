// SPDX-License-Identifier: Apache-2.0
// Schema and parsing of the settings of WEBJS.
#include "settings.hpp"

#include <nlohmann/json.hpp>

#include <waxwing/plugin.hpp>

#include "arguments.hpp"

namespace webjs {

const char kConfigSchema[] = R"json({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "title": "Engine WEBJS",
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "tagsEventsOn": {
      "type": "boolean", "default": false,
      "description": "Emit receipts, presences and typing as engine.event tag:receipt, tag:presence and tag:chatstate."
    },
    "browser": {
      "type": "string", "x-server": true, "x-env": "WAXWING_BROWSER_PATH",
      "description": "Path of Chromium, Chrome or chromium-headless-shell; the first one of the usual places when absent. Not a wrapper script."
    },
    "args": {
      "type": "string", "maxLength": 4000, "x-server": true, "x-env": "WAHA_WEBJS_PUPPETER_ARGS",
      "description": "Further arguments of the browser, separated by spaces. Those that would take its protection or the engine's hold away are refused."
    },
    "noSandbox": {
      "type": "boolean", "default": false, "x-server": true,
      "description": "Run the browser without its sandbox, where the system allows none. Always so when the server runs as root."
    },
    "library": {
      "type": "string", "x-server": true,
      "description": "Path of another build of @wppconnect/wa-js than the one that comes with the plugin."
    },
    "webVersion": {
      "type": "string", "pattern": "^([0-9]+[.][0-9]+[.][0-9]+(-[a-z]+)?)?$", "x-server": true,
      "description": "Version of WhatsApp Web to open, from `versionDirectory`; what WhatsApp serves when absent."
    },
    "versionDirectory": {
      "type": "string", "x-server": true,
      "description": "Directory with a file VERSION.html for each kept version of WhatsApp Web."
    },
    "cacheType": {
      "enum": ["none", "local"], "default": "none", "x-server": true, "x-env": "WAHA_WEBJS_CACHE_TYPE",
      "description": "local: keep the page of each version that was seen in `versionDirectory`."
    },
    "deviceName": {
      "type": "string", "maxLength": 100, "x-server": true, "x-env": "WAHA_CLIENT_DEVICE_NAME",
      "description": "Name of the linked device on the phone; config.client.deviceName is nearer."
    },
    "browserName": {
      "type": "string", "maxLength": 100, "x-server": true, "x-env": "WAHA_CLIENT_BROWSER_NAME",
      "description": "Name of its browser; config.client.browserName is nearer."
    },
    "loadTimeoutS": {
      "type": "integer", "minimum": 1, "maximum": 600, "default": 45, "x-server": true,
      "description": "Time for the page to load. lifecycle.start_timeout_s bounds it, too."
    },
    "heartbeatS": {
      "type": "integer", "minimum": 1, "maximum": 3600, "default": 20, "x-server": true,
      "description": "Pause between two questions whether the page still answers; one that does not is restarted."
    },
    "probeTimeoutS": {
      "type": "integer", "minimum": 1, "maximum": 600, "default": 10, "x-server": true,
      "description": "Time for the page to answer such a question."
    },
    "qrRounds": {
      "type": "integer", "minimum": 1, "maximum": 1000, "default": 1, "x-server": true,
      "description": "How often the page may show its six codes before the session is FAILED."
    },
    "memoryMb": {
      "type": "integer", "minimum": 0, "maximum": 1000000, "default": 400, "x-server": true,
      "description": "No browser is started when less memory than that is free; 0 does not look."
    },
    "startsAtOnce": {
      "type": "integer", "minimum": 0, "maximum": 1000, "default": 0, "x-server": true,
      "description": "Browsers that may be starting at one time; 0 is one for each core."
    },
    "endpoint": {
      "type": "string", "pattern": "^http://", "x-server": true, "x-test": true, "x-env": "WAXWING_WEB_ENDPOINT",
      "description": "What answers in place of https://web.whatsapp.com. For tests against a local one."
    }
  }
})json";

namespace {

namespace wp = waxwing::plugin;
using Json = nlohmann::json;

Json parse_object(std::string_view text) {
  Json root = text.empty() ? Json::object() : Json::parse(text, nullptr, false);
  return root.is_object() ? root : Json::object();
}

void read(const Json& object, const char* key, std::string& into) {
  if (const auto it = object.find(key);
      it != object.end() && it->is_string() && !it->get_ref<const std::string&>().empty()) {
    into = it->get<std::string>();
  }
}

void read(const Json& object, const char* key, bool& into) {
  if (const auto it = object.find(key); it != object.end() && it->is_boolean()) {
    into = it->get<bool>();
  }
}

void read(const Json& object, const char* key, std::uint32_t& into) {
  if (const auto it = object.find(key); it != object.end() && it->is_number_unsigned()) {
    into = it->get<std::uint32_t>();
  }
}

}  // namespace

Settings parse_settings(std::string_view section, std::string_view session_config) {
  const Json root = parse_object(section);
  Settings s;
  read(root, "tagsEventsOn", s.tags_events);
  read(root, "browser", s.browser);
  std::string arguments;
  read(root, "args", arguments);
  s.arguments = split_arguments(arguments);
  read(root, "noSandbox", s.no_sandbox);
  read(root, "library", s.library);
  read(root, "webVersion", s.web_version);
  read(root, "versionDirectory", s.version_directory);
  if (!s.web_version.empty() && s.version_directory.empty()) {
    throw wp::Error(WAX_E_INVALID, "webjs.webVersion needs webjs.versionDirectory");
  }
  std::string cache;
  read(root, "cacheType", cache);
  s.keep_versions = cache == "local" && !s.version_directory.empty();
  read(root, "deviceName", s.device_name);
  read(root, "browserName", s.browser_name);
  if (const Json config = parse_object(session_config); config.contains("client")) {
    const Json& client = config["client"];
    if (client.is_object()) {
      read(client, "deviceName", s.device_name);
      read(client, "browserName", s.browser_name);
    }
  }
  read(root, "loadTimeoutS", s.load_timeout_s);
  read(root, "heartbeatS", s.heartbeat_s);
  read(root, "probeTimeoutS", s.probe_timeout_s);
  read(root, "qrRounds", s.qr_rounds);
  read(root, "memoryMb", s.memory_mb);
  read(root, "startsAtOnce", s.starts_at_once);
  read(root, "endpoint", s.endpoint);
  while (!s.endpoint.empty() && s.endpoint.back() == '/') {
    s.endpoint.pop_back();
  }
  return s;
}

}  // namespace webjs
