// SPDX-License-Identifier: Apache-2.0
// FakeHost: drives an engine in a unit test, with a clock that the test moves.
//
//   FakeHost host(wax_module_v1());
//   FakeSession& session = host.create("default", R"({"loginAfterMs": 100})");
//   session.start();
//   host.advance(100);
//   EXPECT_EQ(session.state(), WAX_SESSION_WORKING);
//   EXPECT_THAT(host.finish(), IsEmpty());   // nothing was done that a host would count against it
//
// It speaks to the module through the C tables only, as a server does, in one thread and in an
// order that is always the same. Work for the blocking pool runs when its turn in the queue comes.
// What is borrowed is overwritten after the call, so that a plugin that keeps it is found.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "blob.hpp"
#include "core.hpp"
#include "testing/fake_net.hpp"
#include "testing/fake_store.hpp"
#include "testing/records.hpp"

namespace waxwing::plugin {
inline namespace v1 {
namespace testing {

class FakeHost;

// One session and its engine. Lives as long as the FakeHost.
class FakeSession {
 public:
  FakeSession(const FakeSession&) = delete;
  FakeSession& operator=(const FakeSession&) = delete;

  // Calls into the engine, then whatever that put into the queue. The answer may come later.
  Answer& start();
  Answer& stop();
  // As a server does: the stored data is erased once the answer is there.
  Answer& logout();
  Answer& migrate(std::uint32_t from);
  Answer& invoke(const std::string& op, const std::string& json = "{}",
                 const std::vector<PartRecord>& parts = {});
  wax_status reconfigure(const std::string& config_json);
  // Ends what is open, then the engine. Done by FakeHost::finish() at the latest.
  void destroy();

  // How many more events are taken before emit() is refused.
  std::set<std::string> unwanted_events;  // types that wanted() says nobody listens to
  std::size_t event_room = std::numeric_limits<std::size_t>::max();
  // Makes room and, if an event was refused, tells the engine.
  void make_room(std::size_t count);

  const std::string& name() const { return name_; }
  wax_session_state state() const { return state_; }
  const StateRecord& last_state() const { return states.back(); }
  std::vector<wax_session_state> state_list() const {
    std::vector<wax_session_state> list;
    for (const StateRecord& s : states) {
      list.push_back(s.state);
    }
    return list;
  }
  std::vector<EventRecord> events_of(std::string_view type) const {
    std::vector<EventRecord> found;
    std::copy_if(events.begin(), events.end(), std::back_inserter(found),
                 [&](const EventRecord& e) { return e.type == type; });
    return found;
  }

  std::vector<StateRecord> states;  // what the engine reported
  std::vector<QrRecord> qrs;
  std::vector<EventRecord> events;
  std::optional<MeRecord> me;
  std::string engine_info;
  std::int32_t presence = -1;
  std::int64_t activity_ms = 0;

 private:
  friend class FakeHost;
  FakeSession(FakeHost& host, std::string name, std::uint64_t token)
      : host_(host), name_(std::move(name)), token_(token) {}
  wax_session* token() const { return reinterpret_cast<wax_session*>(token_); }

  FakeHost& host_;
  const std::string name_;
  const std::uint64_t token_;
  wax_engine_vtable table_{};
  wax_engine* engine_ = nullptr;
  wax_session_state state_ = WAX_SESSION_STOPPED;
  bool quiet_ = true;  // before start() and once stop() was answered
  bool refused_ = false;
};

class FakeHost {
 public:
  struct Options {
    std::vector<std::string> without;  // extension ids this host does not have
    // Tables of another version: shorter ones end early, longer ones have slots nobody knows.
    std::map<std::string, std::size_t> table_bytes;
  };

  explicit FakeHost(const wax_module* module) : FakeHost(module, Options()) {}
  FakeHost(const wax_module* module, Options options);
  ~FakeHost() { finish(); }
  FakeHost(const FakeHost&) = delete;
  FakeHost& operator=(const FakeHost&) = delete;

  // Throws Error with what the engine gave as the reason when it refuses.
  FakeSession& create(const std::string& name, const std::string& config_json = "{}",
                      const std::string& session_config_json = "{}",
                      std::uint32_t stored_version = 1);
  // Destroys what is left, shuts the module down. Returns everything that broke a rule.
  const std::vector<std::string>& finish();

  // Runs what is due now; advance() also moves the clock, stopping at each timer.
  void run();
  void advance(std::int64_t ms);

  // False: calls leave the queue alone until run(), so that two can overlap.
  bool run_after_calls = true;
  // What the world does to the engine; WAX_OK = it works.
  wax_status store_status = WAX_OK;
  wax_status proxy_status = WAX_OK;
  wax_status offload_status = WAX_OK;
  std::string proxy_url;
  std::string proxy_username;
  std::string proxy_password;
  std::int32_t log_level = WAX_LOG_DEBUG;
  FakeStore store;
  FakeNet net;

  std::int64_t now_ms() const { return now_ms_; }
  const wax_host* raw() const { return &host_; }
  const wax_engine_desc& engine() const { return desc_; }
  std::size_t running_timers() const {  // of engines
    return static_cast<std::size_t>(
        std::count_if(timers_.begin(), timers_.end(),
                      [](const PendingTimer& timer) { return !timer.is_network; }));
  }
  std::vector<LogRecord> logs;
  std::map<std::string, double> metrics;  // by name: the sum of what was recorded
  std::vector<std::pair<std::uint64_t, wax_proxy_outcome>> proxy_reports;
  const std::vector<std::string>& problems() const { return problems_; }

 private:
  friend class FakeSession;
  friend class FakeSocket;
  struct Item {
    FakeSession* session;
    std::function<void(wax_status)> run;  // WAX_OK, or WAX_E_CANCELLED when the session ends
  };
  struct PendingTimer {
    std::int64_t due_ms;
    std::uint64_t id;
    FakeSession* session;
    wax_task_fn fn;
    void* user;
    bool is_network = false;  // not one of the engine's
  };
  struct PendingCall {
    FakeSession* session;
    Answer* answer;
    bool is_stop;
  };
  struct StoredBlob {
    std::string content;
    bool sealed = false;
    int references = 1;
  };

  static FakeHost& of(const wax_host* host) { return *static_cast<FakeHost*>(host->impl); }
  void problem(const std::string& text) { problems_.push_back(text); }
  void problem(const FakeSession& session, const std::string& text) {
    problem(session.name_ + ": " + text);
  }
  FakeSession* find(wax_session* token, const char* what);
  FakeSession* find_running(wax_session* token, const char* what);
  void post(FakeSession* session, std::function<void(wax_status)> fn);
  wax_call* open_call(FakeSession& session, Answer& answer, bool is_stop);
  template <class Fn>
  Answer& call(FakeSession& session, const std::string& what, Fn&& enter);
  void answer_rows(FakeSession* session, std::vector<FakeStore::Found> found, wax_rows_fn rows,
                   void* user);
  std::vector<PartRecord> copy_parts(const wax_part* parts, std::uint32_t count);
  EventRecord copy_event(const wax_event& event);
  wax_blob* add_blob(std::string content);
  StoredBlob* blob(wax_blob* handle, const char* what);
  void end(FakeSession& session);
  void post_later(FakeSession* session, std::int64_t delay_ms, std::function<void(wax_status)> run);
  FakeSocket* socket(wax_ws* handle);
  void answer_http(FakeSession* session, const HttpReply& reply, wax_http_fn answer, void* user,
                   const HttpCallRecord& call);
  void end_sockets(FakeSession& session);
  void make_tables();
  void make_state_tables();
  void make_store_tables();
  void make_executor_table();
  void make_blob_table();
  void make_log_tables();
  void make_net_table();

  const wax_module* module_;
  Options options_;
  wax_host host_{};
  wax_module_ctx* ctx_ = nullptr;
  bool initialising_ = true;
  bool finished_ = false;
  wax_engine_factory factory_{};
  wax_engine_desc desc_{};

  wax_host_session session_table_{};
  wax_host_store store_table_{};
  wax_host_proxy proxy_table_{};
  wax_host_executor executor_table_{};
  wax_host_blob blob_table_{};
  wax_host_log log_table_{};
  wax_host_metrics metrics_table_{};
  wax_host_net net_table_{};
  std::map<std::string, std::vector<unsigned char>> extensions_;  // by id, as the module sees them

  std::int64_t now_ms_ = 0;
  std::uint64_t last_id_ = 0;
  std::vector<std::unique_ptr<FakeSession>> sessions_;
  std::deque<Answer> answers_;
  std::map<std::uint64_t, PendingCall> calls_;
  std::mutex queue_mutex_;  // the plugin's own threads may post
  std::deque<Item> queue_;
  std::vector<PendingTimer> timers_;
  std::map<std::uint64_t, StoredBlob> blobs_;
  std::vector<std::string> metric_names_;
  std::vector<std::string> problems_;
};

}  // namespace testing
}  // namespace v1
}  // namespace waxwing::plugin

#include "testing/fake_host.hpp"
#include "testing/fake_host_tables.hpp"
#include "testing/fake_net_tables.hpp"
