// SPDX-License-Identifier: Apache-2.0
// All sessions of the server: which exist, which start at boot, how they end with the process.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/unique_function.hpp"
#include "session/selector.hpp"
#include "session/session.hpp"

namespace waxwing::runtime {
class LoopPool;
}

namespace waxwing::session {

// Everything public is [any-thread] unless said otherwise.
class Manager {
 public:
  using Stores = std::map<std::string, std::shared_ptr<storage::Store>>;  // by storage id
  using SessionPtr = std::shared_ptr<Session>;
  using ShowQrFn = std::function<void(const std::string& session, const std::string& text)>;
  using EraseFilesFn = decltype(Environment::erase_files);
  using CreateFn = UniqueFunction<void(Result<SessionPtr>)>;

  // All references outlive the manager. `stores` holds the default storage at least.
  Manager(const config::Config& config, const config::SessionConfigSchema& session_config,
          const plugin_host::Registry& plugins, runtime::LoopPool& loops,
          proxy::ProxyService& proxies, event::Bus& bus, const event::Envelope& envelope,
          event::OutboxFactory outbox, Stores stores, ShowQrFn show_qr,
          EraseFilesFn erase_files = {});
  ~Manager();
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  // Reads the stored sessions and sweeps up what a deleted one left behind. Blocks. [main-thread]
  Status load();
  // Starts what has to run, a few at a time, and returns at once. [main-thread]
  void start_desired();
  // Ends every session's engine and waits until they are gone, at most `limit`. [main-thread]
  void suspend_all(Millis limit);

  struct CreateRequest {
    std::string name;  // empty = generate one
    Choice choice;
    std::optional<std::string> config_json;  // checked; absent = YAML's, else {}
    bool start = true;
  };
  // Code::Conflict when the name exists, Code::Invalid when the choice cannot be met,
  // Code::Unavailable when the session cannot be stored or there are too many.
  void create(CreateRequest request, CreateFn done);
  // Code::Invalid as create(); else as Session::update().
  void update(const SessionPtr& session, std::string config_json, const Choice& choice,
              Session::Done done);
  // Ok also when there is no such session.
  void remove(std::string_view name, Session::Done done);

  [[nodiscard]] SessionPtr find(std::string_view name) const;  // null = unknown
  // In the order of their names.
  [[nodiscard]] std::vector<SessionPtr> list() const;
  [[nodiscard]] std::size_t running_count() const;

 private:
  struct Launcher;

  [[nodiscard]] SessionPtr add(Record record);  // null = the name exists
  void forget(const std::string& name);
  [[nodiscard]] bool engine_starts(const std::string& engine);
  void engine_ends(const std::string& engine);
  // At boot, whatever the session was before.
  [[nodiscard]] bool wanted_by_config(const std::string& name) const;
  void sweep(const std::string& storage_id, storage::Store& store);
  void recall_events();
  void create_configured();

  const config::Config& config_;
  const plugin_host::Registry& plugins_;
  runtime::LoopPool& loops_;
  Stores stores_;
  Selector selector_;
  Environment environment_;
  mutable std::shared_mutex mutex_;  // guards sessions_
  std::map<std::string, SessionPtr, std::less<>> sessions_;
  mutable std::mutex counts_mutex_;             // guards running_
  std::map<std::string, std::size_t> running_;  // engines that run, by id
  std::shared_ptr<Launcher> launcher_;
};

}  // namespace waxwing::session
