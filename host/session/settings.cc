// SPDX-License-Identifier: Apache-2.0
// Members of a session's config.
#include "session/settings.hpp"

#include "base/json.hpp"
#include "config/config.hpp"
#include "config/session_config.hpp"
#include "plugin/module.hpp"
#include "session/config_secrets.hpp"

namespace waxwing::session {

Settings read_settings(const std::string& config_json, const config::Ignore& defaults) {
  const Json config = json::parse(config_json).value_or(Json::object());
  Settings settings;
  settings.shown_json = json::dump(masked(config));
  if (const Json* metadata = json::find(config, "metadata");
      metadata != nullptr && metadata->is_object()) {
    settings.metadata_json = json::dump(*metadata);
  }
  const Json* ignore = json::find(config, "ignore");
  const Json own = ignore != nullptr ? *ignore : Json::object();
  settings.ignore = {json::bool_or(own, "status", defaults.status),
                     json::bool_or(own, "groups", defaults.groups),
                     json::bool_or(own, "channels", defaults.channels),
                     json::bool_or(own, "broadcast", defaults.broadcast)};
  settings.debug = json::bool_or(config, "debug", false);
  return settings;
}

std::string engine_section(const std::string& config_json, const plugin_host::EngineInfo& engine,
                           const config::SessionConfigSchema& schema) {
  const auto config = json::parse(config_json);
  const Json* own = config.has_value() ? json::find(*config, engine.config_section) : nullptr;
  return json::dump(schema.section(engine.config_section, own != nullptr ? *own : Json()));
}

}  // namespace waxwing::session
