// SPDX-License-Identifier: Apache-2.0
// Metrics read from the parts of the server at scrape time.
#pragma once

#include <string>
#include <vector>

#include "event/bus.hpp"
#include "session/manager.hpp"

namespace waxwing {
class Metrics;
}
namespace waxwing::http {
class Server;
}
namespace waxwing::plugin_host {
class Registry;
}

namespace waxwing::webhook {
class Service;
}

namespace waxwing::app {

// Everything passed must outlive the last scrape.
void collect_sessions(Metrics& metrics, const session::Manager& manager);
void collect_plugins(Metrics& metrics, const plugin_host::Registry& plugins);
void collect_stores(Metrics& metrics, const session::Manager::Stores& stores);
void collect_http(Metrics& metrics, const http::Server& server);
void collect_listeners(Metrics& metrics, const http::Server& server);
void collect_webhooks(Metrics& metrics, const webhook::Service& webhooks);
// `track`: the event types that get a series of their own per session.
[[nodiscard]] event::Bus::SubscriptionPtr collect_events(event::Bus& bus, Metrics& metrics,
                                                         std::vector<std::string> track);

}  // namespace waxwing::app
