// SPDX-License-Identifier: Apache-2.0
// The thread that moves rows from the journals into the tables.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace waxwing::storage_local {

class Shard;

class Flusher {
 public:
  // `report` says that flushes fail (with the reason) and, with an empty text, that they work
  // again.
  explicit Flusher(std::function<void(const std::string& why)> report);
  // Ends the thread; the shards flush what is left by themselves.
  ~Flusher();
  Flusher(const Flusher&) = delete;
  Flusher& operator=(const Flusher&) = delete;

  // Looks at the shards, which outlive the thread, that often, and when it is woken.
  void start(const std::vector<std::unique_ptr<Shard>>& shards, std::chrono::milliseconds interval);
  // Does not wait. [any-thread]
  void wake();

 private:
  void work(const std::vector<std::unique_ptr<Shard>>& shards, std::chrono::milliseconds interval);

  const std::function<void(const std::string&)> report_;
  std::mutex mutex_;  // guards the two below
  bool woken_ = false;
  bool ending_ = false;
  std::condition_variable wake_;
  std::thread thread_;
};

}  // namespace waxwing::storage_local
