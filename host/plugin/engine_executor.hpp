// SPDX-License-Identifier: Apache-2.0
// What one engine has running on its session's loop: tasks, work for the pool, timers, watches.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <unordered_map>

#include <waxwing/abi.h>

#include "base/result.hpp"
#include "base/unique_function.hpp"
#include "runtime/loop.hpp"

namespace waxwing::plugin_host {

class EngineSession;

// Keeps the promises of wax.host.executor: each function that was accepted is called exactly once,
// from the loop's queue, before the engine is destroyed; with WAX_E_CANCELLED when its time did not
// come.
class EngineExecutor {
 public:
  explicit EngineExecutor(EngineSession& session) noexcept : session_(session) {}
  EngineExecutor(const EngineExecutor&) = delete;
  EngineExecutor& operator=(const EngineExecutor&) = delete;

  void post(wax_task_fn fn, void* user);                                         // [any-thread]
  [[nodiscard]] Status offload(wax_work_fn work, wax_task_fn then, void* user);  // [any-thread]
  [[nodiscard]] bool working() const noexcept { return offloaded_ > 0; }         // [any-thread]

  // The rest is [loop].
  [[nodiscard]] std::uint64_t start_timer(Millis delay, Millis slack, wax_task_fn fn, void* user);
  // 0 when the descriptor cannot be watched.
  [[nodiscard]] std::uint64_t watch(int fd, std::uint32_t interest, wax_fd_fn fn, void* user);
  void update_watch(std::uint64_t id, std::uint32_t interest);
  // Ends a timer or a watch; the engine hears of it from the queue.
  void cancel(std::uint64_t id);
  // Cancels all of them.
  void end();

 private:
  // A timer or a watch.
  struct Pending {
    Task give_up;  // tells the engine that it ends
    runtime::Loop::TimerId timer = 0;
    runtime::Loop::WatchId watch = 0;
  };

  [[nodiscard]] std::optional<Pending> take(std::uint64_t id);
  void give_up(Pending pending);

  EngineSession& session_;
  std::unordered_map<std::uint64_t, Pending> pending_;
  std::atomic<std::uint32_t> offloaded_{0};  // and `then` not yet called
};

}  // namespace waxwing::plugin_host
