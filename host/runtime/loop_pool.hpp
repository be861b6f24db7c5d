// SPDX-License-Identifier: Apache-2.0
// The loops of the server, their share of sessions, and the watchdog that times them.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "runtime/loop.hpp"

namespace waxwing {
class Metrics;
}

namespace waxwing::runtime {

class LoopPool {
 public:
  // `count` 0 = one per core.
  LoopPool(std::size_t count, Metrics& metrics, const Clock& clock = Clock::system());
  ~LoopPool();
  LoopPool(const LoopPool&) = delete;
  LoopPool& operator=(const LoopPool&) = delete;

  void start();  // [main-thread]
  void stop();   // [main-thread]

  // The loop with the fewest tenants; give it back with release(). [any-thread]
  [[nodiscard]] Loop& acquire();
  void release(const Loop& loop);
  [[nodiscard]] std::size_t size() const noexcept { return slots_.size(); }
  [[nodiscard]] Loop& at(std::size_t index) { return *slots_[index]->loop; }

 private:
  struct Slot {
    std::unique_ptr<Loop> loop;
    std::atomic<int> tenants{0};
  };

  void watch();

  Metrics& metrics_;
  std::vector<std::unique_ptr<Slot>> slots_;
  std::mutex mutex_;  // guards stopping_
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread watchdog_;
};

}  // namespace waxwing::runtime
