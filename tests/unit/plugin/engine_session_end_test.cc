// SPDX-License-Identifier: Apache-2.0
// The end of a session: everything that was promised is over before destroy(), nothing comes after.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include <gmock/gmock.h>

#include "engine_session_fixture.hpp"

namespace waxwing::testing {
namespace {

using plugin_host::Answer;
using plugin_host::Lease;
using plugin_host::Misbehaviour;
using plugin_host::Row;
using ::testing::Each;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Counts callbacks, and that none comes after destroy().
struct Count {
  std::vector<wax_status> statuses;
  bool destroyed = false;

  void add(wax_status status) {
    EXPECT_FALSE(destroyed) << "a callback after destroy()";
    statuses.push_back(status);
  }
};

void count_task(void* user, wax_status status) noexcept {
  static_cast<Count*>(user)->add(status);
}

TEST_F(EngineSessionTest, CancelsEverythingOnceBeforeDestroy) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  open();
  Count count;
  script().on_invoke = [&](ScriptedEngine& engine, const wax_request&, wax_call*) {
    const auto rows = [](void* user, wax_status status, const wax_kv*, std::uint32_t,
                         const wax_error* err) noexcept {
      EXPECT_NE(err, nullptr);
      static_cast<Count*>(user)->add(status);
    };
    const auto done = [](void* user, wax_status status, const wax_error*) noexcept {
      static_cast<Count*>(user)->add(status);
    };
    engine.executor().timer_start(engine.host, engine.session, 60'000, 0, count_task, &count);
    engine.executor().timer_start(engine.host, engine.session, 0, 0, count_task, &count);
    engine.executor().fd_watch(
        engine.host, engine.session, ends[0], WAX_FD_READ,
        [](void* user, std::int32_t, std::uint32_t ready) noexcept {
          static_cast<Count*>(user)->add(ready == 0 ? WAX_E_CANCELLED : WAX_OK);
        },
        &count);
    wax_kv key{};
    key.struct_size = sizeof key;
    key.space = {"creds", 5};
    engine.store().get(engine.host, engine.session, &key, 1, rows, &count);
    wax_scan scan{};
    scan.struct_size = sizeof scan;
    scan.space = {"creds", 5};
    engine.store().scan(engine.host, engine.session, &scan, rows, &count);
    engine.store().commit(engine.host, engine.session, &key, 1, nullptr, 0, done, &count);
    engine.emit("{}", "message", done, &count);
    engine.table<wax_host_proxy>(WAX_HOST_PROXY)
        .resolve(
            engine.host, engine.session, {"http", 4},
            [](void* user, wax_status status, const wax_proxy_lease* lease,
               const wax_error*) noexcept {
              EXPECT_EQ(lease, nullptr);
              static_cast<Count*>(user)->add(status);
            },
            &count);
    engine.executor().post(engine.host, engine.session, count_task, &count);
  };
  script().on_destroy = [&](ScriptedEngine&) { count.destroyed = true; };
  // All of it, and the end, in one turn of the loop: nothing has had its time yet.
  std::vector<Answer> answers;
  run([&] {
    session_->invoke({"op", "{}", {}, ""}, Millis(1'000),
                     [&](Answer answer) { answers.push_back(std::move(answer)); });
    session_->close([this] { closed_ = true; });
  });
  EXPECT_TRUE(closed_);
  EXPECT_TRUE(count.destroyed);
  EXPECT_THAT(count.statuses, SizeIs(9));
  EXPECT_THAT(count.statuses, Each(WAX_E_CANCELLED));
  ASSERT_THAT(answers, SizeIs(1));
  EXPECT_EQ(answers[0].status.code(), Code::Unavailable);
  // What the host was still busy with finds nobody.
  run([&] {
    for (auto& read : sink_.reads) {
      read(std::vector<Row>());
    }
    for (auto& commit : sink_.commits) {
      commit(Status::ok());
    }
    for (auto& proxy : sink_.proxies) {
      proxy(Lease{});
    }
  });
  pass(Millis(100'000));
  EXPECT_THAT(count.statuses, SizeIs(9));
  session_ = nullptr;
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_F(EngineSessionTest, PendingReadsOfTheHostAreCancelledToo) {
  open();
  Count count;
  script().on_invoke = [&](ScriptedEngine& engine, const wax_request&, wax_call* call) {
    wax_kv key{};
    key.struct_size = sizeof key;
    key.space = {"creds", 5};
    engine.store().get(
        engine.host, engine.session, &key, 1,
        [](void* user, wax_status status, const wax_kv*, std::uint32_t, const wax_error*) noexcept {
          static_cast<Count*>(user)->add(status);
        },
        &count);
    engine.answer(call);
  };
  script().on_destroy = [&](ScriptedEngine&) { count.destroyed = true; };
  invoke();
  ASSERT_THAT(sink_.reads, SizeIs(1));
  EXPECT_TRUE(close());
  EXPECT_THAT(count.statuses, ::testing::ElementsAre(WAX_E_CANCELLED));
  run([&] { sink_.reads[0](std::vector<Row>()); });
  EXPECT_THAT(count.statuses, SizeIs(1));
}

// A gate between the test and the blocking pool.
struct Gate {
  std::mutex mutex;
  std::condition_variable changed;
  bool entered = false;
  bool open = false;

  void wait_inside() {
    std::unique_lock lock(mutex);
    entered = true;
    changed.notify_all();
    changed.wait(lock, [this] { return open; });
  }
  void wait_entered() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return entered; });
  }
  void let_go() {
    const std::lock_guard lock(mutex);
    open = true;
    changed.notify_all();
  }
};

struct Job {
  Gate gate;
  Count count;
};

TEST_F(EngineSessionTest, WaitsForOffloadedWork) {
  open();
  Job job;
  script().on_invoke = [&](ScriptedEngine& engine, const wax_request&, wax_call* call) {
    EXPECT_EQ(engine.executor().offload(
                  engine.host, engine.session,
                  [](void* user) noexcept { static_cast<Job*>(user)->gate.wait_inside(); },
                  [](void* user, wax_status status) noexcept {
                    static_cast<Job*>(user)->count.add(status);
                  },
                  &job),
              WAX_OK);
    engine.answer(call);
  };
  script().on_destroy = [&](ScriptedEngine&) { job.count.destroyed = true; };
  invoke();
  job.gate.wait_entered();
  bool closed = false;
  run([&] { session_->close([&] { closed = true; }); });
  session_ = nullptr;
  pass(Millis(1'000));
  EXPECT_FALSE(closed);
  EXPECT_FALSE(job.count.destroyed);
  job.gate.let_go();
  while (!closed) {
    pass(Millis(10));
    std::this_thread::yield();
  }
  EXPECT_TRUE(job.count.destroyed);
  EXPECT_THAT(job.count.statuses, ::testing::ElementsAre(WAX_E_CANCELLED));
}

TEST_F(EngineSessionTest, EndsAnEngineThatNeverStopsPosting) {
  struct Storm {
    ScriptedEngine engine;
    int posts = 0;
    static void again(void* user, wax_status) noexcept {
      auto& storm = *static_cast<Storm*>(user);
      ++storm.posts;
      storm.engine.executor().post(storm.engine.host, storm.engine.session, &Storm::again, user);
    }
  };
  Storm storm;
  open();
  script().on_invoke = [&](ScriptedEngine& engine, const wax_request&, wax_call* call) {
    storm.engine = engine;
    engine.answer(call);
  };
  invoke();
  run([&] {
    Storm::again(&storm, WAX_OK);
    session_->close([this] { closed_ = true; });
  });
  session_ = nullptr;
  EXPECT_TRUE(closed_);
  EXPECT_EQ(script().alive, 0);
  // And the stack of a thread that posts to the dead session is not filled.
  const int before = storm.posts;
  Storm::again(&storm, WAX_OK);
  EXPECT_LT(storm.posts, before + 100);
}

TEST_F(EngineSessionTest, IsDeafAfterDestroy) {
  open();
  ScriptedEngine copy;
  wax_call* call = nullptr;
  wax_timer* timer = nullptr;
  script().on_invoke = [&](ScriptedEngine& engine, const wax_request&, wax_call* pending) {
    copy = engine;
    call = pending;
    timer = engine.executor().timer_start(
        engine.host, engine.session, 1'000, 0, [](void*, wax_status) noexcept {}, nullptr);
  };
  invoke();
  ASSERT_TRUE(close());

  Count count;
  run([&] {
    copy.executor().post(copy.host, copy.session, count_task, &count);
    EXPECT_EQ(copy.executor().offload(
                  copy.host, copy.session, [](void*) noexcept { FAIL(); }, count_task, &count),
              WAX_E_CANCELLED);
    EXPECT_EQ(copy.executor().timer_start(copy.host, copy.session, 0, 0, count_task, &count),
              nullptr);
    copy.executor().timer_cancel(copy.host, timer);
    EXPECT_EQ(copy.executor().on_loop(copy.host, copy.session), 0);
    EXPECT_EQ(copy.emit("{}"), WAX_E_CANCELLED);
    copy.report().set_qr(copy.host, copy.session, {"x", 1}, 1);
    EXPECT_EQ(copy.host->call_cancelled(copy.host, call), 1);
    copy.answer(call);
  });
  EXPECT_THAT(count.statuses, ::testing::ElementsAre(WAX_E_CANCELLED));
  EXPECT_THAT(sink_.qr, IsEmpty());
  EXPECT_GE(counted(Misbehaviour::LateCall), 4U);
  EXPECT_EQ(counted(Misbehaviour::LateAnswer), 1U);
}

TEST_F(EngineSessionTest, AnAnswerThatMeetsTheEndIsNoMisbehaviour) {
  open();
  wax_call* call = nullptr;
  script().on_invoke = [&](ScriptedEngine&, const wax_request&, wax_call* pending) {
    call = pending;
  };
  // The engine answers when its timer is cancelled: close() has answered already.
  script().on_start = [&](ScriptedEngine& engine, wax_call* started) {
    struct Late {
      ScriptedEngine engine;
      wax_call** call;
    };
    engine.executor().timer_start(
        engine.host, engine.session, 60'000, 0,
        [](void* user, wax_status) noexcept {
          const std::unique_ptr<Late> late(static_cast<Late*>(user));
          late->engine.answer(*late->call);
        },
        new Late{engine, &call});
    engine.answer(started);
  };
  run([&] { session_->start(Millis(1'000), [](const Answer&) {}); });
  const auto answers = invoke();
  ASSERT_TRUE(close());
  EXPECT_THAT(*answers, SizeIs(1));
  EXPECT_EQ(counted(Misbehaviour::DoubleAnswer), 0U);
}

// Threads of the plugin's own that have not noticed the end: under ThreadSanitizer above all.
TEST_F(EngineSessionTest, OutlivesThreadsThatGoOnCalling) {
  runtime::Loop real("real");
  real.start();
  for (int round = 0; round < 5; ++round) {
    std::shared_ptr<plugin_host::EngineSession> session;
    ScriptedEngine copy;
    script().on_create = [&](ScriptedEngine& engine, wax_error*) {
      copy = engine;
      return WAX_OK;
    };
    Gate made;
    real.post([&] {
      auto result = plugin_host::EngineSession::create(module_, module_->engines().front(), params_,
                                                       real, sink_);
      session = std::move(result).value();
      made.let_go();
    });
    made.wait_inside();
    std::atomic<bool> stop{false};
    std::atomic<int> posted{0};
    std::atomic<int> called{0};
    std::vector<std::thread> threads;
    for (int n = 0; n < 2; ++n) {
      threads.emplace_back([&] {
        while (!stop) {
          ++posted;
          copy.executor().post(
              copy.host, copy.session,
              [](void* user, wax_status) noexcept { ++*static_cast<std::atomic<int>*>(user); },
              &called);
          copy.report().set_presence(copy.host, copy.session, 1);
        }
      });
    }
    Gate closed;
    real.post([&] { session->close([&] { closed.let_go(); }); });
    closed.wait_inside();
    stop = true;
    for (std::thread& thread : threads) {
      thread.join();
    }
    Gate quiet;
    real.post([&] { quiet.let_go(); });
    quiet.wait_inside();
    EXPECT_EQ(called, posted) << "every callback exactly once";
  }
  real.stop();
}

}  // namespace
}  // namespace waxwing::testing
