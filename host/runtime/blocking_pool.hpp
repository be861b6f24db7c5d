// SPDX-License-Identifier: Apache-2.0
// A few threads for work that may block, behind a bounded queue.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "base/result.hpp"
#include "base/unique_function.hpp"

namespace waxwing::runtime {

class BlockingPool {
 public:
  BlockingPool(std::size_t threads, std::size_t max_queued);
  ~BlockingPool();
  BlockingPool(const BlockingPool&) = delete;
  BlockingPool& operator=(const BlockingPool&) = delete;

  // Code::Unavailable when the queue is full or the pool has stopped; `task` is then dropped.
  // [any-thread]
  Status submit(Task task);
  // Tasks queued or running. [any-thread]
  [[nodiscard]] std::size_t under_way() const;
  // Runs what is queued, then ends the threads. [main-thread]
  void stop();

 private:
  void work();

  const std::size_t max_queued_;
  mutable std::mutex mutex_;  // guards what follows it, but the threads
  std::condition_variable wake_;
  std::deque<Task> queue_;
  std::size_t running_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace waxwing::runtime
