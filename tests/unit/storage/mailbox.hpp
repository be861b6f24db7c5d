// SPDX-License-Identifier: Apache-2.0
// An executor that a test turns by hand, in the place of a session's loop.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

#include "storage/store.hpp"

namespace waxwing::testing {

class Mailbox {
 public:
  storage::Post post() {
    return [this](Task task) {
      const std::lock_guard lock(mutex_);
      tasks_.push_back(std::move(task));
      arrived_.notify_all();
    };
  }
  // Waits for `count` tasks and runs them, on this thread.
  void run(std::size_t count) {
    for (; count > 0; --count) {
      std::unique_lock lock(mutex_);
      arrived_.wait(lock, [this] { return !tasks_.empty(); });
      Task task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
    }
  }
  std::size_t waiting() {
    const std::lock_guard lock(mutex_);
    return tasks_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Task> tasks_;
};

}  // namespace waxwing::testing
