// SPDX-License-Identifier: Apache-2.0
// The host under glass.
#include "lab.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "shim.hpp"

namespace waxwing::plugin_check {
namespace {

constexpr Millis kStep(5);  // of the clock, between two looks at the queue
// Real time for the blocking pool and for threads of the plugin's own.
constexpr std::chrono::microseconds kBreath(20);
constexpr int kBreathEvery = 8;
constexpr std::chrono::seconds kWorkerPatience(10);

}  // namespace

wax_module_v1_fn map_plugin(const std::string& file, void** handle) {
  void* library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* why = ::dlerror();
    fail(std::string("cannot be loaded: ") + (why != nullptr ? why : "no reason given"));
  }
  if (handle != nullptr) {
    *handle = library;
  }
  auto* const entry = reinterpret_cast<wax_module_v1_fn>(::dlsym(library, WAX_MODULE_SYMBOL));
  expect(entry != nullptr, "has no symbol " WAX_MODULE_SYMBOL);
  return entry;
}

Lab::Lab(const Subject& subject)
    : metrics_("check_", {}),
      pool_(2, 1000),
      services_(pool_, metrics_, clock_),
      loop_("check", clock_),
      schemas_(subject.schemas) {
  auto module =
      plugin_host::Module::adopt(Shim::around(map_plugin(subject.file)), subject.file, services_);
  expect_ok(module ? Status::ok() : module.error(), "the module is refused");
  module_ = std::move(module).value();
}

Lab::~Lab() {
  loop_.run_ready_for_test();
  pool_.stop();
  loop_.run_ready_for_test();
  module_->shutdown();
}

const plugin_host::EngineInfo& Lab::engine(const std::string& id) const {
  for (const auto& engine : module_->engines()) {
    if (engine.id == id) {
      return engine;
    }
  }
  fail("the engine " + id + " is gone");
}

void Lab::run(const std::function<void()>& task) {
  loop_.post([&task] { task(); });
  loop_.run_ready_for_test();
}

void Lab::pass(Millis span) {
  pass_until([] { return false; }, span);
}

bool Lab::pass_until(const std::function<bool()>& done, Millis limit) {
  const auto patience = std::chrono::steady_clock::now() + kWorkerPatience;
  loop_.run_ready_for_test();
  int steps = 0;
  for (Millis passed(0); !done();) {
    if (passed >= limit) {
      return false;
    }
    const Millis step = std::min(kStep, limit - passed);
    if (++steps % kBreathEvery == 0) {
      std::this_thread::sleep_for(kBreath);
    }
    // Work that blocks takes real time, and a slow machine is no slow plugin: our clock waits for
    // it.
    while (pool_.under_way() > 0 && std::chrono::steady_clock::now() < patience) {
      std::this_thread::sleep_for(kBreath);
    }
    clock_.advance(step);
    passed += step;
    loop_.run_ready_for_test();
  }
  return true;
}

void Lab::jump(Millis span) {
  clock_.advance(span);
  loop_.run_ready_for_test();
}

void Lab::expect_good_behaviour() const {
  using plugin_host::Misbehaviour;
  const auto none = [this](Misbehaviour what, const std::string& why) {
    expect(module_->misbehaviour(what) == 0, why);
  };
  none(Misbehaviour::DoubleAnswer, "a call was answered twice (WP-5)");
  none(Misbehaviour::LateAnswer, "a call was answered after its deadline (WP-5)");
  none(Misbehaviour::NoAnswer, "a call was never answered (WP-5)");
  none(Misbehaviour::WrongThread, "a function of the session's loop was called elsewhere (WP-8)");
  none(Misbehaviour::LateCall, "a session was used after its engine was destroyed (WP-11)");
}

}  // namespace waxwing::plugin_check
