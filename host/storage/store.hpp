// SPDX-License-Identifier: Apache-2.0
// What sessions see of a storage backend: asynchronous, ordered, durable, cached.
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

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/unique_function.hpp"
#include "plugin/storage_module.hpp"

namespace waxwing::storage {

using plugin_host::KeyRef;
using plugin_host::Row;
using plugin_host::Scan;
using plugin_host::WriteOp;

// Runs a task on the caller's executor, in the order of the calls: `loop.post`. It is called from
// lane threads and from inside get/scan/commit, never under a lock.
using Post = std::function<void(Task)>;
using RowsFn = UniqueFunction<void(Result<std::vector<Row>>)>;
using DoneFn = UniqueFunction<void(Status)>;
using NamesFn = UniqueFunction<void(Result<std::vector<std::string>>)>;
using TextFn = UniqueFunction<void(Result<std::string>)>;

class Backend;
class TenantStore;
struct TenantState;

struct StoreOptions {
  std::size_t lanes = 0;  // threads; 0 = min(concurrency of the module, 16)
  std::size_t max_batches_per_commit = 200;
  // Of a lane: so many commits begin as soon as there is something to commit, and then one in each
  // interval, where that gathers several batches (commit_pace.hpp). 0: none waits.
  std::size_t commits_at_once = 8;
  std::chrono::milliseconds commit_interval{5};
  // Per lane; beyond either a call is refused with Code::Unavailable.
  std::size_t max_queued_calls = 8'192;
  std::size_t max_queued_bytes = 64 << 20;
  std::size_t cache_bytes_per_tenant = 32 << 10;
  // Of all tenants together; when it is reached a tenant makes room in its own cache first.
  std::size_t cache_bytes_total = 64 << 20;
  const Clock* clock = &Clock::system();
  // After every commit, on the lane's thread: how long it took and how many batches it carried.
  std::function<void(std::chrono::nanoseconds took, std::size_t batches)> on_commit = {};
};

struct StoreCounters {
  std::uint64_t batches = 0;  // that were answered
  std::uint64_t commits = 0;  // calls of the module that carried them
  std::uint64_t failed = 0;   // batches not Ok and not a conflict
  std::uint64_t reads = 0;    // that went to the module
  std::uint64_t refused = 0;  // because a queue was full
  std::uint64_t cache_hits = 0;
  std::size_t queued = 0;  // calls waiting now
  std::size_t cache_bytes = 0;
};

// One backend. Owns the module and the lane threads. [any-thread] unless said otherwise.
class Store {
 public:
  // Opens the module (this blocks) and starts the lanes. [main-thread]
  static Result<std::shared_ptr<Store>> open(std::unique_ptr<plugin_host::StorageModule> module,
                                             StoreOptions options = {});
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // A handle to one tenant's rows whose answers arrive through `post`. All handles of one tenant
  // share order and cache. Cheap until the first row is cached.
  [[nodiscard]] TenantStore tenant(std::string_view name, Post post);

  void list_tenants(const Post& post, NamesFn done);
  // The module's own health and size, a JSON object.
  void stats(const Post& post, TextFn done);

  [[nodiscard]] StoreCounters counters() const;
  [[nodiscard]] const plugin_host::StorageInfo& info() const noexcept;
  // Commits what is queued, answers it, ends the lanes and closes the module; idempotent. Calls
  // made later are answered Code::Unavailable. Blocks. [main-thread]
  void flush_and_close();

 private:
  struct Impl;
  explicit Store(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

// One tenant of a store: what a session holds. A copyable handle; it may outlive the store, whose
// calls then answer Code::Unavailable. [any-thread]
//
// Answers arrive through the handle's Post, never inside the call unless Post itself does that, in
// the order of the calls. Reads see the tenant's own earlier writes. Work that is under way when
// the last handle goes away is still done and answered: capture weak pointers.
class TenantStore {
 public:
  TenantStore() = default;  // empty; only assignment is allowed

  // The rows in the order of `keys`; missing ones are left out.
  void get(std::vector<KeyRef> keys, RowsFn done) const;
  // In key order (or its reverse). Page on with `after` = the last key while rows keep coming.
  void scan(Scan scan, RowsFn done) const;
  // All or nothing. Ok = durable. Code::Conflict when a condition failed, Code::Invalid for a value
  // larger than the backend takes, Code::Unavailable when the medium refuses or the queue is full;
  // in every such case nothing has changed.
  void commit(std::vector<WriteOp> ops, DoneFn done) const;
  // Erases every row of the tenant, durably, but those in spaces that start with `keep`; with an
  // empty one all go.
  void drop(std::string keep, DoneFn done) const;

  [[nodiscard]] const std::string& name() const noexcept;
  explicit operator bool() const noexcept { return state_ != nullptr; }

 private:
  friend class Store;
  TenantStore(std::shared_ptr<TenantState> state, Post post);

  std::shared_ptr<TenantState> state_;
  Post post_;
};

}  // namespace waxwing::storage
