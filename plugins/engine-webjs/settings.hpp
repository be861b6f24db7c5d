// SPDX-License-Identifier: Apache-2.0
// Settings of WEBJS: their JSON Schema and what a valid section becomes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace webjs {

// JSON Schema of config.webjs and of the server's engines.WEBJS.config.
extern const char kConfigSchema[];

struct Settings {
  bool tags_events = false;
  std::string browser;                 // path; empty: the first that is found
  std::vector<std::string> arguments;  // of the user's, checked
  bool no_sandbox = false;
  std::string library;      // path of wa-js; empty: the one that came with the plugin
  std::string web_version;  // empty: whatever WhatsApp serves
  std::string version_directory;
  bool keep_versions = false;
  std::string device_name;
  std::string browser_name;
  std::uint32_t load_timeout_s = 45;
  std::uint32_t heartbeat_s = 20;
  std::uint32_t probe_timeout_s = 10;
  std::uint32_t qr_rounds = 1;
  std::uint32_t memory_mb = 400;
  std::uint32_t starts_at_once = 0;  // 0: one for each core
  std::string endpoint;              // a local WhatsApp Web, for tests
};

// `session_config` is the whole config of the session, for `client`. Throws
// waxwing::plugin::Error(WAX_E_INVALID) with the field's name.
[[nodiscard]] Settings parse_settings(std::string_view section, std::string_view session_config);

}  // namespace webjs
