// SPDX-License-Identifier: Apache-2.0
// Group faults: a host that refuses events, a store or proxy that fails, a clock that jumps.
#include "scene.hpp"
#include "shim.hpp"

namespace waxwing::plugin_check {
namespace {

void ask_everything(Scene& scene, const Run& run) {
  for (const auto& op : scene.info.ops) {
    for (const std::string& request : valid_requests(run.subject.schemas, op)) {
      scene.actor.send(op.name, request);
    }
  }
}

// The event queue is full for a while: the engine waits instead of trying on and on, and goes on
// when it is told to.
Verdict events_refused(const Run& run) {
  constexpr std::uint32_t kRoom = 2;
  constexpr std::uint64_t kMostAttempts = 2'000;
  Scene scene(run, kRoom);
  scene.bring_up();
  if (!scene.actor.working()) {
    skip("the engine does not log in by itself, so it has no events");
  }
  scene.actor.hold_commits = true;
  const std::uint64_t before = Shim::refused_emits;
  for (int i = 0; i < 10; ++i) {
    ask_everything(scene, run);
    scene.lab.pass(Millis(200));
  }
  scene.lab.pass(Millis(10'000));
  const std::uint64_t refused = Shim::refused_emits - before;
  expect(refused <= kMostAttempts,
         "emit() was refused " + std::to_string(refused) +
             " times without a resume() between; the engine does not wait for it");
  scene.actor.release_commits();
  scene.lab.pass(Millis(10'000));
  expect(scene.actor.working(), "a full event queue ended the session");
  expect(scene.actor.invoke("x-check.unknown").status.code() == Code::Unsupported,
         "the engine no longer answers after its event queue was full");
  scene.end();
  return pass("emit() was refused " + std::to_string(Shim::refused_emits) + " times");
}

Verdict store_fails(const Run& run) {
  Scene scene(run);
  scene.actor.store_failure = Status(Code::Unavailable, "the disk is full");
  scene.actor.expect_created();
  scene.actor.start();
  scene.lab.pass(Millis(30'000));
  ask_everything(scene, run);
  scene.lab.pass(Millis(40'000));
  expect(scene.actor.complaint().empty(), "the engine reported " + scene.actor.complaint());
  scene.actor.stop();
  // The disk has room again: a new start works as the first one would have.
  scene.actor.store_failure = Status::ok();
  scene.actor.close();
  Actor again(scene.lab, scene.info, scene.store, {"default", scene.config, 1000});
  again.expect_created();
  again.bring_up();
  expect(again.state() != WAX_SESSION_FAILED, "the session stays FAILED after the store recovered");
  again.stop();
  again.close();
  scene.lab.expect_good_behaviour();
  return pass();
}

Verdict store_fails_later(const Run& run) {
  Scene scene(run);
  scene.bring_up();
  scene.actor.store_failure = Status(Code::Unavailable, "the disk is full");
  ask_everything(scene, run);
  scene.lab.pass(Millis(40'000));
  scene.actor.store_failure = Status::ok();
  scene.lab.pass(Millis(10'000));
  ask_everything(scene, run);
  scene.lab.pass(Millis(40'000));
  scene.end();
  return pass();
}

Verdict store_slow(const Run& run) {
  Scene scene(run);
  scene.actor.store_delay = Millis(5'000);
  scene.actor.expect_created();
  scene.actor.start();
  scene.lab.pass(Millis(1'000));
  expect_ok(scene.actor.stop().status, "stop with a slow store failed");
  const std::uint64_t words = scene.actor.words();
  scene.lab.pass(Millis(20'000));
  expect(scene.actor.words() == words,
         "an answer of the store that came after stop() woke the engine up (WP-10)");
  scene.actor.close();
  scene.expect_clean();
  return pass();
}

Verdict no_proxy(const Run& run) {
  Scene scene(run);
  scene.actor.proxy_failure = Status(Code::Unavailable, "no proxy is left");
  scene.actor.expect_created();
  scene.actor.start();
  scene.lab.pass(Millis(30'000));
  scene.actor.stop();
  scene.actor.close();
  scene.expect_clean();
  return pass();
}

Verdict clock_jumps(const Run& run) {
  Scene scene(run);
  scene.bring_up();
  for (const Millis by : {Millis(60'000), Millis(3'600'000), Millis(86'400'000)}) {
    scene.lab.jump(by);
    scene.lab.pass(Millis(1'000));
  }
  expect(scene.actor.complaint().empty(), "the engine reported " + scene.actor.complaint());
  scene.end();
  return pass();
}

}  // namespace

std::vector<Test> fault_tests() {
  return {{"faults.events-refused", "WP-15", Needs::Engine, 60, events_refused},
          {"faults.store-fails", "WP-14", Needs::Engine, 60, store_fails},
          {"faults.store-fails-later", "WP-14", Needs::Engine, 60, store_fails_later},
          {"faults.store-slow", "WP-10", Needs::Engine, 30, store_slow},
          {"faults.no-proxy", "B12", Needs::Engine, 30, no_proxy},
          {"faults.clock-jumps", "WP-4", Needs::Engine, 30, clock_jumps}};
}

}  // namespace waxwing::plugin_check
