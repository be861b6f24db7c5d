// SPDX-License-Identifier: Apache-2.0
// The set of sessions: creating, finding, loading at boot, ending with the process.
#include "session/manager.hpp"

#include <algorithm>
#include <condition_variable>
#include <set>
#include <utility>

#include "base/ids.hpp"
#include "base/log.hpp"
#include "config/config.hpp"
#include "plugin/registry.hpp"
#include "proxy/proxy_service.hpp"
#include "runtime/loop_pool.hpp"
#include "session/launcher.hpp"
#include "storage/blocking.hpp"

namespace waxwing::session {
namespace {

constexpr std::size_t kSuspendAtOnce = 200;

template <class Items, class F>
std::string join_ids(const Items& items, F id_of) {
  std::string text;
  for (const auto& item : items) {
    text += (text.empty() ? "" : ", ") + id_of(item);
  }
  return text.empty() ? "none" : text;
}

}  // namespace

Manager::Manager(const config::Config& config, const config::SessionConfigSchema& session_config,
                 const plugin_host::Registry& plugins, runtime::LoopPool& loops,
                 proxy::ProxyService& proxies, event::Bus& bus, const event::Envelope& envelope,
                 event::OutboxFactory outbox, Stores stores, ShowQrFn show_qr,
                 EraseFilesFn erase_files)
    : config_(config),
      plugins_(plugins),
      loops_(loops),
      stores_(std::move(stores)),
      selector_(
          config,
          {[this](std::string_view id) { return plugins_.find_engine(id).has_value(); },
           [this] {
             return join_ids(plugins_.engines(), [](const auto& e) { return e.info->id; });
           }},
          {[this](std::string_view id) { return stores_.contains(std::string(id)); },
           [this] { return join_ids(stores_, [](const auto& entry) { return entry.first; }); }},
          {[&proxies](std::string_view id) { return proxies.has(id); },
           [this] { return join_ids(plugins_.proxies(), [](const auto& p) { return p.id; }); }}),
      environment_{config,
                   session_config,
                   plugins,
                   proxies,
                   bus,
                   envelope,
                   std::move(outbox),
                   [this](const std::string& id) { return stores_.at(id); },
                   stores_.at(config.defaults.storage),
                   [this](const std::string& engine) { return engine_starts(engine); },
                   [this](const std::string& engine) { engine_ends(engine); },
                   [this] { return running_count(); },
                   std::move(show_qr),
                   std::move(erase_files)} {}

Manager::~Manager() = default;

// Boot
// -----------------------------------------------------------------------------------------------

Status Manager::load() {
  storage::Scan scan;
  scan.space = kRecordSpace;
  const auto rows = storage::BlockingTenant(*environment_.records, "").scan_all(std::move(scan));
  if (!rows.has_value()) {
    return rows.error().with("reading the stored sessions");
  }
  for (const storage::Row& row : *rows) {
    auto record = Record::from_json(row.value);
    if (!record.has_value()) {
      return record.error().with("the stored session " + row.key);
    }
    if (!stores_.contains(record->storage)) {
      return {Code::Invalid, "the session " + row.key + " lies in the storage '" + record->storage +
                                 "', which is not loaded"};
    }
    const SessionPtr session = add(std::move(*record));  // a key is there once
    if (session && wanted_by_config(session->name())) {
      // Before anybody can ask for a stop, so that the stop is the later one.
      session->want([session](const Status& status) {
        if (!status.is_ok()) {
          log::warn("session.want_not_stored",
                    {{"session", session->name()}, {"why", status.message()}});
        }
      });
    }
  }
  for (const auto& [id, store] : stores_) {
    sweep(id, *store);
  }
  recall_events();
  log::info("sessions.loaded", {{"count", sessions_.size()}});
  return Status::ok();
}

// Before anybody listens, so that who comes back finds it.
void Manager::recall_events() {
  const config::Sockets& settings = config_.sockets;
  if (settings.stored_events == 0) {
    return;
  }
  std::vector<event::KeptIn> all;
  for (const SessionPtr& session : list()) {
    all.push_back({session->name(), stores_.at(session->selection().storage)});
  }
  event::recall(all, {settings.stored_events, settings.stored_mb << 20U}, environment_.bus,
                [this](const std::string& name, event::Earlier earlier) {
                  find(name)->inherit(std::move(earlier));
                });
}

// A crash between erasing a session's record and erasing its data leaves the data: drop it now.
void Manager::sweep(const std::string& storage_id, storage::Store& store) {
  const auto tenants = storage::list_tenants(store);
  if (!tenants.has_value()) {
    log::warn("sessions.sweep_failed",
              {{"storage", storage_id}, {"why", tenants.error().message()}});
    return;
  }
  for (const std::string& tenant : *tenants) {
    if (tenant.empty() || find(tenant)) {
      continue;
    }
    log::info("sessions.swept", {{"session", tenant}, {"storage", storage_id}});
    storage::BlockingTenant(store, tenant).drop().ignore();  // the next boot tries again
  }
}

bool Manager::wanted_by_config(const std::string& name) const {
  const config::Lifecycle& lifecycle = config_.lifecycle;
  return lifecycle.restart_all || std::find(lifecycle.autostart.begin(), lifecycle.autostart.end(),
                                            name) != lifecycle.autostart.end();
}

void Manager::start_desired() {
  create_configured();
  const config::Lifecycle& lifecycle = config_.lifecycle;
  std::vector<SessionPtr> wanted;
  for (const SessionPtr& session : list()) {
    const Snapshot snapshot = session->view().snapshot();
    const bool ours = snapshot.worker.has_value() && *snapshot.worker == lifecycle.worker_id;
    if (wanted_by_config(session->name()) || (lifecycle.restart && ours)) {
      wanted.push_back(session);
    }
  }
  launcher_ = std::make_shared<Launcher>(loops_.at(0), lifecycle, std::move(wanted));
  launcher_->start();
}

// Sessions that the configuration wants to exist and that do not yet.
void Manager::create_configured() {
  std::set<std::string> names(config_.lifecycle.autostart.begin(),
                              config_.lifecycle.autostart.end());
  for (const auto& [name, settings] : config_.sessions) {
    if (settings.start.value_or(false)) {
      names.insert(name);
    }
  }
  for (const std::string& name : names) {
    if (find(name)) {
      continue;
    }
    create({name, {}, std::nullopt, true}, [name](const Result<SessionPtr>& made) {
      if (!made.has_value()) {
        log::error("session.autostart_failed",
                   {{"session", name}, {"why", made.error().message()}});
      }
    });
  }
}

void Manager::suspend_all(Millis limit) {
  if (launcher_) {
    launcher_->stop();
  }
  const auto until = std::chrono::steady_clock::now() + limit;
  struct Progress {
    std::mutex mutex;
    std::condition_variable wake;
    std::size_t under_way = 0;
  };
  auto progress = std::make_shared<Progress>();
  const std::vector<SessionPtr> all = list();
  std::unique_lock lock(progress->mutex);
  for (const SessionPtr& session : all) {
    if (!progress->wake.wait_until(lock, until,
                                   [&] { return progress->under_way < kSuspendAtOnce; })) {
      break;
    }
    ++progress->under_way;
    lock.unlock();
    session->suspend([progress](const Status&) {
      const std::lock_guard guard(progress->mutex);
      --progress->under_way;
      progress->wake.notify_one();
    });
    lock.lock();
  }
  if (!progress->wake.wait_until(lock, until, [&] { return progress->under_way == 0; })) {
    log::warn("sessions.suspend_timeout", {{"left", progress->under_way}});
  }
}

// The set
// --------------------------------------------------------------------------------------------

Manager::SessionPtr Manager::add(Record record) {
  const std::unique_lock lock(mutex_);
  const auto it = sessions_.lower_bound(record.name);
  if (it != sessions_.end() && it->first == record.name) {
    return nullptr;
  }
  runtime::Loop& loop = loops_.acquire();
  const std::string name = record.name;
  auto session = std::make_shared<Session>(std::move(record), loop, environment_);
  sessions_.emplace_hint(it, name, session);
  return session;
}

void Manager::forget(const std::string& name) {
  const std::unique_lock lock(mutex_);
  const auto it = sessions_.find(name);
  if (it != sessions_.end()) {
    loops_.release(it->second->loop());
    sessions_.erase(it);
  }
}

Manager::SessionPtr Manager::find(std::string_view name) const {
  const std::shared_lock lock(mutex_);
  const auto it = sessions_.find(name);
  return it == sessions_.end() ? nullptr : it->second;
}

std::vector<Manager::SessionPtr> Manager::list() const {
  const std::shared_lock lock(mutex_);
  std::vector<SessionPtr> all;
  all.reserve(sessions_.size());
  for (const auto& [name, session] : sessions_) {
    all.push_back(session);
  }
  return all;
}

std::size_t Manager::running_count() const {
  const std::lock_guard lock(counts_mutex_);
  std::size_t total = 0;
  for (const auto& [engine, count] : running_) {
    total += count;
  }
  return total;
}

bool Manager::engine_starts(const std::string& engine) {
  const auto settings = config_.engines.find(engine);
  const std::size_t most = settings == config_.engines.end() ? 0 : settings->second.max_sessions;
  const std::lock_guard lock(counts_mutex_);
  std::size_t& count = running_[engine];
  if (most != 0 && count >= most) {
    return false;
  }
  ++count;
  return true;
}

void Manager::engine_ends(const std::string& engine) {
  const std::lock_guard lock(counts_mutex_);
  --running_[engine];
}

// Requests
// -------------------------------------------------------------------------------------------

void Manager::create(CreateRequest request, CreateFn done) {
  Record record;
  const std::int64_t now = Clock::system().unix_ms();
  record.name = request.name.empty() ? "session_" + ulid(now) : std::move(request.name);
  record.created_ms = now;
  auto selection = selector_.select(record.name, request.choice, std::nullopt);
  if (!selection.has_value()) {
    done(std::move(selection).error());
    return;
  }
  record.engine = std::move(selection->engine);
  record.storage = std::move(selection->storage);
  record.proxy = std::move(selection->proxy);
  if (request.config_json.has_value()) {
    record.config_json = std::move(*request.config_json);
  } else if (const auto yaml = config_.sessions.find(record.name);
             yaml != config_.sessions.end() && yaml->second.config_json.has_value()) {
    record.config_json = *yaml->second.config_json;
  }
  {
    const std::shared_lock lock(mutex_);
    if (sessions_.size() >= config_.limits.sessions && !sessions_.contains(record.name)) {
      done(Status(Code::Unavailable, "There are " + std::to_string(sessions_.size()) +
                                         " sessions already (limits.sessions)"));
      return;
    }
  }
  const std::string name = record.name;
  const SessionPtr session = add(std::move(record));
  if (!session) {
    done(Status(
        Code::Conflict,
        "Session '" + name + "' already exists. Use PUT to update it: PUT /api/sessions/" + name));
    return;
  }
  session->create(request.start, [this, session, done = std::move(done)](const Status& status) {
    if (!status.is_ok()) {
      forget(session->name());
      done(status);
      return;
    }
    done(session);
  });
}

void Manager::update(const SessionPtr& session, std::string config_json, const Choice& choice,
                     Session::Done done) {
  auto selection = selector_.select(session->name(), choice, session->selection());
  if (!selection.has_value()) {
    done(std::move(selection).error());
    return;
  }
  session->update(std::move(config_json), std::move(*selection), std::move(done));
}

void Manager::remove(std::string_view name, Session::Done done) {
  const SessionPtr session = find(name);
  if (!session) {
    done(Status::ok());
    return;
  }
  session->remove([this, session, done = std::move(done)](const Status& status) {
    if (status.is_ok()) {
      forget(session->name());
    }
    // Somebody else's delete was quicker.
    done(status.code() == Code::NotFound ? Status::ok() : status);
  });
}

}  // namespace waxwing::session
