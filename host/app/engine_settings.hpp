// SPDX-License-Identifier: Apache-2.0
// What the server's own configuration says to engines: YAML's `engines` and the environment.
#pragma once

#include "base/result.hpp"
#include "config/config.hpp"
#include "config/environment.hpp"
#include "config/session_config.hpp"

namespace waxwing::plugin_host {
class Registry;
}

namespace waxwing::app {

// The schema of sessions' configs with the sections of the loaded engines, in which the server's
// settings are the defaults. An engine's schema may mark members of its section:
//   "x-server": true   only the server sets it, a session's config does not know it
//   "x-env": "NAME"    that variable sets it (a string), stronger than YAML
//   "x-test": true     refused without --allow-test-endpoint
// Code::Invalid with all problems of YAML and the environment, each with its place.
[[nodiscard]] Result<config::SessionConfigSchema> session_config_schema(
    const config::Config& config, const plugin_host::Registry& plugins,
    const config::Environment& environment, bool allow_test);

}  // namespace waxwing::app
