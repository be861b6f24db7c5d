// SPDX-License-Identifier: Apache-2.0
// Group memory: nothing borrowed is kept, nothing grows for ever.
#include "process_state.hpp"
#include "scene.hpp"

namespace waxwing::plugin_check {
namespace {

// Everything the shim lends is unreadable after the call, in every test; here each kind is lent,
// and there is time to follow a pointer that was kept.
Verdict borrowed(const Run& run) {
  Scene scene(run);
  scene.bring_up();
  for (int round = 0; round < 5; ++round) {
    for (const auto& op : scene.info.ops) {
      for (const std::string& request : valid_requests(run.subject.schemas, op)) {
        scene.actor.store_delay = Millis(round);
        scene.actor.send(op.name, request);
      }
    }
    scene.lab.pass(Millis(2'000));
  }
  scene.lab.pass(Millis(60'000));
  scene.end();
  return pass();
}

Verdict growth(const Run& run) {
  constexpr int kCalls = 5'000;
  constexpr std::uint64_t kAllowance = 256 * 1024;
  Scene scene(run);
  scene.bring_up();
  std::vector<std::pair<std::string, std::string>> requests;
  for (const auto& op : scene.info.ops) {
    if (scene.actor.working() || (op.flags & WAX_OP_ANY_STATE) != 0) {
      for (std::string& request : valid_requests(run.subject.schemas, op)) {
        requests.emplace_back(op.name, std::move(request));
      }
    }
  }
  if (requests.empty()) {
    skip("no operation with a known request");
  }
  if (heap_bytes() == 0) {
    skip("this allocator does not count");
  }
  // What the check itself writes down is measured along, so it is given back first.
  const auto half = [&] {
    Actor actor(scene.lab, scene.info, scene.store, {"growth", scene.config, 1000});
    actor.expect_created();
    actor.bring_up();
    for (int i = 0; i < kCalls; ++i) {
      const auto& [op, request] = requests[static_cast<std::size_t>(i) % requests.size()];
      actor.invoke(op, request);
      if (i % 500 == 499) {
        scene.lab.pass(Millis(1'000));
      }
    }
    actor.stop();
    actor.close();
  };
  half();
  const std::uint64_t first = heap_bytes();
  half();
  const std::uint64_t second = heap_bytes();
  expect(second <= first + kAllowance, std::to_string(second - first) + " octets more after " +
                                           std::to_string(kCalls) + " further calls");
  return pass();
}

}  // namespace

std::vector<Test> memory_tests() {
  return {{"memory.borrowed-not-kept", "WP-7", Needs::Engine, 60, borrowed},
          {"memory.growth", "WP-9", Needs::Engine, 60, growth}};
}

}  // namespace waxwing::plugin_check
