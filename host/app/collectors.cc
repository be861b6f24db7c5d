// SPDX-License-Identifier: Apache-2.0
// Metrics of sessions, plugins, stores, the HTTP server and events.
#include "app/collectors.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>

#include "base/build_info.hpp"
#include "base/json.hpp"
#include "base/metrics.hpp"
#include "event/bus.hpp"
#include "event/filter.hpp"
#include "http/server.hpp"
#include "plugin/registry.hpp"
#include "session/state.hpp"
#include "storage/store.hpp"
#include "webhook/service.hpp"

namespace waxwing::app {
namespace {

using Families = std::vector<Metrics::Family>;

Metrics::Family gauge(std::string name, std::string help) {
  return {std::move(name), std::move(help), false, {}};
}

Metrics::Family counter(std::string name, std::string help) {
  return {std::move(name), std::move(help), true, {}};
}

double number(std::uint64_t value) {
  return static_cast<double>(value);
}

}  // namespace

void collect_sessions(Metrics& metrics, const session::Manager& manager) {
  metrics.gauge("up", "1 while the server runs.").set(1);
  metrics
      .gauge("info", "What runs here.",
             {{"version", std::string(kVersion)}, {"tier", "CORE"}, {"platform", "linux"}})
      .set(1);
  metrics.add_collector([&manager](Families& out) {
    auto totals = gauge("sessions", "Sessions by status and engine.");
    auto status = gauge("session_status", "1 for the status that a session has.");
    auto activity =
        gauge("session_activity_timestamp_seconds", "Unix time of a session's last activity.");
    auto changed = gauge("session_status_change_timestamp_seconds",
                         "Unix time of a session's last change of status.");
    std::map<std::pair<std::string, std::string>, double> counts;
    for (const auto& session : manager.list()) {
      const session::Snapshot s = session->view().snapshot();
      const std::string state(to_string(s.state));
      ++counts[{state, s.engine}];
      status.samples.push_back(
          {{{"session", session->name()}, {"status", state}, {"engine", s.engine}}, 1});
      if (s.activity_ms.has_value()) {
        activity.samples.push_back(
            {{{"session", session->name()}}, static_cast<double>(*s.activity_ms) / 1000});
      }
      changed.samples.push_back(
          {{{"session", session->name()}}, static_cast<double>(s.changed_ms) / 1000});
    }
    for (const auto& [key, count] : counts) {
      totals.samples.push_back({{{"status", key.first}, {"engine", key.second}}, count});
    }
    for (auto* family : {&totals, &status, &activity, &changed}) {
      out.push_back(std::move(*family));
    }
  });
}

void collect_plugins(Metrics& metrics, const plugin_host::Registry& plugins) {
  metrics.add_collector([&plugins](Families& out) {
    auto loaded = gauge("plugin_loaded", "1 for a loaded plugin file, 0 for a refused one.");
    auto calls = counter("plugin_calls_total", "Calls to engines.");
    auto failed = counter("plugin_failed_calls_total", "Calls that failed or timed out.");
    auto bad = counter("plugin_misbehaviour_total", "Broken rules of the plugin ABI.");
    for (const auto& outcome : plugins.outcomes()) {
      const Metrics::Labels plugin = {{"plugin", outcome.id}};
      loaded.samples.push_back({plugin, outcome.module ? 1.0 : 0.0});
      if (!outcome.module) {
        continue;
      }
      calls.samples.push_back({plugin, number(outcome.module->calls)});
      failed.samples.push_back({plugin, number(outcome.module->failed_calls)});
      for (int i = 0; i < static_cast<int>(plugin_host::Misbehaviour::Count); ++i) {
        const auto what = static_cast<plugin_host::Misbehaviour>(i);
        bad.samples.push_back(
            {{{"plugin", outcome.id}, {"what", std::string(plugin_host::to_string(what))}},
             number(outcome.module->misbehaviour(what))});
      }
    }
    for (auto* family : {&loaded, &calls, &failed, &bad}) {
      out.push_back(std::move(*family));
    }
  });
}

void collect_stores(Metrics& metrics, const session::Manager::Stores& stores) {
  metrics.add_collector([&stores](Families& out) {
    auto batches = counter("storage_batches_total", "Answered write batches.");
    auto commits = counter("storage_commits_total", "Commits that carried them.");
    auto failed = counter("storage_failed_batches_total", "Batches that the medium refused.");
    auto refused = counter("storage_refused_calls_total", "Calls refused by a full queue.");
    auto queued = gauge("storage_queued_calls", "Calls waiting now.");
    auto cache = gauge("storage_cache_bytes", "Memory in tenants' caches.");
    for (const auto& [id, store] : stores) {
      const storage::StoreCounters c = store->counters();
      const Metrics::Labels label = {{"storage", id}};
      batches.samples.push_back({label, number(c.batches)});
      commits.samples.push_back({label, number(c.commits)});
      failed.samples.push_back({label, number(c.failed)});
      refused.samples.push_back({label, number(c.refused)});
      queued.samples.push_back({label, number(c.queued)});
      cache.samples.push_back({label, number(c.cache_bytes)});
    }
    for (auto* family : {&batches, &commits, &failed, &refused, &queued, &cache}) {
      out.push_back(std::move(*family));
    }
  });
}

void collect_http(Metrics& metrics, const http::Server& server) {
  metrics.add_collector([&server](Families& out) {
    const http::Stats& s = server.stats();
    const auto add = [&](Metrics::Family family, std::uint64_t value) {
      family.samples.push_back({{}, number(value)});
      out.push_back(std::move(family));
    };
    add(gauge("http_connections", "Open connections."), s.connections_open);
    add(counter("http_connections_total", "Accepted connections."), s.connections_total);
    add(counter("http_connections_refused_total", "Connections over the limit."),
        s.connections_refused);
    add(counter("http_connections_timed_out_total", "Connections closed for being slow."),
        s.connections_timed_out);
    add(gauge("http_requests_in_flight", "Requests being answered."), s.requests_in_flight);
    add(counter("http_bad_requests_total", "Requests that could not be read."), s.bad_requests);
    add(counter("http_overloads_total", "Requests answered 503 because of a limit."), s.overloads);
    add(counter("http_cancelled_total", "Clients gone before their answer."), s.cancelled);
  });
}

void collect_listeners(Metrics& metrics, const http::Server& server) {
  metrics.add_collector([&server](Families& out) {
    auto open = gauge("listeners", "Clients that listen to events now.");
    auto opened = counter("listeners_total", "Clients that came to listen.");
    auto events = counter("listener_events_total", "Events sent to them.");
    auto dropped = counter("listeners_dropped_total", "Clients cut off, by why.");
    const http::Stats& stats = server.stats();
    for (const auto& [kind, s] : {std::pair{"websocket", &stats.websockets},
                                  std::pair{"event_stream", &stats.event_streams}}) {
      const Metrics::Labels label = {{"kind", kind}};
      open.samples.push_back({label, number(s->open)});
      opened.samples.push_back({label, number(s->opened)});
      events.samples.push_back({label, number(s->messages)});
      dropped.samples.push_back({{{"kind", kind}, {"why", "slow"}}, number(s->too_slow)});
      dropped.samples.push_back({{{"kind", kind}, {"why", "silent"}}, number(s->silent)});
    }
    for (auto* family : {&open, &opened, &events, &dropped}) {
      out.push_back(std::move(*family));
    }
  });
}

void collect_webhooks(Metrics& metrics, const webhook::Service& webhooks) {
  metrics.add_collector([&webhooks](Families& out) {
    const webhook::Counters& c = webhooks.counters();
    const auto add = [&](Metrics::Family family, double value) {
      family.samples.push_back({{}, value});
      out.push_back(std::move(family));
    };
    add(counter("webhook_delivered_total", "Events that a webhook took."),
        number(c.delivered.load()));
    add(counter("webhook_failures_total", "Requests to webhooks without success."),
        number(c.failures.load()));
    add(counter("webhook_dead_letters_total", "Events that were out of tries."),
        number(c.dead.load()));
    add(counter("webhook_dropped_total", "Events given up because of limits."),
        number(c.dropped.load()));
    add(gauge("webhook_pending", "Events that wait for webhooks."),
        static_cast<double>(c.pending.load()));
    add(gauge("webhook_under_way", "Requests to webhooks being made."),
        static_cast<double>(c.under_way.load()));
    add(gauge("webhook_open_breakers", "Webhooks that are down and get one probe at a time."),
        static_cast<double>(c.open_breakers.load()));
  });
}

event::Bus::SubscriptionPtr collect_events(event::Bus& bus, Metrics& metrics,
                                           std::vector<std::string> track) {
  return bus.subscribe(
      "", [&metrics, wanted = event::Filter(std::move(track))](const event::EventPtr& pointer) {
        const event::Event& event = *pointer;
        if (!wanted.matches(event.type)) {
          return;
        }
        metrics
            .counter("events_total", "Events of sessions.",
                     {{"session", event.session}, {"event", event.type}})
            .add();
        if (event.type == "message.any") {
          const auto envelope = json::parse(event.json);
          const Json* payload = envelope.has_value() ? json::find(*envelope, "payload") : nullptr;
          const bool own = payload != nullptr && json::bool_or(*payload, "fromMe", false);
          metrics
              .counter("messages_total", "Messages of sessions.",
                       {{"session", event.session}, {"fromMe", own ? "true" : "false"}})
              .add();
        }
      });
}

}  // namespace waxwing::app
