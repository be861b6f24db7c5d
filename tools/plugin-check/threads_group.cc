// SPDX-License-Identifier: Apache-2.0
// Group threads: who calls what from where, and for how long.
#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>

#include "process_state.hpp"
#include "scene.hpp"

namespace waxwing::plugin_check {
namespace {

Verdict right_thread(const Run& run) {
  Scene scene(run);
  scene.bring_up();
  for (const auto& op : scene.info.ops) {
    for (const std::string& request : valid_requests(run.subject.schemas, op)) {
      scene.actor.send(op.name, request);
    }
  }
  scene.lab.pass(Millis(5'000));
  scene.end();  // looks at the counter of calls from the wrong thread
  return pass();
}

Verdict declared(const Run& run) {
  const bool says_so = (map_plugin(run.subject.file)()->flags & WAX_MODULE_OWN_THREADS) != 0;
  std::optional<Scene> scene(std::in_place, run);
  const std::size_t before = thread_count();
  scene->bring_up();
  const std::size_t during = thread_count();
  expect(says_so || during <= before,
         "a session has threads of its own, but the module does not say WAX_MODULE_OWN_THREADS");
  scene->end();
  expect(threads_fall_to(before), "threads are left after destroy()");
  return pass(during > before ? std::to_string(during - before) + " threads of its own" : "");
}

Verdict gone_after_shutdown(const Run& run) {
  std::thread([] {}).join();  // a sanitizer starts one of its own at the first
  const std::size_t before = thread_count();
  const auto files = open_files();
  {
    Scene scene(run);
    scene.bring_up();
    scene.end();
  }
  expect(threads_fall_to(before), "threads are left after shutdown()");
  for (const auto& [fd, target] : open_files()) {
    expect(files.contains(fd), "a descriptor is left after shutdown(): " + target);
  }
  return pass();
}

// Each call into the engine comes back at once. The best of some tries counts, because the machine
// may have other things to do.
Verdict does_not_block(const Run& run) {
  using Clock = std::chrono::steady_clock;
  constexpr auto kMost = std::chrono::milliseconds(50);
  constexpr int kTries = 5;
  Scene scene(run);
  scene.bring_up();
  const auto best_of = [&](const auto& call) {
    auto best = Clock::duration::max();
    for (int i = 0; i < kTries; ++i) {
      const auto began = Clock::now();
      call();
      best = std::min(best, Clock::now() - began);
    }
    return best;
  };
  for (const auto& op : scene.info.ops) {
    for (const std::string& request : valid_requests(run.subject.schemas, op)) {
      const auto took = best_of([&] { scene.actor.send(op.name, request); });
      expect(took < kMost, op.name + " holds the session's loop for " +
                               std::to_string(took / std::chrono::milliseconds(1)) +
                               " ms; 50 are allowed, use offload()");
    }
  }
  scene.lab.pass(Millis(1'000));
  scene.end();
  return pass();
}

}  // namespace

std::vector<Test> thread_tests() {
  return {{"threads.right-thread", "WP-8", Needs::Engine, 30, right_thread},
          {"threads.declared", "WP-12", Needs::Engine, 30, declared},
          {"threads.gone-after-shutdown", "WP-12", Needs::Engine, 30, gone_after_shutdown},
          {"threads.does-not-block", "WP-6", Needs::Engine, 30, does_not_block}};
}

}  // namespace waxwing::plugin_check
