// SPDX-License-Identifier: Apache-2.0
// A host around the plugin under test: the server's tables, one loop, a clock moved by hand.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/metrics.hpp"
#include "check.hpp"
#include "plugin/module.hpp"
#include "plugin/services.hpp"
#include "runtime/blocking_pool.hpp"
#include "runtime/loop.hpp"

namespace waxwing::plugin_check {

// Maps the file as the server does and gives its entry. Fails the test if that fails.
[[nodiscard]] wax_module_v1_fn map_plugin(const std::string& file, void** handle = nullptr);

class Lab {
 public:
  // Initialises the plugin, seen through the shim.
  explicit Lab(const Subject& subject);
  // Shuts it down.
  ~Lab();
  Lab(const Lab&) = delete;
  Lab& operator=(const Lab&) = delete;

  [[nodiscard]] plugin_host::Module& module() noexcept { return *module_; }
  [[nodiscard]] const std::shared_ptr<plugin_host::Module>& shared_module() const noexcept {
    return module_;
  }
  [[nodiscard]] const plugin_host::EngineInfo& engine(const std::string& id) const;
  [[nodiscard]] runtime::Loop& loop() noexcept { return loop_; }
  [[nodiscard]] const std::string& schemas() const noexcept { return schemas_; }

  // Runs `task` on the loop and what follows from it at once.
  void run(const std::function<void()>& task);
  // Lets `span` pass, running what falls due.
  void pass(Millis span);
  // The same until `done`, at most for `limit`; false when that was not enough. No time passes
  // while a worker thread works, unless it works for seconds.
  bool pass_until(const std::function<bool()>& done, Millis limit);
  // What falls due later is due at once.
  void jump(Millis span);

  // Fails the test when the border counted misbehaviour of the kinds that no plugin may show.
  void expect_good_behaviour() const;

 private:
  ManualClock clock_;
  Metrics metrics_;
  runtime::BlockingPool pool_;
  plugin_host::Services services_;
  runtime::Loop loop_;
  std::shared_ptr<plugin_host::Module> module_;
  std::string schemas_;
};

}  // namespace waxwing::plugin_check
