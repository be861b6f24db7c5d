// SPDX-License-Identifier: Apache-2.0
// What the handlers of the API work with.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "config/session_config.hpp"

namespace waxwing {
class Clock;
class Metrics;
}  // namespace waxwing
namespace waxwing::config {
struct Config;
}
namespace waxwing::event {
class Bus;
}
namespace waxwing::plugin_host {
class EngineProbes;
class Registry;
}  // namespace waxwing::plugin_host
namespace waxwing::session {
class ClientVersions;
class Manager;
}  // namespace waxwing::session
namespace waxwing::webhook {
class Service;
}

namespace waxwing::api {

// Outlives the server. Everything in it is [any-thread].
struct Context {
  const config::Config& config;
  const config::SessionConfigSchema& session_config;
  const plugin_host::Registry& plugins;
  const plugin_host::EngineProbes& probes;
  session::Manager& sessions;
  session::ClientVersions& versions;
  event::Bus& events;
  webhook::Service& webhooks;
  Metrics& metrics;
  const Clock& clock;
  std::int64_t started_ms = 0;  // unix time
  std::string data_dir;         // for the health check; empty = unknown
  // Ends the process: gracefully, or at once.
  std::function<void(bool force)> stop_server;
};

}  // namespace waxwing::api
