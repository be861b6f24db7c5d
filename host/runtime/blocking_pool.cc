// SPDX-License-Identifier: Apache-2.0
// The pool of blocking threads.
#include "runtime/blocking_pool.hpp"

#include <pthread.h>

#include <utility>

namespace waxwing::runtime {

BlockingPool::BlockingPool(std::size_t threads, std::size_t max_queued) : max_queued_(max_queued) {
  for (std::size_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this] { work(); });
    ::pthread_setname_np(threads_.back().native_handle(), ("pool-" + std::to_string(i)).c_str());
  }
}

BlockingPool::~BlockingPool() {
  stop();
}

Status BlockingPool::submit(Task task) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || queue_.size() >= max_queued_) {
      return {Code::Unavailable, "the server is busy: the blocking pool's queue is full"};
    }
    queue_.push_back(std::move(task));
  }
  wake_.notify_one();
  return Status::ok();
}

std::size_t BlockingPool::under_way() const {
  const std::lock_guard lock(mutex_);
  return queue_.size() + running_;
}

void BlockingPool::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) {
      thread.join();
    }
  }
}

void BlockingPool::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) {
      return;
    }
    {
      const Task task = std::move(queue_.front());
      queue_.pop_front();
      ++running_;
      lock.unlock();
      task();
    }  // what the task held goes while others may submit
    lock.lock();
    --running_;
  }
}

}  // namespace waxwing::runtime
