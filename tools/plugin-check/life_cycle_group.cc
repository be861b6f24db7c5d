// SPDX-License-Identifier: Apache-2.0
// Group life cycle: objects come and go, start and stop in every order.
#include <algorithm>

#include "process_state.hpp"
#include "scene.hpp"

namespace waxwing::plugin_check {
namespace {

Verdict create_destroy(const Run& run) {
  constexpr int kRounds = 1000;
  constexpr std::uint64_t kAllowance = 64 * 1024;  // for what the host's tables keep
  Scene scene(run);
  const auto rounds = [&](int count) {
    for (int i = 0; i < count; ++i) {
      Actor actor(scene.lab, scene.info, scene.store, {"s" + std::to_string(i), scene.config, 10});
      actor.expect_created();
      actor.close();
    }
  };
  rounds(kRounds / 10);
  const auto files = open_files().size();
  const std::size_t threads = thread_count();
  const std::uint64_t before = heap_bytes();
  rounds(kRounds);
  const std::uint64_t after = heap_bytes();
  expect(open_files().size() <= files, "descriptors are left after destroy()");
  expect(threads_fall_to(threads), "threads are left after destroy()");
  expect(after <= before + kAllowance,
         std::to_string((after - before) / kRounds) + " octets are left after each destroy()");
  scene.lab.expect_good_behaviour();
  return pass();
}

Verdict start_stop_start(const Run& run) {
  Scene scene(run);
  scene.bring_up();
  const wax_session_state first = scene.actor.state();
  for (int i = 0; i < 3; ++i) {
    expect_ok(scene.actor.stop().status, "stop failed");
    scene.actor.bring_up();
    expect(scene.actor.state() != WAX_SESSION_FAILED || first == WAX_SESSION_FAILED,
           "a second start of the same object ends in FAILED");
  }
  scene.end();
  return pass();
}

Verdict quiet_after_stop(const Run& run) {
  Scene scene(run);
  scene.bring_up();
  expect_ok(scene.actor.stop().status, "stop failed");
  scene.lab.run([] {});
  const std::uint64_t words = scene.actor.words();
  scene.lab.pass(Millis(120'000));
  expect(scene.actor.words() == words, "the engine went on reporting after stop() was answered");
  scene.actor.close();
  scene.expect_clean();
  return pass();
}

Verdict stop_while_starting(const Run& run) {
  Scene scene(run);
  for (int delay = 0; delay < 40; delay += 5) {
    Actor actor(scene.lab, scene.info, scene.store, {"default", scene.config, 100});
    actor.expect_created();
    expect_ok(actor.start().status, "start failed");
    scene.lab.pass(Millis(delay));
    expect_ok(actor.stop().status, "stop while starting failed");
    actor.close();
    expect(actor.complaint().empty(), "the engine reported " + actor.complaint());
  }
  scene.lab.expect_good_behaviour();
  return pass();
}

Verdict stop_twice(const Run& run) {
  Scene scene(run);
  scene.actor.expect_created();
  scene.actor.stop();  // never started
  scene.actor.bring_up();
  scene.actor.stop();
  scene.actor.stop();
  scene.actor.close();
  scene.expect_clean();
  return pass();
}

// A host whose stop() ran into its deadline ends the session all the same.
Verdict destroy_without_stop(const Run& run) {
  Scene scene(run);
  for (int delay = 0; delay <= 5'000; delay = delay * 2 + 1) {
    Actor actor(scene.lab, scene.info, scene.store, {"default", scene.config, 100});
    actor.expect_created();
    actor.start();
    scene.lab.pass(Millis(delay));
    actor.close();
  }
  scene.lab.pass(Millis(10'000));
  scene.lab.expect_good_behaviour();
  return pass();
}

Verdict sessions_apart(const Run& run) {
  Scene scene(run);
  MemoryStore other_store;
  Actor other(scene.lab, scene.info, other_store, {"other", scene.config, 1000});
  scene.bring_up();
  other.expect_created();
  other.bring_up();
  const wax_session_state state = other.state();
  expect_ok(scene.actor.stop().status, "stop failed");
  scene.actor.close();
  scene.lab.pass(Millis(1'000));
  expect(other.state() == state || other.state() != WAX_SESSION_FAILED,
         "the end of one session made another one fail");
  const Code unknown = other.invoke("x-check.unknown").status.code();
  expect(unknown == Code::Unsupported, "a session no longer answers after another one ended");
  expect_ok(other.stop().status, "stop failed");
  other.close();
  scene.expect_clean();
  return pass();
}

Verdict broken_config(const Run& run) {
  Scene scene(run);
  std::string accepted;
  // The host checks the schema first, but an older host may know fewer of its words.
  for (const char* config : {"[]", "null", "{", "\"text\"", "", "{\"\":{\"\":[]}}"}) {
    Actor actor(scene.lab, scene.info, scene.store, {"default", config, 100});
    const Status status = actor.create();
    if (status.is_ok()) {
      actor.close();
    } else if (status.message().empty()) {
      fail("create() refuses the configuration " + std::string(config) + " without a message");
    }
  }
  scene.lab.expect_good_behaviour();
  return pass();
}

Verdict logout_erases(const Run& run) {
  Scene scene(run);
  scene.bring_up();
  scene.actor.logout();  // the host goes on whatever the answer is
  scene.store.clear();
  scene.actor.close();
  Actor again(scene.lab, scene.info, scene.store, {"default", scene.config, 1000});
  again.expect_created();
  expect_ok(again.start().status, "start after logout failed");
  scene.lab.pass(Millis(1'000));
  again.stop();
  again.close();
  scene.expect_clean();
  return pass();
}

Verdict survives_restart(const Run& run) {
  Scene scene(run);
  scene.bring_up();
  if (!scene.actor.working() || scene.actor.qr_codes() == 0) {
    skip("the engine does not log in by itself after a QR code");
  }
  expect_ok(scene.actor.stop().status, "stop failed");
  scene.actor.close();
  Actor again(scene.lab, scene.info, scene.store, {"default", scene.config, 1000});
  again.expect_created();
  again.bring_up();
  expect(again.working(), "a new object with the stored data does not log in again");
  expect(again.qr_codes() == 0, "a new object with the stored data asks for a QR code again");
  expect_ok(again.stop().status, "stop failed");
  again.close();
  scene.expect_clean();
  return pass();
}

Verdict process_state(const Run& run) {
  const ProcessState before = ProcessState::now();
  Scene scene(run);
  scene.bring_up();
  scene.end();
  const std::string changed = before.difference(ProcessState::now());
  expect(changed.empty(), "a session changed " + changed);
  return pass();
}

}  // namespace

std::vector<Test> life_cycle_tests() {
  return {{"life-cycle.create-destroy", "WP-9", Needs::Engine, 30, create_destroy},
          {"life-cycle.start-stop-start", "B7", Needs::Engine, 60, start_stop_start},
          {"life-cycle.quiet-after-stop", "WP-10", Needs::Engine, 30, quiet_after_stop},
          {"life-cycle.stop-while-starting", "WP-10", Needs::Engine, 30, stop_while_starting},
          {"life-cycle.stop-twice", "WP-5", Needs::Engine, 30, stop_twice},
          {"life-cycle.destroy-without-stop", "WP-11", Needs::Engine, 30, destroy_without_stop},
          {"life-cycle.sessions-apart", "B7", Needs::Engine, 30, sessions_apart},
          {"life-cycle.broken-config", "WP-4", Needs::Engine, 20, broken_config},
          {"life-cycle.logout", "B7", Needs::Engine, 30, logout_erases},
          {"life-cycle.survives-restart", "WP-13", Needs::Engine, 30, survives_restart},
          {"life-cycle.keeps-process-state", "WP-19", Needs::Engine, 30, process_state}};
}

}  // namespace waxwing::plugin_check
