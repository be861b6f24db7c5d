// SPDX-License-Identifier: Apache-2.0
// One session of the engine under test: drives it, plays store and proxy, writes down what it says.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab.hpp"
#include "memory_store.hpp"
#include "plugin/engine_session.hpp"

namespace waxwing::plugin_check {

class Actor final : public plugin_host::EngineSink {
 public:
  struct Options {
    std::string name = "default";
    std::string config;  // empty = "{}"
    std::uint32_t max_events = 1000;
  };

  // `store` outlives it, so that a second actor can find what the first one left.
  Actor(Lab& lab, const plugin_host::EngineInfo& info, MemoryStore& store, Options options);
  // Ends the session if close() was not called.
  ~Actor() override;
  Actor(const Actor&) = delete;
  Actor& operator=(const Actor&) = delete;

  // Makes the engine object.
  [[nodiscard]] Status create();
  // create() that fails the test when it is refused.
  void expect_created();

  // Calls into the engine; each waits for the answer and fails the test if there is none, or more
  // than one. The default deadline is the server's.
  static constexpr Millis kDeadline{30'000};
  plugin_host::Answer start(Millis deadline = kDeadline);
  plugin_host::Answer stop(Millis deadline = kDeadline);
  plugin_host::Answer logout(Millis deadline = kDeadline);
  plugin_host::Answer invoke(const std::string& op, const std::string& json = "{}",
                             Millis deadline = kDeadline);
  // Asks and does not wait; `answers()` grows.
  void send(const std::string& op, const std::string& json = "{}", Millis deadline = kDeadline);
  void send_stop(Millis deadline = kDeadline);
  // Ends what is open, then the engine, and waits for that.
  void close();

  // start(), then waits until the engine logs in or waits for a person, at most two minutes.
  void bring_up();
  [[nodiscard]] bool working() const noexcept { return state_ == WAX_SESSION_WORKING; }
  [[nodiscard]] wax_session_state state() const noexcept { return state_; }
  [[nodiscard]] const std::vector<plugin_host::StateChange>& states() const { return states_; }
  [[nodiscard]] const std::vector<plugin_host::EngineEvent>& events() const { return events_; }
  [[nodiscard]] const std::vector<plugin_host::Answer>& answers() const { return answers_; }
  [[nodiscard]] std::uint64_t words() const noexcept { return words_; }  // all it ever told us
  [[nodiscard]] std::uint64_t qr_codes() const noexcept { return qr_codes_; }
  [[nodiscard]] const plugin_host::EngineInfo& info() const noexcept { return info_; }
  // Empty, or what it said that no engine may say.
  [[nodiscard]] const std::string& complaint() const noexcept { return complaint_; }

  // How store and proxy behave.
  Status store_failure;
  Millis store_delay{0};
  bool hold_commits = false;
  void release_commits();
  Status proxy_failure;

 private:
  using Reply = plugin_host::AnswerFn;
  plugin_host::Answer ask(const std::string& what, Millis deadline,
                          const std::function<void(Reply)>& call);
  bool end_session();  // false when it did not come to an end
  void later(Task task);
  void complain(const std::string& what);

  void on_state(plugin_host::StateChange change) override;
  void on_qr(std::string text, Millis valid) override;
  void on_me(std::optional<plugin_host::Me> me) override;
  void on_engine_info(std::string json) override;
  void on_presence(std::optional<bool> online) override;
  void on_activity(std::int64_t unix_ms) override;
  void on_commit(std::vector<plugin_host::WriteOp> rows,
                 std::vector<plugin_host::EngineEvent> events, DoneFn done) override;
  // The suite listens to everything.
  [[nodiscard]] bool wants(std::string_view) const override { return true; }
  void on_get(std::vector<plugin_host::KeyRef> keys, RowsFn done) override;
  void on_scan(plugin_host::Scan scan, RowsFn done) override;
  void on_resolve_proxy(std::string purpose, LeaseFn done) override;
  void on_report_proxy(std::uint64_t lease, wax_proxy_outcome outcome,
                       std::uint32_t latency_ms) override;

  Lab& lab_;
  const plugin_host::EngineInfo& info_;
  MemoryStore& store_;
  Options options_;
  std::shared_ptr<plugin_host::EngineSession> session_;
  wax_session_state state_ = WAX_SESSION_STOPPED;
  std::vector<plugin_host::StateChange> states_;
  std::vector<plugin_host::EngineEvent> events_;
  std::vector<plugin_host::Answer> answers_;
  std::deque<Task> held_;
  std::uint64_t words_ = 0;
  std::uint64_t qr_codes_ = 0;
  std::string complaint_;
};

}  // namespace waxwing::plugin_check
