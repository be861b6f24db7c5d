// SPDX-License-Identifier: Apache-2.0
// What a session itself reads in its config, and what it hands on to its engine.
#pragma once

#include <string>

#include "event/filter.hpp"

namespace waxwing::config {
struct Ignore;
class SessionConfigSchema;
}  // namespace waxwing::config
namespace waxwing::plugin_host {
struct EngineInfo;
}

namespace waxwing::session {

struct Settings {
  std::string metadata_json;      // empty = none
  event::Ignore ignore;           // with the server's values for what the session does not say
  bool debug = false;             // the engine's log lines below info, too
  std::string shown_json = "{}";  // the config with its secrets masked
};

// A text that is no JSON reads as an empty config.
[[nodiscard]] Settings read_settings(const std::string& config_json,
                                     const config::Ignore& defaults);

// The engine's own section as JSON, with the server's values for what the session does not say.
[[nodiscard]] std::string engine_section(const std::string& config_json,
                                         const plugin_host::EngineInfo& engine,
                                         const config::SessionConfigSchema& schema);

}  // namespace waxwing::session
