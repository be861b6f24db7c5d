// SPDX-License-Identifier: Apache-2.0
// One session: an actor that lives on one loop and owns its engine while it runs.
//
// Operations (start, stop, restart, logout, update, remove) are serialised in a queue of their own
// and never wait for the network: start answers when the engine was asked to connect. What the
// engine reports arrives as EngineSink and moves the state machine of state.hpp.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/unique_function.hpp"
#include "event/outbox.hpp"
#include "event/recent.hpp"
#include "plugin/engine_session.hpp"
#include "runtime/loop.hpp"
#include "session/record.hpp"
#include "session/selector.hpp"
#include "session/settings.hpp"
#include "session/state.hpp"
#include "session/status_history.hpp"
#include "session/view.hpp"
#include "storage/store.hpp"

namespace waxwing::config {
struct Config;
class SessionConfigSchema;
}  // namespace waxwing::config
namespace waxwing::event {
class Bus;
class Envelope;
}  // namespace waxwing::event
namespace waxwing::plugin_host {
class Registry;
}
namespace waxwing::proxy {
class ProxyService;
}

namespace waxwing::session {

// What all sessions share. Outlives them.
struct Environment {
  const config::Config& config;
  const config::SessionConfigSchema& session_config;
  const plugin_host::Registry& plugins;
  proxy::ProxyService& proxies;
  event::Bus& bus;
  const event::Envelope& envelope;
  event::OutboxFactory outbox;
  // The storage of an id; never null for an id that was selected.
  std::function<std::shared_ptr<storage::Store>(const std::string& id)> store;
  // Where records lie.
  std::shared_ptr<storage::Store> records;
  // One more engine of this id is about to run: false when its max_sessions are running.
  std::function<bool(const std::string& engine)> engine_starts;
  std::function<void(const std::string& engine)> engine_ends;
  std::function<std::size_t()> running_count;
  // A new code to scan; may be empty. Must not block. [session-loop]
  std::function<void(const std::string& session, const std::string& text)> show_qr;
  // Erases the files that engines left of this session; `done` comes on any thread. May be empty.
  std::function<void(const std::string& session, UniqueFunction<void(Status)> done)> erase_files;
};

// What a call to the engine needs of its session.
enum class Need : std::uint8_t {
  Running,     // any state but STOPPED
  Working,     // waits while STARTING
  ScanQrCode,  // waits while STARTING
};

// A lease as it may be shown: without credentials.
struct HeldLease {
  std::uint64_t id = 0;
  std::string url;  // empty = direct
  std::int64_t expires_at_ms = 0;
};

struct QrCode {
  std::string text;
  std::int64_t expires_ms = 0;  // unix time
  int attempt = 0;              // 1 for the first code of a start
};

class Session final : public std::enable_shared_from_this<Session>,
                      private plugin_host::EngineSink {
 public:
  using Done = UniqueFunction<void(Status)>;
  using QrFn = UniqueFunction<void(Result<QrCode>)>;

  Session(Record record, runtime::Loop& loop, const Environment& environment);
  ~Session() override;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // All public functions are [any-thread]; callbacks come on the session's loop.
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const View& view() const noexcept { return view_; }
  [[nodiscard]] runtime::Loop& loop() const noexcept { return loop_; }
  // What it was given; read from the view, so it may be an operation behind.
  [[nodiscard]] Selection selection() const;

  // For the boot: what earlier runs kept for clients of sockets, before anything else.
  void inherit(event::Earlier earlier);
  // Makes the session durable, then starts it if asked. The first operation of a new session.
  void create(bool start, Done done);
  // No-op while running; a FAILED session starts anew.
  void start(Done done);
  // For the boot: want() makes it one that has to run, start_if_wanted() starts it, later, unless
  // it was stopped or taken by another server meanwhile.
  void want(Done done);
  void start_if_wanted(Done done);
  void stop(Done done);
  void restart(Done done);
  // Unlinks the account and erases its data; a session that ran starts again.
  void logout(Done done);
  // Replaces the config; a session that ran starts again with it.
  void update(std::string config_json, Selection selection, Done done);
  // Unlinks, stops, erases everything. Afterwards every operation answers Code::NotFound.
  void remove(Done done);
  // Ends the engine and keeps the desired state, for the end of the process.
  void suspend(Done done);

  // Runs an operation of the engine. Code::NotFound when it has to run and does not, Code::State in
  // the wrong state (after at most http.guard_wait), Code::RateLimited when too much is under way.
  void call(Need need, plugin_host::Request request, plugin_host::AnswerFn answer);
  // The present QR code. Waits for one while STARTING, as call() does.
  void qr(QrFn answer);
  // The proxies that the session holds now, by purpose, and the module that gave them.
  struct Leases {
    std::string module;
    std::map<std::string, HeldLease> held;
  };
  void list_leases(UniqueFunction<void(Leases)> answer);
  // Has the module choose another one, and closes what goes through the old one.
  void rotate_proxy(Done done);
  // Lets out an event of the host's own about this session.
  void announce(std::string type, std::string payload_json);

 private:
  // An operation: runs on the loop and calls `finish` exactly once when the next one may run.
  using Operation = UniqueFunction<void(Done finish)>;
  struct Waiter {
    Need need;
    Done done;
    runtime::Loop::TimerId timer = 0;
  };
  enum class Farewell : std::uint8_t { Stop, Logout };

  // Operations (session_operations.cc)
  void enqueue(Operation operation, Done done);
  void run_next();
  [[nodiscard]] bool wanted_here() const;
  void do_start(Done done);
  void do_stop(Done done);
  void do_logout(Done done);
  void do_remove(Done done);
  void save(Done done);
  void wipe(Done done);

  // The engine (session_engine.cc)
  void launch();
  void run_engine();
  void end_engine(Farewell farewell, Task then);
  void engine_ended();
  void run_call(Need need, plugin_host::Request request, plugin_host::AnswerFn answer);
  void admit_next();

  // Events (session_events.cc)
  struct Outgoing;
  // Stores `rows` and what the outbox wants of the events, then lets the events out.
  void commit(std::vector<plugin_host::WriteOp> rows, std::vector<plugin_host::EngineEvent> events,
              EngineSink::DoneFn done);
  // An event of the host's own; it gets out even when it cannot be stored.
  void publish(std::string type, std::string payload_json);
  [[nodiscard]] std::vector<Outgoing> prepare(std::vector<plugin_host::EngineEvent> events,
                                              std::vector<plugin_host::WriteOp>& rows);
  void let_out(const std::vector<Outgoing>& events, bool stored);

  // State (session.cc)
  void set_state(State to, std::optional<Reason> reason, std::string data_json);
  void fail(std::string reason, std::string text);
  void publish_status();
  [[nodiscard]] bool knows_its_name() const;
  void when(Need need, Done done);
  void wake_waiters();
  [[nodiscard]] std::optional<Status> judge(Need need) const;
  void show();
  // After a change of the config.
  void read_config();

  // EngineSink
  void on_state(plugin_host::StateChange change) override;
  void on_qr(std::string text, Millis valid) override;
  void on_me(std::optional<plugin_host::Me> me) override;
  void on_engine_info(std::string json) override;
  void on_presence(std::optional<bool> online) override;
  void on_activity(std::int64_t unix_ms) override;
  void on_commit(std::vector<plugin_host::WriteOp> rows,
                 std::vector<plugin_host::EngineEvent> events, EngineSink::DoneFn done) override;
  void on_get(std::vector<plugin_host::KeyRef> keys, RowsFn done) override;
  void on_scan(plugin_host::Scan scan, RowsFn done) override;
  void on_resolve_proxy(std::string purpose, LeaseFn done) override;
  void on_report_proxy(std::uint64_t lease, wax_proxy_outcome outcome,
                       std::uint32_t latency_ms) override;

  // The proxy (session_proxy.cc)
  void hold_lease(std::string_view purpose, const plugin_host::Lease& lease);

  [[nodiscard]] std::function<void(Task)> post_to_loop();

  const std::string name_;
  runtime::Loop& loop_;
  const Environment& env_;
  View view_;

  // Everything below belongs to the loop.
  Record record_;
  Settings settings_;  // of record_.config_json
  State state_ = State::Stopped;
  std::optional<Reason> reason_;
  StatusHistory history_;  // of this run
  std::optional<QrCode> qr_;
  int qr_attempts_ = 0;
  bool removed_ = false;

  storage::TenantStore store_;    // the engine's rows
  storage::TenantStore records_;  // tenant "" of the record storage
  std::unique_ptr<event::Outbox> outbox_;
  event::Recent recent_;
  std::size_t commits_in_flight_ = 0;

  std::shared_ptr<plugin_host::EngineSession> engine_;
  bool counted_ = false;  // engine_starts() said yes and engine_ends() was not called yet
  bool ending_ = false;
  std::vector<Task> end_waiters_;
  runtime::Loop::TimerId start_deadline_ = 0;
  runtime::Loop::TimerId late_working_ = 0;  // WORKING waits a little for the account's name
  std::map<std::string, HeldLease> leases_;  // by purpose

  std::deque<std::pair<Operation, Done>> operations_;
  bool operating_ = false;
  std::vector<std::shared_ptr<Waiter>> waiters_;
  std::size_t calls_ = 0;  // running
  std::deque<Task> waiting_calls_;
};

}  // namespace waxwing::session
