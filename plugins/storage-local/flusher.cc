// SPDX-License-Identifier: Apache-2.0
// The loop of the flusher.
#include "flusher.hpp"

#include <pthread.h>

#include <utility>

#include <waxwing/plugin/storage.hpp>

#include "shard.hpp"

namespace waxwing::storage_local {

Flusher::Flusher(std::function<void(const std::string& why)> report) : report_(std::move(report)) {}

Flusher::~Flusher() {
  if (thread_.joinable()) {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }
}

void Flusher::start(const std::vector<std::unique_ptr<Shard>>& shards,
                    std::chrono::milliseconds interval) {
  thread_ = std::thread([this, &shards, interval] { work(shards, interval); });
}

void Flusher::wake() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(woken_, true)) {
      return;
    }
  }
  wake_.notify_one();
}

void Flusher::work(const std::vector<std::unique_ptr<Shard>>& shards,
                   std::chrono::milliseconds interval) {
  ::pthread_setname_np(::pthread_self(), "wax-store-flush");
  bool failing = false;
  while (true) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, interval, [this] { return ending_ || woken_; });
      if (ending_) {
        return;
      }
      woken_ = false;
    }
    std::string why;
    for (const auto& shard : shards) {
      try {
        if (shard->flush_is_due()) {
          shard->flush();
        }
      } catch (const std::exception& e) {
        why = e.what();
      }
    }
    if (!why.empty() && !failing) {
      report_(why);
    } else if (why.empty() && failing) {
      report_({});
    }
    failing = !why.empty();
  }
}

}  // namespace waxwing::storage_local
