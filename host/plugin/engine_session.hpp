// SPDX-License-Identifier: Apache-2.0
// The border between one session of the host and its engine object in a plugin.
//
// Towards the engine it keeps the ABI's promises: calls only on the session's loop, one at a time;
// every accepted callback called exactly once; all of them over before destroy(). Towards the host
// it turns tables into C++ and keeps an engine's mistakes at the border: an answer that never comes
// becomes a timeout, a second one is dropped and counted, a late one finds nobody.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <waxwing/abi.h>

#include "base/result.hpp"
#include "base/unique_function.hpp"
#include "plugin/engine_executor.hpp"
#include "plugin/engine_sink.hpp"
#include "plugin/event_budget.hpp"
#include "plugin/module.hpp"
#include "plugin/open_calls.hpp"
#include "runtime/loop.hpp"

namespace waxwing::plugin_host {

class EngineHttp;
class EngineNet;

class EngineSession : public std::enable_shared_from_this<EngineSession> {
 public:
  struct Params {
    std::string name;                 // of the session
    std::string config_json;          // the engine's own section
    std::string session_config_json;  // the whole config
    std::uint32_t stored_version = 0;
    std::uint32_t max_events = 1000;  // emitted and not yet durable
    std::uint64_t max_event_bytes = 8 << 20;
    bool debug = false;
  };

  // Makes the engine object. `sink` must outlive close(). [loop]
  static Result<std::shared_ptr<EngineSession>> create(std::shared_ptr<Module> module,
                                                       const EngineInfo& info, Params params,
                                                       runtime::Loop& loop, EngineSink& sink);
  ~EngineSession();
  EngineSession(const EngineSession&) = delete;
  EngineSession& operator=(const EngineSession&) = delete;

  // Each answers exactly once, from the loop's queue, at the latest when `deadline` has passed
  // (Code::Timeout) or at close() (Code::Unavailable). [loop]
  void start(Millis deadline, AnswerFn answer);
  void stop(Millis deadline, AnswerFn answer);
  void logout(Millis deadline, AnswerFn answer);
  void migrate(std::uint32_t from, Millis deadline, AnswerFn answer);
  void invoke(const Request& request, Millis deadline, AnswerFn answer);

  // Ends everything that is open, destroys the engine, then calls `done`, once, from the loop's
  // queue. Nothing else may be called afterwards. [loop]
  void close(Task done);

  [[nodiscard]] const EngineInfo& info() const noexcept { return info_; }
  [[nodiscard]] Module& module() const noexcept { return *module_; }
  [[nodiscard]] bool can_migrate() const noexcept { return vtable_.migrate != nullptr; }

  // What the C tables call. [any-thread] unless said otherwise.
  void finish_call(std::uint64_t id, Answer answer);
  [[nodiscard]] bool call_cancelled(std::uint64_t id) const;
  void from_engine(UniqueFunction<void(EngineSink&)> tell);
  [[nodiscard]] bool take_events(std::size_t count, std::size_t bytes);
  void commit(std::vector<WriteOp> rows, std::vector<EngineEvent> events, wax_done_fn done,
              void* user);
  // Answers without having done anything, from the loop's queue.
  void post_done(wax_done_fn done, void* user, Status status);
  void post_rows(wax_rows_fn rows, void* user, Status status);
  void get(std::vector<KeyRef> keys, wax_rows_fn rows, void* user);
  void scan(Scan scan, wax_rows_fn rows, void* user);
  void resolve_proxy(std::string purpose, wax_proxy_fn answer, void* user);
  // False, and counted as misbehaviour, when the caller is on another thread.
  [[nodiscard]] bool check_loop(std::string_view function) const;
  [[nodiscard]] bool on_loop() const noexcept { return loop_.on_loop(); }
  [[nodiscard]] bool debug() const noexcept { return debug_; }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] std::uint64_t slot() const noexcept;
  // What the engine has running on the loop.
  [[nodiscard]] EngineExecutor& executor() noexcept { return executor_; }
  // What the engine has open on the network; nullptr when this host has none. [loop]
  [[nodiscard]] EngineNet* net();
  // Closes what goes through the session's proxy, for the engine to come back through another.
  // [loop]
  void drop_proxied_connections();

 private:
  friend class EngineExecutor;
  friend class EngineHttp;
  friend class EngineNet;

  // Tells the engine that something it waits for will not come.
  using GiveUp = UniqueFunction<void(const Status&)>;

  EngineSession(std::shared_ptr<Module> module, const EngineInfo& info, Params params,
                runtime::Loop& loop, EngineSink& sink);
  [[nodiscard]] wax_call* open_call(std::string what, Millis deadline, AnswerFn answer);
  void call_deadline(std::uint64_t id);
  // Calls into the engine with the loop's marker set, so that the watchdog can name a stuck plugin.
  template <class F>
  void enter(F call_engine) {
    loop_.set_doing(module_->id().c_str());
    call_engine();
    loop_.set_doing("");
  }
  [[nodiscard]] std::uint64_t expect(GiveUp give_up);
  // False when it was given up before.
  [[nodiscard]] bool take_expected(std::uint64_t id);
  void end_expected();
  [[nodiscard]] EngineSink::RowsFn expect_rows(wax_rows_fn rows, void* user);
  // Posts `task`; close() waits for what was posted this way.
  void enqueue(Task task);
  void destroy_when_quiet(Task done, int rounds, Millis began);
  void give_back_events(std::size_t count, std::size_t bytes);

  std::shared_ptr<Module> module_;
  const EngineInfo& info_;
  std::string name_;
  const bool debug_;
  runtime::Loop& loop_;
  EngineSink* sink_;  // null once closed
  wax_engine_vtable vtable_{};
  wax_engine* engine_ = nullptr;
  std::uint64_t token_ = 0;
  std::atomic<bool> closing_{false};  // set on the loop

  OpenCalls calls_;
  EventBudget events_;
  EngineExecutor executor_{*this};
  std::unordered_map<std::uint64_t, GiveUp> expected_;  // [loop] answers to the engine's questions
  std::atomic<std::uint32_t> enqueued_{0};              // posted and not yet run
  std::unique_ptr<EngineNet> net_;                      // [loop] made when first used
};

// Ids of what an engine has asked for; not zero, never used again.
[[nodiscard]] std::uint64_t next_id() noexcept;
// Handles of calls, timers and watches: the session's slot and such an id.
[[nodiscard]] std::uint64_t make_handle(const EngineSession& session, std::uint64_t id) noexcept;
[[nodiscard]] std::uint64_t handle_id(std::uint64_t handle) noexcept;
[[nodiscard]] std::uint64_t handle_slot(std::uint64_t handle) noexcept;

}  // namespace waxwing::plugin_host
