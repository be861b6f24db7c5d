// SPDX-License-Identifier: Apache-2.0
// One session of the scripted engine, on a loop and a clock that the test moves.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/clock.hpp"
#include "base/metrics.hpp"
#include "fixtures/scripted_module.hpp"
#include "net/network.hpp"
#include "plugin/engine_session.hpp"
#include "plugin/module.hpp"
#include "plugin/services.hpp"
#include "runtime/blocking_pool.hpp"
#include "runtime/loop.hpp"

namespace waxwing::testing {

// Keeps what is asked of it until the test answers.
class KeepingSink final : public plugin_host::EngineSink {
 public:
  void on_state(plugin_host::StateChange change) override { states.push_back(std::move(change)); }
  void on_qr(std::string text, Millis) override { qr.push_back(std::move(text)); }
  void on_me(std::optional<plugin_host::Me> account) override { me = std::move(account); }
  void on_engine_info(std::string) override {}
  void on_presence(std::optional<bool>) override {}
  void on_activity(std::int64_t) override {}
  void on_commit(std::vector<plugin_host::WriteOp> rows,
                 std::vector<plugin_host::EngineEvent> events, DoneFn done) override {
    for (auto& row : rows) {
      written.push_back(std::move(row));
    }
    for (auto& event : events) {
      emitted.push_back(std::move(event));
    }
    commits.push_back(std::move(done));
  }
  [[nodiscard]] bool wants(std::string_view type) const override { return type == "wanted"; }
  void on_get(std::vector<plugin_host::KeyRef>, RowsFn done) override {
    reads.push_back(std::move(done));
  }
  void on_scan(plugin_host::Scan, RowsFn done) override { reads.push_back(std::move(done)); }
  void on_resolve_proxy(std::string, LeaseFn done) override { proxies.push_back(std::move(done)); }
  void on_report_proxy(std::uint64_t lease, wax_proxy_outcome outcome, std::uint32_t) override {
    reports.emplace_back(lease, outcome);
  }

  std::vector<plugin_host::StateChange> states;
  std::vector<std::string> qr;
  std::optional<plugin_host::Me> me;
  std::vector<plugin_host::WriteOp> written;
  std::vector<plugin_host::EngineEvent> emitted;
  std::vector<DoneFn> commits;
  std::vector<RowsFn> reads;
  std::vector<LeaseFn> proxies;
  std::vector<std::pair<std::uint64_t, wax_proxy_outcome>> reports;
};

class EngineSessionTest : public ::testing::Test {
 protected:
  using Answers = std::shared_ptr<std::vector<plugin_host::Answer>>;

  EngineSessionTest() {
    auto made = plugin_host::Module::adopt(scripted_module(), "scripted", services_);
    EXPECT_TRUE(made.has_value()) << (made ? "" : made.error().message());
    module_ = std::move(made).value();
  }
  ~EngineSessionTest() override {
    close();
    pool_.stop();
    network_.stop();
    loop_.run_ready_for_test();
  }

  [[nodiscard]] Result<std::shared_ptr<plugin_host::EngineSession>> create() {
    Result<std::shared_ptr<plugin_host::EngineSession>> made(Status(Code::Internal, ""));
    run([&] {
      made = plugin_host::EngineSession::create(module_, module_->engines().front(), params_, loop_,
                                                sink_);
    });
    return made;
  }
  void open() {
    auto made = create();
    ASSERT_TRUE(made.has_value()) << made.error().message();
    session_ = std::move(made).value();
  }
  // On the loop, and what follows from it at once.
  void run(const std::function<void()>& task) {
    loop_.post([&task] { task(); });
    loop_.run_ready_for_test();
  }
  void pass(Millis span) {
    clock_.advance(span);
    loop_.run_ready_for_test();
  }
  Answers invoke(Millis deadline = Millis(1'000),
                 plugin_host::Request request = {"op", "{}", {}, ""}) {
    auto answers = std::make_shared<std::vector<plugin_host::Answer>>();
    run([&] {
      session_->invoke(request, deadline, [answers](plugin_host::Answer answer) {
        answers->push_back(std::move(answer));
      });
    });
    return answers;
  }
  // True once the engine is destroyed.
  bool close() {
    if (!session_) {
      return true;
    }
    closed_ = false;
    run([this] { session_->close([this] { closed_ = true; }); });
    session_ = nullptr;
    return closed_;
  }
  [[nodiscard]] std::uint64_t counted(plugin_host::Misbehaviour what) const {
    return module_->misbehaviour(what);
  }

  ManualClock clock_;
  Metrics metrics_{"test_", {}};
  runtime::BlockingPool pool_{2, 100};
  net::Network network_;
  plugin_host::Services services_{pool_, metrics_, clock_, &network_};
  runtime::Loop loop_{"test", clock_};
  KeepingSink sink_;
  plugin_host::EngineSession::Params params_;
  std::shared_ptr<plugin_host::Module> module_;
  std::shared_ptr<plugin_host::EngineSession> session_;
  bool closed_ = false;
};

}  // namespace waxwing::testing
