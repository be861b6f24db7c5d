// SPDX-License-Identifier: Apache-2.0
// A storage module behind lanes: threads that keep the order of each tenant and commit in groups.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/unique_function.hpp"
#include "plugin/storage_module.hpp"

namespace waxwing::storage {

struct LaneOptions {
  std::size_t max_batches_per_commit = 200;
  std::size_t max_queued_calls = 8'192;
  std::size_t max_queued_bytes = 64 << 20;
  // See StoreOptions for these.
  std::size_t commits_at_once = 8;
  std::chrono::milliseconds commit_interval{0};
  std::function<void(std::chrono::nanoseconds took, std::size_t batches)> on_commit;
};

// Counted by the lanes.
struct BackendCounters {
  std::atomic<std::uint64_t> batches{0};
  std::atomic<std::uint64_t> commits{0};
  std::atomic<std::uint64_t> failed{0};
  std::atomic<std::uint64_t> calls{0};
  std::atomic<std::uint64_t> refused{0};
};

// How a piece of work ends, exactly once: on the lane's thread, or, when the backend is closed,
// inside the call that handed it in. A refused one gets Code::Unavailable.
using CallFn = UniqueFunction<void(Result<plugin_host::StorageModule*>)>;
using WrittenFn =
    UniqueFunction<void(const plugin_host::BatchResult&, std::vector<plugin_host::WriteOp>& ops)>;

// One piece of work of one tenant: a batch to write, or a call of the module.
struct Job {
  std::string tenant;
  std::vector<plugin_host::WriteOp> ops;
  WrittenFn written;  // set: a batch
  CallFn call;        // set: a call
  std::size_t bytes = 0;
  Status refused;  // not Ok: answered with it when its turn comes, so that order holds even then

  [[nodiscard]] bool is_batch() const noexcept {
    return refused.is_ok() && static_cast<bool>(written);
  }
  void refuse(const Status& why);
};

class Lane;

// What a lane takes from its queue it writes as one group: under load commits grow, on an idle
// server a batch is written at once. [any-thread]
class Backend {
 public:
  // `module` is open.
  Backend(std::unique_ptr<plugin_host::StorageModule> module, std::size_t lanes,
          LaneOptions options);
  ~Backend();
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;

  // Both keep the order of the tenant's calls, also for what is refused because the lane is full.
  void write(std::string_view tenant, std::vector<plugin_host::WriteOp> ops, WrittenFn written);
  void call(std::string_view tenant, CallFn call);

  [[nodiscard]] const BackendCounters& counters() const noexcept { return counters_; }
  [[nodiscard]] std::size_t queued() const;
  [[nodiscard]] const plugin_host::StorageInfo& info() const noexcept { return module_->info(); }
  // Does what is queued, ends the threads, closes the module. Idempotent. [main-thread]
  void close();

 private:
  Lane& lane_of(std::string_view tenant) noexcept;

  std::unique_ptr<plugin_host::StorageModule> module_;
  const LaneOptions options_;
  BackendCounters counters_;
  std::vector<std::unique_ptr<Lane>> lanes_;
};

}  // namespace waxwing::storage
