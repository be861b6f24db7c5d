// SPDX-License-Identifier: Apache-2.0
// One event loop on one thread: posted tasks, timers, descriptor watches.
//
// The sessions of the server are spread over a fixed number of loops (runtime/loop_pool.hpp) and
// stay where they are: what runs on a session's loop needs no locks.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "base/unique_function.hpp"

namespace waxwing::runtime {

class Loop {
 public:
  using TimerId = std::uint64_t;  // 0 is none
  using WatchId = std::uint64_t;  // 0 is none
  enum Readiness : std::uint32_t { kRead = 1, kWrite = 2, kError = 4 };

  explicit Loop(std::string name, const Clock& clock = Clock::system());
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Starts the thread. [main-thread]
  void start();
  // Lets queued tasks run, then ends the thread; timers that are not due are dropped. [main-thread]
  void stop();

  // Runs `task` on the loop, after everything posted before. Tasks posted after stop() are
  // destroyed unrun. [any-thread]
  void post(Task task);
  [[nodiscard]] bool on_loop() const noexcept;
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const Clock& clock() const noexcept { return clock_; }

  // One-shot. `slack` lets the loop merge wake-ups by firing up to that much later. [loop]
  TimerId start_timer(Millis delay, Task task, Millis slack = Millis(0));
  // The task is destroyed unrun; an id that fired already is ignored. [loop]
  void cancel_timer(TimerId id);

  // Level-triggered; the descriptor stays the caller's and must outlive the watch. 0 when it cannot
  // be watched: closed, watched already, or of a kind that is never waited for. [loop]
  WatchId watch(int fd, std::uint32_t interest, std::function<void(std::uint32_t ready)> ready);
  void update_watch(WatchId id, std::uint32_t interest);
  void unwatch(WatchId id);

  // How long the task that runs now has been running; 0 when idle. [any-thread]
  [[nodiscard]] Millis busy_for() const noexcept;
  // A literal that says what the loop is doing, for the watchdog. [loop]
  void set_doing(const char* what) noexcept { doing_.store(what, std::memory_order_relaxed); }
  [[nodiscard]] const char* doing() const noexcept {
    return doing_.load(std::memory_order_relaxed);
  }

  // Runs what is ready on the calling thread, with no thread of its own, until nothing is.
  std::size_t run_ready_for_test();

 private:
  struct Impl;
  struct Timer {
    TimerId id;
    Task task;
  };

  void work();
  std::vector<Task> take_posted();
  // These three say how much they ran.
  std::size_t run_posted();
  std::size_t poll(int timeout_ms);  // 0 = does not wait, negative = as long as it takes
  std::size_t fire_due_timers();
  [[nodiscard]] int until_next_timer() const;
  template <class F>
  void run(F&& task);

  std::string name_;
  const Clock& clock_;
  std::unique_ptr<Impl> impl_;
  std::multimap<Millis, Timer> timers_;  // by deadline
  std::unordered_map<TimerId, std::multimap<Millis, Timer>::iterator> timer_ids_;
  TimerId last_id_ = 0;
  std::atomic<std::int64_t> busy_since_ms_{0};  // 0 = idle
  std::atomic<const char*> doing_{""};
};

}  // namespace waxwing::runtime
