// SPDX-License-Identifier: Apache-2.0
// Spreading tenants over loops, and noticing a loop that is stuck.
#include "runtime/loop_pool.hpp"

#include <pthread.h>

#include <algorithm>

#include "base/log.hpp"
#include "base/metrics.hpp"

namespace waxwing::runtime {
namespace {

constexpr Millis kWatchInterval(100);
constexpr Millis kStall(250);  // a task that runs longer is reported

}  // namespace

LoopPool::LoopPool(std::size_t count, Metrics& metrics, const Clock& clock) : metrics_(metrics) {
  if (count == 0) {
    count = std::max(1U, std::thread::hardware_concurrency());
  }
  for (std::size_t i = 0; i < count; ++i) {
    auto slot = std::make_unique<Slot>();
    slot->loop = std::make_unique<Loop>("loop-" + std::to_string(i), clock);
    slots_.push_back(std::move(slot));
  }
}

LoopPool::~LoopPool() {
  stop();
}

void LoopPool::start() {
  for (const auto& slot : slots_) {
    slot->loop->start();
  }
  watchdog_ = std::thread([this] { watch(); });
}

void LoopPool::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (watchdog_.joinable()) {
    watchdog_.join();
  }
  for (const auto& slot : slots_) {
    slot->loop->stop();
  }
}

Loop& LoopPool::acquire() {
  const auto fewest =
      std::min_element(slots_.begin(), slots_.end(),
                       [](const auto& a, const auto& b) { return a->tenants < b->tenants; });
  ++(*fewest)->tenants;
  return *(*fewest)->loop;
}

void LoopPool::release(const Loop& loop) {
  for (const auto& slot : slots_) {
    if (slot->loop.get() == &loop) {
      --slot->tenants;
    }
  }
}

void LoopPool::watch() {
  ::pthread_setname_np(::pthread_self(), "watchdog");
  auto& stalls = metrics_.counter("loop_stalls_total", "Tasks that held a loop over 250 ms.");
  std::vector<bool> reported(slots_.size(), false);
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, kWatchInterval, [this] { return stopping_; })) {
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      const Loop& loop = *slots_[i]->loop;
      const Millis busy = loop.busy_for();
      if (busy < kStall) {
        reported[i] = false;
      } else if (!reported[i]) {
        reported[i] = true;
        stalls.add();
        log::warn("loop.stalled",
                  {{"loop", loop.name()}, {"ms", busy.count()}, {"doing", loop.doing()}});
      }
    }
  }
}

}  // namespace waxwing::runtime
