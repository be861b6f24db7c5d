// SPDX-License-Identifier: Apache-2.0
// Group probe: an engine that says whether the machine has what it needs.
#include <chrono>
#include <thread>

#include "lab.hpp"
#include "plugin/host_tables.hpp"
#include "process_state.hpp"
#include "requests.hpp"

namespace waxwing::plugin_check {
namespace {

constexpr std::chrono::seconds kPatience(10);

// Asks as the server does, on a thread that is no loop.
struct Answer {
  Answer(Lab& lab, const Run& run) {
    auto& module = lab.module();
    const auto ask = module.engine_factory().probe;
    if (ask == nullptr) {
      skip("the engine has no probe");
    }
    const std::string config =
        run.subject.config.empty()
            ? config_from_schema(lab.engine(run.target).config_schema, run.tmp)
            : run.subject.config;
    const auto began = std::chrono::steady_clock::now();
    std::thread([&] {
      status = ask(module.context(), run.target.c_str(), plugin_host::to_abi(config), &error);
    }).join();
    took = std::chrono::steady_clock::now() - began;
  }

  wax_status status = WAX_OK;
  wax_error error = plugin_host::empty_error();
  std::chrono::steady_clock::duration took{};
};

Verdict answers(const Run& run) {
  Lab lab(run.subject);
  const Answer first(lab, run);
  expect(first.took < kPatience, "probe() took more than 10 seconds");
  if (first.status != WAX_OK) {
    expect(first.status < 0,
           "probe() returned " + std::to_string(first.status) + ", no wax_status");
    expect(first.error.message[0] != '\0',
           "probe() failed and does not say what is missing: err has no message");
  }
  const Answer second(lab, run);
  expect(second.status == first.status, "probe() answers differently when it is asked again");
  return pass(first.status == WAX_OK ? "available" : first.error.message);
}

Verdict leaves_nothing(const Run& run) {
  Lab lab(run.subject);
  const ProcessState state = ProcessState::now();
  const std::size_t threads = thread_count();
  const auto files = open_files();
  (void)Answer(lab, run);
  expect(threads_fall_to(threads), "probe() left a thread");
  for (const auto& [fd, target] : open_files()) {
    expect(files.contains(fd), "probe() left a descriptor open: " + target);
  }
  const std::string changed = state.difference(ProcessState::now());
  expect(changed.empty(), "probe() changed " + changed);
  return pass();
}

}  // namespace

std::vector<Test> probe_tests() {
  return {{"probe.answers", "B7", Needs::Engine, 30, answers},
          {"probe.leaves-nothing", "WP-19", Needs::Engine, 30, leaves_nothing}};
}

}  // namespace waxwing::plugin_check
