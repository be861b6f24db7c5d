// SPDX-License-Identifier: Apache-2.0
// Group load: mapping, init() and shutdown(), and what they leave behind.
#include <dlfcn.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <ctime>
#include <sstream>
#include <sys/mman.h>

#include "lab.hpp"
#include "process_state.hpp"
#include "shim.hpp"

namespace waxwing::plugin_check {
namespace {

// The server's surroundings, before any plugin is there.
struct Surroundings {
  ManualClock clock;
  Metrics metrics{"check_", {}};
  runtime::BlockingPool pool{1, 100};
  plugin_host::Services services{pool, metrics, clock};

  std::shared_ptr<plugin_host::Module> adopt(wax_module_v1_fn entry, const std::string& file) {
    auto module = plugin_host::Module::adopt(entry, file, services);
    expect_ok(module ? Status::ok() : module.error(), "the module is refused");
    return std::move(module).value();
  }
};

Verdict accepted(const Run& run) {
  Surroundings host;
  const auto module = plugin_host::Module::load(run.subject.file, "", host.services);
  expect_ok(module ? Status::ok() : module.error(), "the server refuses the file");
  return pass((*module)->id() + " " + (*module)->version() + ", ABI " + (*module)->abi());
}

std::int64_t cpu_ms() {
  timespec t{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return t.tv_sec * 1000 + t.tv_nsec / 1'000'000;
}

Verdict quick(const Run& run) {
  // The best of a few, since a machine that does other things may be the cause of a slow one.
  constexpr int kTries = 5;
  constexpr std::int64_t kAllowedMs = 50;
  std::int64_t wall_ms = 0;
  std::int64_t computing_ms = 0;
  for (int i = 0; i < kTries; ++i) {
    Surroundings host;
    const auto wall = std::chrono::steady_clock::now();
    const std::int64_t cpu = cpu_ms();
    const auto module = host.adopt(map_plugin(run.subject.file), run.subject.file);
    computing_ms = cpu_ms() - cpu;
    wall_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                  std::chrono::steady_clock::now() - wall)
                  .count();
    if (wall_ms < kAllowedMs) {
      break;
    }
  }
  const std::string took = std::to_string(wall_ms) + " ms until init() returned";
  const std::string allowed = "; " + std::to_string(kAllowedMs) + " are allowed";
  if (computing_ms >= kAllowedMs) {
    fail(took + ", " + std::to_string(computing_ms) + " ms of them computing" + allowed);
  }
  return wall_ms >= kAllowedMs ? warn(took + allowed) : pass(took);
}

Verdict starts_nothing(const Run& run) {
  Surroundings host;
  const std::size_t threads = thread_count();
  const auto files = open_files();
  const auto module = host.adopt(map_plugin(run.subject.file), run.subject.file);
  expect(thread_count() == threads, "a thread was started before init() returned");
  for (const auto& [fd, target] : open_files()) {
    expect(files.contains(fd), "init() left a descriptor open: " + target);
  }
  return pass();
}

Verdict silent(const Run& run) {
  const int capture = ::memfd_create("capture", MFD_CLOEXEC);
  const int out = ::dup(STDOUT_FILENO);
  const int err = ::dup(STDERR_FILENO);
  ::dup2(capture, STDOUT_FILENO);
  ::dup2(capture, STDERR_FILENO);
  {
    Surroundings host;
    host.adopt(map_plugin(run.subject.file), run.subject.file)->shutdown();
  }
  std::fflush(nullptr);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(err, STDERR_FILENO);
  std::string text(static_cast<std::size_t>(::lseek(capture, 0, SEEK_END)), '\0');
  const ssize_t got = ::pread(capture, text.data(), text.size(), 0);
  ::close(capture);
  expect(got == static_cast<ssize_t>(text.size()), "the output cannot be read back");
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    // The host's own remarks about the plugin are none of its output.
    expect(line.find(" plugin.") != std::string::npos,
           "was written to stdout or stderr instead of wax.host.log/1: " + line);
  }
  return pass();
}

Verdict again(const Run& run) {
  Surroundings host;
  const wax_module_v1_fn entry = map_plugin(run.subject.file);
  for (int i = 0; i < 3; ++i) {
    host.adopt(entry, run.subject.file)->shutdown();
  }
  expect(entry() == entry(), WAX_MODULE_SYMBOL " gives another module each time");
  return pass();
}

Verdict unused(const Run& run) {
  Surroundings host;
  const wax_module_v1_fn entry = map_plugin(run.subject.file);
  const std::size_t threads = thread_count();
  const auto files = open_files();
  host.adopt(entry, run.subject.file)->shutdown();
  expect(threads_fall_to(threads), "a thread is left after shutdown()");
  for (const auto& [fd, target] : open_files()) {
    expect(files.contains(fd), "a descriptor is left after shutdown(): " + target);
  }
  return pass();
}

Verdict unmapped(const Run& run) {
  void* handle = nullptr;
  const wax_module_v1_fn entry = map_plugin(run.subject.file, &handle);
  if ((entry()->flags & WAX_MODULE_UNLOADABLE) == 0) {
    skip("the module does not say WAX_MODULE_UNLOADABLE");
  }
  {
    Surroundings host;
    host.adopt(entry, run.subject.file)->shutdown();
  }
  ::dlclose(handle);
  expect(!is_mapped(run.subject.file),
         "says WAX_MODULE_UNLOADABLE and is still mapped after dlclose()");
  return pass();
}

Verdict keeps_process(const Run& run) {
  const ProcessState before = ProcessState::now();
  {
    Surroundings host;
    host.adopt(map_plugin(run.subject.file), run.subject.file)->shutdown();
  }
  const std::string changed = before.difference(ProcessState::now());
  expect(changed.empty(), "loading changed " + changed);
  return pass();
}

}  // namespace

std::vector<Test> load_tests() {
  return {{"load.accepted", "B16", Needs::File, 20, accepted},
          {"load.quick", "WP-2", Needs::Module, 20, quick},
          {"load.starts-nothing", "WP-2", Needs::Module, 20, starts_nothing},
          {"load.silent", "WP-2", Needs::Module, 20, silent},
          {"load.init-again-after-shutdown", "B7", Needs::Module, 20, again},
          {"load.shutdown-without-use", "WP-12", Needs::Module, 20, unused},
          {"load.unmapped-after-dlclose", "WP-12", Needs::Module, 20, unmapped},
          {"load.keeps-process-state", "WP-19", Needs::Module, 20, keeps_process}};
}

}  // namespace waxwing::plugin_check
