// SPDX-License-Identifier: Apache-2.0
// Starting, running and stopping the server.
#include "app/app.hpp"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "api/api.hpp"
#include "app/collectors.hpp"
#include "app/engine_settings.hpp"
#include "app/session_files.hpp"
#include "app/signals.hpp"
#include "base/build_info.hpp"
#include "base/clock.hpp"
#include "base/json.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "config/checks.hpp"
#include "config/environment.hpp"
#include "config/loader.hpp"
#include "config/session_config.hpp"
#include "event/bus.hpp"
#include "event/envelope.hpp"
#include "http/server.hpp"
#include "media/qr_image.hpp"
#include "net/network.hpp"
#include "pages/asset.hpp"
#include "plugin/blob.hpp"
#include "plugin/engine_probes.hpp"
#include "plugin/proxy_module.hpp"
#include "plugin/registry.hpp"
#include "plugin/services.hpp"
#include "plugin/storage_module.hpp"
#include "proxy/proxy_service.hpp"
#include "runtime/blocking_pool.hpp"
#include "runtime/loop_pool.hpp"
#include "session/client_versions.hpp"
#include "session/manager.hpp"
#include "storage/blocking.hpp"
#include "storage/store.hpp"
#include "webhook/service.hpp"

namespace waxwing::app {
namespace {

// A graceful end may take this much longer than requests get to finish.
constexpr std::chrono::seconds kStopReserve(15);
// Webhooks that are being sent may take this long at the end; the others wait in the store.
constexpr std::chrono::milliseconds kLastDeliveries(1000);

// Beside the program: bin/waxwing and lib/waxwing/plugins, in a build tree and installed.
std::string default_plugin_dir() {
  std::error_code ignored;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", ignored);
  return (self.parent_path().parent_path() / "lib" / "waxwing" / "plugins").string();
}

http::ServerOptions server_options(const config::Config& config) {
  const config::Http& from = config.http;
  http::ServerOptions to;
  to.host = from.host;
  to.port = from.port;
  to.threads = from.threads;
  to.backlog = static_cast<int>(from.backlog);
  if (from.tls.enabled) {
    to.tls = http::TlsFiles{from.tls.key, from.tls.cert, from.tls.chain};
  }
  to.limits.connections = from.limits.connections;
  to.limits.requests_in_flight = from.limits.requests_in_process;
  to.limits.body_bytes_in_flight = from.limits.bodies_bytes;
  to.limits.header_bytes = from.limits.header_bytes;
  to.limits.header_timeout = from.timeouts.header;
  to.limits.body_timeout = from.timeouts.body;
  to.limits.idle_timeout = from.timeouts.idle;
  to.limits.write_timeout = from.timeouts.write;
  // The transport's own deadline is the last resort, behind those of the operations.
  to.limits.answer_timeout = config.limits.slow_operation_timeout + from.guard_wait * 2;
  return to;
}

event::BusOptions bus_options(const config::Sockets& from) {
  event::BusOptions to;
  to.window_events = from.replay_events;
  to.window_bytes = from.replay_mb << 20U;
  to.return_time = from.stored;
  return to;
}

// Numbers this run of the server: higher than all before it that used this storage.
Result<std::uint32_t> count_run(storage::Store& store) {
  const storage::BlockingTenant server(store, "");
  const std::string space = "waxwing.server";
  const std::string key = "run";
  for (;;) {
    WAX_TRY(const auto rows, server.get({{space, key}}));
    const bool known = !rows.empty();
    const auto last = known ? std::strtoull(rows.front().value.c_str(), nullptr, 10) : 0;
    const auto run = static_cast<std::uint32_t>(last + 1);
    // Another server on the same storage may be starting, too.
    const Status status = server.commit({storage::WriteOp::put(space, key, std::to_string(run))
                                             .if_version(known ? rows.front().version : 0)});
    if (status.is_ok()) {
      return run;
    }
    if (status.code() != Code::Conflict) {
      return status.with("counting this run");
    }
  }
}

std::string module_config(const std::map<std::string, config::ModuleSettings>& all,
                          const std::string& id) {
  const auto it = all.find(id);
  return it == all.end() ? "{}" : it->second.config_json;
}

// Every part, in the order of its making; gone in the reverse.
class Server {
 public:
  Server(const config::Config& config, bool allow_test_endpoint)
      : config_(config),
        allow_test_endpoint_(allow_test_endpoint),
        metrics_(config.metrics.prefix, {{"worker", config.lifecycle.worker_id}}),
        loops_(config.runtime.loops, metrics_),
        pool_(config.runtime.pool_threads, config.runtime.pool_queue),
        services_(pool_, metrics_, Clock::system(), &network_),
        proxies_(pool_),
        files_(data_dir().empty() ? "" : data_dir() + "/files", pool_),
        envelope_(std::string(kVersion), std::string(kPlatform), config.lifecycle.worker_id),
        bus_(bus_options(config.sockets)) {}

  // What --check-config can check without touching data or network.
  Status prepare() {
    WAX_TRY(plugins_,
            plugin_host::Registry::load(config_.plugins, default_plugin_dir(), services_));
    WAX_TRY(auto schema,
            session_config_schema(config_, *plugins_, config::Environment::of_this_process(),
                                  allow_test_endpoint_));
    session_config_.emplace(std::move(schema));
    return Status::ok();
  }

  Status start(std::function<void(bool)> stop_server) {
    services_.files_dir = files_.directory();
    plugin_host::Blob::limit_total(config_.limits.blob_bytes);
    WAX_TRY_VOID(open_storages());
    WAX_TRY_VOID(create_proxies());
    loops_.start();
    WAX_TRY(const std::uint32_t run, count_run(*stores_.at(config_.defaults.storage)));
    webhooks_ = std::make_unique<webhook::Service>(
        network_, config_.webhooks, run,
        [this](const std::string& session, const std::string& url, std::uint64_t count) {
          announce_dropped(session, url, count);
        });
    webhooks_->start();
    if (config_.metrics.enabled) {
      counted_events_ = collect_events(bus_, metrics_, config_.metrics.track_events);
    }
    manager_ = std::make_unique<session::Manager>(config_, *session_config_, *plugins_, loops_,
                                                  proxies_, bus_, envelope_, webhooks_->outboxes(),
                                                  stores_, qr_printer(), files_.eraser());
    WAX_TRY_VOID(manager_->load());
    versions_ = std::make_unique<session::ClientVersions>(
        *plugins_, *session_config_, *stores_.at(config_.defaults.storage), loops_.at(0));
    WAX_TRY_VOID(versions_->load());
    files_.sweep([this](const std::string& name) { return manager_->find(name) != nullptr; });
    probes_ =
        std::make_unique<plugin_host::EngineProbes>(plugins_->engines(), *session_config_, pool_);
    collect_sessions(metrics_, *manager_);
    collect_plugins(metrics_, *plugins_);
    collect_stores(metrics_, stores_);
    collect_webhooks(metrics_, *webhooks_);

    context_.reset(new api::Context{config_, *session_config_, *plugins_, *probes_, *manager_,
                                    *versions_, bus_, *webhooks_, metrics_, Clock::system(),
                                    Clock::system().unix_ms(), data_dir(), std::move(stop_server)});
    http::Router router;
    WAX_TRY_VOID(api::mount(*context_, router));
    http_ = std::make_unique<http::Server>(server_options(config_), std::move(router));
    WAX_TRY_VOID(http_->start());
    collect_http(metrics_, *http_);
    collect_listeners(metrics_, *http_);
    log::info("server.started", {{"host", config_.http.host},
                                 {"port", http_->port()},
                                 {"engine", config_.defaults.engine}});
    if (config_.dashboard.enabled && !pages::assets().empty()) {
      log::info("server.dashboard",
                {{"url", config_.http.schema + "://" + config_.http.hostname + ":" +
                             std::to_string(http_->port()) + "/dashboard"}});
    }
    manager_->start_desired();
    return Status::ok();
  }

  // False when something would not end: then only _exit() is left.
  bool stop() {
    bool clean = true;
    if (http_) {
      clean = http_->stop(config_.http.drain).is_ok();
    }
    if (manager_) {
      manager_->suspend_all(config_.lifecycle.stop_timeout + std::chrono::seconds(2));
    }
    if (webhooks_) {
      webhooks_->stop(kLastDeliveries);
    }
    for (const auto& [id, store] : stores_) {
      store->flush_and_close();
    }
    pool_.stop();
    network_.stop();
    loops_.stop();
    proxies_.close();
    versions_.reset();
    manager_.reset();
    stores_.clear();
    if (plugins_) {
      plugins_->shutdown();
    }
    return clean;
  }

 private:
  Status open_storages() {
    for (const plugin_host::BackendInfo& info : plugins_->storages()) {
      const bool wanted = info.id == config_.defaults.storage || config_.storages.contains(info.id);
      if (!wanted) {
        continue;
      }
      auto module = plugins_->create_storage(info.id, module_config(config_.storages, info.id));
      if (!module.has_value()) {
        return module.error().with("storage '" + info.id + "'");
      }
      auto store = storage::Store::open(std::move(*module));
      if (!store.has_value()) {
        return store.error().with("storage '" + info.id + "'");
      }
      stores_[info.id] = std::move(*store);
    }
    if (!stores_.contains(config_.defaults.storage)) {
      return {Code::NotFound, "the default storage '" + config_.defaults.storage +
                                  "' is offered by no loaded plugin"};
    }
    return Status::ok();
  }

  Status create_proxies() {
    for (const plugin_host::BackendInfo& info : plugins_->proxies()) {
      auto module = plugins_->create_proxy(info.id, module_config(config_.proxies, info.id));
      if (!module.has_value()) {
        return module.error().with("proxy module '" + info.id + "'");
      }
      proxies_.add(std::move(*module));
    }
    return Status::ok();
  }

  // Draws codes on standard output, away from the loops: it may be a pipe that nobody reads.
  [[nodiscard]] session::Manager::ShowQrFn qr_printer() {
    if (!config_.lifecycle.print_qr) {
      return {};
    }
    return [this](const std::string& session, const std::string& text) {
      const Status status = pool_.submit([session, text] {
        const auto drawn = media::qr_terminal(text);
        if (drawn.has_value()) {
          std::printf("Scan this code to link the session '%s':\n%s", session.c_str(),
                      drawn->c_str());
          std::fflush(stdout);
        }
      });
      status.ignore();  // the code is there over HTTP, too
    };
  }

  void announce_dropped(const std::string& session, const std::string& url, std::uint64_t count) {
    log::warn("webhook.dropped", {{"session", session}, {"count", count}});
    if (const auto of = manager_->find(session)) {
      of->announce("webhook.dropped", json::dump({{"url", url}, {"count", count}}));
    }
  }

  [[nodiscard]] std::string data_dir() const {
    const auto local = json::parse(module_config(config_.storages, "local"));
    return local.has_value() ? json::string_or(*local, "path", "") : "";
  }

  const config::Config& config_;
  const bool allow_test_endpoint_;
  Metrics metrics_;
  runtime::LoopPool loops_;
  runtime::BlockingPool pool_;
  net::Network network_;
  plugin_host::Services services_;
  std::unique_ptr<plugin_host::Registry> plugins_;
  std::optional<config::SessionConfigSchema> session_config_;
  std::unique_ptr<plugin_host::EngineProbes> probes_;
  proxy::ProxyService proxies_;
  SessionFiles files_;
  session::Manager::Stores stores_;
  const event::Envelope envelope_;
  event::Bus bus_;
  event::Bus::SubscriptionPtr counted_events_;
  std::unique_ptr<webhook::Service> webhooks_;
  std::unique_ptr<session::Manager> manager_;
  std::unique_ptr<session::ClientVersions> versions_;
  std::unique_ptr<api::Context> context_;
  std::unique_ptr<http::Server> http_;
};

// Ends the process when a graceful end does not come to its end.
void guard_the_end(std::chrono::seconds limit) {
  std::thread([limit] {
    std::this_thread::sleep_for(limit);
    std::fputs("waxwing: the graceful end took too long\n", stderr);
    ::_exit(1);
  }).detach();
}

}  // namespace

int run(const Options& options) {
  prepare_process();
  auto loaded = config::load({options.config_path, std::nullopt});
  if (!loaded.has_value()) {
    std::fprintf(stderr, "%s\n", loaded.error().message().c_str());
    return 2;
  }
  if (options.print_config) {
    std::fputs(config::print(*loaded).c_str(), stdout);
    return 0;
  }
  config::Config& config = loaded->config;
  if (!options.check_config) {
    for (const std::string& line : config::replace_weak_secrets(config)) {
      std::fprintf(stderr, "%s\n", line.c_str());
    }
  }
  log::start(options.check_config ? log::Level::Warn : config.log.level, config.log.format);
  for (const std::string& warning : loaded->warnings) {
    log::warn("config.warning", {{"text", warning}});
  }
  const StopRequest stop;
  Server server(config, options.allow_test_endpoint);
  Status status = server.prepare();
  if (status.is_ok() && options.check_config) {
    log::stop();
    std::puts("The configuration is good.");
    return 0;
  }
  if (status.is_ok()) {
    status = server.start([&stop](bool force) {
      // The answer has a second to leave.
      std::thread([&stop, force] {
        std::this_thread::sleep_for(std::chrono::seconds(1));
        if (force) {
          ::_exit(137);
        }
        stop.request();
      }).detach();
    });
  }
  const bool started = status.is_ok();
  if (started) {
    stop.wait();
    stop.die_on_next();
    log::info("server.stopping");
  } else {
    log::error("server.start_failed", {{"why", status.message()}});
  }
  guard_the_end(config.http.drain + config.lifecycle.stop_timeout + kStopReserve);
  const bool clean = server.stop();
  log::info("server.stopped");
  log::stop();
  if (!clean) {
    ::_exit(1);
  }
  return started ? 0 : status.code() == Code::Invalid && options.check_config ? 2 : 1;
}

}  // namespace waxwing::app
