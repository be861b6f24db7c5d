// SPDX-License-Identifier: Apache-2.0
// Calls over the border: one answer each, at the latest by the deadline, from the loop's queue.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <thread>

#include <gmock/gmock.h>

#include "engine_session_fixture.hpp"
#include "plugin/blob.hpp"

namespace waxwing::testing {
namespace {

using plugin_host::Answer;
using plugin_host::Blob;
using plugin_host::Misbehaviour;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_F(EngineSessionTest, AnswersFromTheQueueNotFromInsideTheCall) {
  open();
  bool inside = false;
  bool answered_inside = false;
  script().on_invoke = [&](ScriptedEngine& engine, const wax_request& request, wax_call* call) {
    EXPECT_EQ(std::string(request.op.data, request.op.size), "op");
    inside = true;
    engine.answer(call);
    inside = false;
  };
  int answers = 0;
  run([&] {
    session_->invoke({"op", "{}", {}, ""}, Millis(1'000), [&](const Answer& answer) {
      ++answers;
      answered_inside = inside;
      EXPECT_TRUE(answer.status.is_ok());
      EXPECT_EQ(answer.json, "{}");
    });
  });
  EXPECT_EQ(answers, 1);
  EXPECT_FALSE(answered_inside);
}

TEST_F(EngineSessionTest, TellsWhyACallFailed) {
  open();
  script().on_invoke = [](ScriptedEngine& engine, const wax_request&, wax_call* call) {
    engine.answer(call, WAX_E_STATE, "not logged in");
  };
  const auto answers = invoke();
  ASSERT_THAT(*answers, SizeIs(1));
  EXPECT_EQ(answers->front().status.code(), Code::State);
  EXPECT_EQ(answers->front().status.message(), "not logged in");
  EXPECT_EQ(module_->calls, 1U);
  EXPECT_EQ(module_->failed_calls, 1U);
}

TEST_F(EngineSessionTest, TurnsAnUnknownStatusIntoAnInternalError) {
  open();
  script().on_invoke = [](ScriptedEngine& engine, const wax_request&, wax_call* call) {
    engine.answer(call, -999);
  };
  EXPECT_EQ(invoke()->front().status.code(), Code::Internal);
}

TEST_F(EngineSessionTest, TakesNoResponseForAFailure) {
  open();
  script().on_invoke = [](ScriptedEngine& engine, const wax_request&, wax_call* call) {
    engine.host->call_finish(engine.host, call, nullptr);
  };
  EXPECT_EQ(invoke()->front().status.code(), Code::Internal);
}

TEST_F(EngineSessionTest, AnswersForAnEngineThatDoesNot) {
  open();
  wax_call* kept = nullptr;
  ScriptedEngine* engine = nullptr;
  script().on_invoke = [&](ScriptedEngine& self, const wax_request& request, wax_call* call) {
    EXPECT_EQ(request.deadline_ms, 500U);
    kept = call;
    engine = &self;
    EXPECT_EQ(self.host->call_cancelled(self.host, call), 0);
  };
  const auto answers = invoke(Millis(500));
  pass(Millis(499));
  EXPECT_THAT(*answers, IsEmpty());
  pass(Millis(1));
  ASSERT_THAT(*answers, SizeIs(1));
  EXPECT_EQ(answers->front().status.code(), Code::Timeout);
  EXPECT_EQ(counted(Misbehaviour::NoAnswer), 1U);
  EXPECT_EQ(engine->host->call_cancelled(engine->host, kept), 1);

  run([&] { engine->answer(kept); });
  EXPECT_THAT(*answers, SizeIs(1)) << "a late answer finds nobody";
  EXPECT_EQ(counted(Misbehaviour::LateAnswer), 1U);
  EXPECT_EQ(counted(Misbehaviour::DoubleAnswer), 0U);
}

TEST_F(EngineSessionTest, DropsTheSecondAnswer) {
  open();
  script().on_invoke = [](ScriptedEngine& engine, const wax_request&, wax_call* call) {
    engine.answer(call);
    engine.answer(call, WAX_E_INTERNAL, "once more");
  };
  const auto answers = invoke();
  ASSERT_THAT(*answers, SizeIs(1));
  EXPECT_TRUE(answers->front().status.is_ok());
  EXPECT_EQ(counted(Misbehaviour::DoubleAnswer), 1U);
  pass(Millis(5'000));
  EXPECT_EQ(counted(Misbehaviour::NoAnswer), 0U) << "the deadline of an answered call is gone";
}

TEST_F(EngineSessionTest, TakesAnswersFromOtherThreads) {
  open();
  script().on_invoke = [](ScriptedEngine& engine, const wax_request&, wax_call* call) {
    std::thread([&engine, call] { engine.answer(call); }).join();
  };
  EXPECT_TRUE(invoke()->front().status.is_ok());
}

TEST_F(EngineSessionTest, RefusesFunctionsOfTheLoopElsewhere) {
  open();
  script().on_invoke = [](ScriptedEngine& engine, const wax_request&, wax_call* call) {
    std::thread([&engine] {
      const auto& executor = engine.executor();
      EXPECT_EQ(executor.on_loop(engine.host, engine.session), 0);
      EXPECT_EQ(executor.timer_start(
                    engine.host, engine.session, 1, 0, [](void*, wax_status) noexcept { FAIL(); },
                    nullptr),
                nullptr);
      EXPECT_EQ(executor.fd_watch(
                    engine.host, engine.session, 0, WAX_FD_READ,
                    [](void*, std::int32_t, std::uint32_t) noexcept { FAIL(); }, nullptr),
                nullptr);
    }).join();
    EXPECT_EQ(engine.executor().on_loop(engine.host, engine.session), 1);
    engine.answer(call);
  };
  invoke();
  EXPECT_EQ(counted(Misbehaviour::WrongThread), 2U);
}

TEST_F(EngineSessionTest, HandsOverPartsAndTakesThem) {
  open();
  std::string seen;
  script().on_invoke = [&](ScriptedEngine& engine, const wax_request& request, wax_call* call) {
    ASSERT_EQ(request.parts_count, 1U);
    const wax_bytes view = engine.blob().view(engine.host, request.parts[0].blob);
    seen.assign(reinterpret_cast<const char*>(view.data), view.size);
    wax_blob* mine = engine.blob().create(engine.host, 3);
    engine.blob().write(engine.host, mine, {reinterpret_cast<const std::uint8_t*>("png"), 3});
    engine.blob().seal(engine.host, mine);
    wax_part part{};
    part.struct_size = sizeof part;
    part.name = {"screenshot", 10};
    part.blob = mine;
    wax_response response{};
    response.struct_size = sizeof response;
    response.parts = &part;
    response.parts_count = 1;
    engine.host->call_finish(engine.host, call, &response);
    engine.blob().release(engine.host, mine);
    EXPECT_EQ(engine.blob().size(engine.host, mine), 0U) << "a released blob is nobody's";
  };
  auto file = Blob::from("hello");
  ASSERT_TRUE(file.has_value());
  const auto answers =
      invoke(Millis(1'000), {"op", "{}", {{"file", "text/plain", "a.txt", *file}}, ""});
  EXPECT_EQ(seen, "hello");
  ASSERT_THAT(answers->front().parts, SizeIs(1));
  EXPECT_EQ(answers->front().parts[0].name, "screenshot");
  EXPECT_EQ(answers->front().parts[0].blob->view(), "png");
}

TEST_F(EngineSessionTest, ReportsStateQrAndAccountInOrder) {
  open();
  script().on_start = [](ScriptedEngine& engine, wax_call* call) {
    const auto& report = engine.report();
    report.set_qr(engine.host, engine.session, {"2@code", 6}, 20'000);
    wax_state_change change{};
    change.struct_size = sizeof change;
    change.state = WAX_SESSION_FAILED;
    change.reason = {"qr_timeout", 10};
    report.set_state(engine.host, engine.session, &change);
    wax_me me{};
    me.struct_size = sizeof me;
    me.id = {"1@c.us", 6};
    report.set_me(engine.host, engine.session, &me);
    engine.answer(call);
  };
  run([&] { session_->start(Millis(1'000), [](const Answer&) {}); });
  EXPECT_THAT(sink_.qr, ElementsAre("2@code"));
  ASSERT_THAT(sink_.states, SizeIs(1));
  EXPECT_EQ(sink_.states[0].reason, "qr_timeout");
  EXPECT_EQ(sink_.me->id, "1@c.us");
}

TEST_F(EngineSessionTest, SaysWhetherSomebodyWantsAnEvent) {
  open();
  std::vector<std::int32_t> answers;
  script().on_start = [&](ScriptedEngine& engine, wax_call* call) {
    answers.push_back(engine.report().wanted(engine.host, engine.session, {"wanted", 6}));
    answers.push_back(engine.report().wanted(engine.host, engine.session, {"other", 5}));
    std::thread elsewhere([&] {
      answers.push_back(engine.report().wanted(engine.host, engine.session, {"other", 5}));
    });
    elsewhere.join();
    engine.answer(call);
  };
  run([&] { session_->start(Millis(1'000), [](const Answer&) {}); });
  EXPECT_THAT(answers, ElementsAre(1, 0, 1));
  EXPECT_EQ(counted(Misbehaviour::WrongThread), 1U);
}

TEST_F(EngineSessionTest, RefusesEventsAndSpacesThatAreNone) {
  open();
  bool done = false;
  script().on_start = [&done](ScriptedEngine& engine, wax_call* call) {
    EXPECT_EQ(engine.emit("{}", ""), WAX_E_INVALID);
    EXPECT_EQ(engine.emit("[1]"), WAX_E_INVALID);
    EXPECT_EQ(engine.emit(""), WAX_E_INVALID);
    wax_kv row{};
    row.struct_size = sizeof row;
    row.space = {"waxwing.sessions", 16};
    engine.store().commit(
        engine.host, engine.session, &row, 1, nullptr, 0,
        [](void* user, wax_status status, const wax_error* err) noexcept {
          EXPECT_EQ(status, WAX_E_INVALID);
          EXPECT_NE(err, nullptr);
          *static_cast<bool*>(user) = true;
        },
        &done);
    EXPECT_FALSE(done) << "the engine hears of it from the queue";
    engine.answer(call);
  };
  run([&] { session_->start(Millis(1'000), [](const Answer&) {}); });
  EXPECT_TRUE(done);
  EXPECT_THAT(sink_.commits, IsEmpty());
}

TEST_F(EngineSessionTest, StopsTakingEventsWhenTheQueueIsFullAndSaysWhenThereIsRoom) {
  params_.max_events = 4;
  open();
  int resumed = 0;
  script().on_resume = [&](ScriptedEngine&) { ++resumed; };
  script().on_invoke = [](ScriptedEngine& engine, const wax_request&, wax_call* call) {
    for (int i = 0; i < 4; ++i) {
      EXPECT_EQ(engine.emit("{}"), WAX_OK);
    }
    EXPECT_EQ(engine.emit("{}"), WAX_E_UNAVAILABLE);
    engine.answer(call);
  };
  invoke();
  ASSERT_THAT(sink_.commits, SizeIs(4));
  run([&] { sink_.commits[0](Status::ok()); });
  EXPECT_EQ(resumed, 0) << "room for one is not worth the trouble";
  run([&] { sink_.commits[1](Status::ok()); });
  EXPECT_EQ(resumed, 1);
  run([&] {
    sink_.commits[2](Status::ok());
    sink_.commits[3](Status::ok());
  });
  EXPECT_EQ(resumed, 1) << "once per refusal";
}

TEST_F(EngineSessionTest, LetsAnEventLargerThanTheQueuePassAlone) {
  params_.max_event_bytes = 1'000;
  open();
  int resumed = 0;
  script().on_resume = [&](ScriptedEngine&) { ++resumed; };
  const std::string large = R"({"x":")" + std::string(5'000, 'x') + R"("})";
  script().on_invoke = [&](ScriptedEngine& engine, const wax_request&, wax_call* call) {
    EXPECT_EQ(engine.emit(large), WAX_OK);
    EXPECT_EQ(engine.emit(large), WAX_E_UNAVAILABLE);
    engine.answer(call);
  };
  invoke();
  ASSERT_THAT(sink_.commits, SizeIs(1));
  run([&] { sink_.commits[0](Status::ok()); });
  EXPECT_EQ(resumed, 1);
}

TEST_F(EngineSessionTest, WatchesDescriptorsAndRefusesBadOnes) {
  open();
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
  struct Seen {
    std::vector<std::uint32_t> ready;
    wax_watch* watch = nullptr;
    int readable = -1;
  } seen;
  seen.readable = ends[0];
  script().on_invoke = [&](ScriptedEngine& engine, const wax_request&, wax_call* call) {
    const auto fn = [](void* user, std::int32_t fd, std::uint32_t ready) noexcept {
      auto& s = *static_cast<Seen*>(user);
      s.ready.push_back(ready);
      char octet = 0;
      if (ready != 0) {
        EXPECT_EQ(::read(fd, &octet, 1), 1);
      }
    };
    const auto& executor = engine.executor();
    seen.watch =
        executor.fd_watch(engine.host, engine.session, seen.readable, WAX_FD_READ, fn, &seen);
    EXPECT_NE(seen.watch, nullptr);
    EXPECT_EQ(executor.fd_watch(engine.host, engine.session, 9'999, WAX_FD_READ, fn, &seen),
              nullptr);
    EXPECT_EQ(executor.fd_watch(engine.host, engine.session, seen.readable, WAX_FD_READ, fn, &seen),
              nullptr)
        << "one watch per descriptor";
    engine.answer(call);
  };
  invoke();
  ASSERT_EQ(::write(ends[1], "ab", 2), 2);
  loop_.run_ready_for_test();
  EXPECT_THAT(seen.ready, ElementsAre(WAX_FD_READ, WAX_FD_READ)) << "level-triggered";
  script().on_invoke = [&](ScriptedEngine& engine, const wax_request&, wax_call* call) {
    engine.executor().fd_unwatch(engine.host, seen.watch);
    EXPECT_THAT(seen.ready, SizeIs(2)) << "the last word comes from the queue";
    engine.answer(call);
  };
  invoke();
  EXPECT_THAT(seen.ready, ElementsAre(WAX_FD_READ, WAX_FD_READ, 0U));
  ASSERT_EQ(::write(ends[1], "c", 1), 1);
  loop_.run_ready_for_test();
  EXPECT_THAT(seen.ready, SizeIs(3));
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_F(EngineSessionTest, NothingOfARefusedEngineReachesTheSession) {
  int cancelled = 0;
  script().on_create = [&](ScriptedEngine& engine, wax_error* err) {
    wax_state_change change{};
    change.struct_size = sizeof change;
    change.state = WAX_SESSION_WORKING;
    engine.report().set_state(engine.host, engine.session, &change);
    engine.executor().timer_start(
        engine.host, engine.session, 10, 0,
        [](void* user, wax_status status) noexcept {
          EXPECT_EQ(status, WAX_E_CANCELLED);
          ++*static_cast<int*>(user);
        },
        &cancelled);
    const std::string text = "echo.phone must be a string";
    text.copy(err->message, sizeof err->message - 1);
    return WAX_E_INVALID;
  };
  const auto made = create();
  ASSERT_FALSE(made.has_value());
  EXPECT_EQ(made.error().code(), Code::Invalid);
  EXPECT_EQ(made.error().message(), "echo.phone must be a string");
  pass(Millis(1'000));
  EXPECT_THAT(sink_.states, IsEmpty());
  EXPECT_EQ(cancelled, 1);
}

TEST_F(EngineSessionTest, RefusesATableWithoutInvokeAndFreesTheEngine) {
  script().vtable.invoke = nullptr;
  const auto made = create();
  ASSERT_FALSE(made.has_value());
  EXPECT_EQ(made.error().code(), Code::Abi);
  EXPECT_THAT(made.error().message(), HasSubstr("invoke"));
  EXPECT_EQ(script().alive, 0);
}

TEST_F(EngineSessionTest, LogsOutAnEngineThatCannotByStoppingIt) {
  open();
  int stops = 0;
  script().on_stop = [&](ScriptedEngine& engine, wax_call* call) {
    ++stops;
    engine.answer(call);
  };
  run([&] {
    session_->logout(Millis(1'000), [](const Answer& a) { EXPECT_TRUE(a.status.is_ok()); });
  });
  EXPECT_EQ(stops, 1);
  EXPECT_FALSE(session_->can_migrate());
}

}  // namespace
}  // namespace waxwing::testing
