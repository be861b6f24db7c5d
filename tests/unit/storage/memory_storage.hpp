// SPDX-License-Identifier: Apache-2.0
// A storage module in memory whose commits can be held back: the edge at which the store is tested.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <waxwing/plugin/storage.hpp>

#include "plugin/storage_module.hpp"

namespace waxwing::testing {

// What a test sees of the module; outlives it.
class MemoryControl {
 public:
  // Commits wait from now on.
  void hold() {
    const std::lock_guard lock(mutex_);
    held_ = true;
  }
  void release() {
    const std::lock_guard lock(mutex_);
    held_ = false;
    changed_.notify_all();
  }
  // Until a commit waits at the gate.
  void await_commit() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_ > 0; });
  }
  void pass_gate() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !held_; });
    --waiting_;
  }
  // Every write answers so; WAX_OK again to stop.
  void fail_writes(wax_status status) {
    const std::lock_guard lock(mutex_);
    failure_ = status;
  }
  void check_failure() {
    const std::lock_guard lock(mutex_);
    if (failure_ != WAX_OK) {
      throw plugin::Error(failure_, "the medium says no");
    }
  }

  void count_commit(std::size_t batches) {
    const std::lock_guard lock(mutex_);
    commits_.push_back(batches);
  }
  void count_read() {
    const std::lock_guard lock(mutex_);
    ++reads_;
  }
  // Sizes of the commits so far.
  std::vector<std::size_t> commits() {
    const std::lock_guard lock(mutex_);
    return commits_;
  }
  std::size_t reads() {
    const std::lock_guard lock(mutex_);
    return reads_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool held_ = false;
  int waiting_ = 0;
  wax_status failure_ = WAX_OK;
  std::vector<std::size_t> commits_;
  std::size_t reads_ = 0;
};

class MemoryStorage final : public plugin::StorageModule {
 public:
  explicit MemoryStorage(MemoryControl& control) : control_(control) {}

  void open() override {}
  std::vector<plugin::Row> get(std::string_view tenant, const plugin::KvList& keys) override {
    control_.count_read();
    const std::lock_guard lock(mutex_);
    std::vector<plugin::Row> found;
    for (std::uint32_t i = 0; i < keys.size(); ++i) {
      const auto it = rows_.find(name_of(tenant, keys[i].space, keys[i].key));
      if (it != rows_.end()) {
        found.push_back(it->second);
      }
    }
    return found;
  }
  std::vector<plugin::Row> scan(std::string_view tenant, const plugin::Scan& scan) override {
    control_.count_read();
    const std::lock_guard lock(mutex_);
    std::vector<plugin::Row> found;
    for (const auto& [name, row] : rows_) {
      if (std::get<0>(name) == tenant && row.space == scan.space && row.key > scan.after) {
        found.push_back(row);
      }
    }
    return found;
  }
  std::uint64_t apply(std::string_view tenant, const plugin::KvList& ops) override {
    plugin::Batch batch;
    batch.tenant = tenant;
    batch.ops = ops;
    std::vector<plugin::Batch> batches(1, batch);
    apply_many(batches);
    if (batches[0].status != WAX_OK) {
      throw plugin::Error(batches[0].status, batches[0].message);
    }
    return batches[0].version;
  }
  void apply_many(std::vector<plugin::Batch>& batches) override {
    control_.count_commit(batches.size());
    control_.pass_gate();
    control_.check_failure();
    const std::lock_guard lock(mutex_);
    for (plugin::Batch& batch : batches) {
      apply_batch(batch);
    }
  }
  void drop_tenant(std::string_view tenant, std::string_view keep) override {
    const std::lock_guard lock(mutex_);
    std::erase_if(rows_, [&](const auto& row) {
      const auto& [name, space, key] = row.first;
      return name == tenant && (keep.empty() || !space.starts_with(keep));
    });
  }
  std::vector<std::string> list_tenants() override {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> names;
    for (const auto& [name, row] : rows_) {
      if (names.empty() || names.back() != std::get<0>(name)) {
        names.push_back(std::get<0>(name));
      }
    }
    return names;
  }

 private:
  using Name = std::tuple<std::string, std::string, std::string>;
  static Name name_of(std::string_view tenant, std::string_view space, std::string_view key) {
    return {std::string(tenant), std::string(space), std::string(key)};
  }

  void apply_batch(plugin::Batch& batch) {
    for (std::uint32_t i = 0; i < batch.ops.size(); ++i) {
      const plugin::Kv op = batch.ops[i];
      if (op.has(WAX_KV_IF_ABSENT) && rows_.count(name_of(batch.tenant, op.space, op.key)) != 0) {
        batch.fail(WAX_E_CONFLICT, "exists");
        return;
      }
    }
    const std::uint64_t version = ++version_;
    for (std::uint32_t i = 0; i < batch.ops.size(); ++i) {
      const plugin::Kv op = batch.ops[i];
      const Name name = name_of(batch.tenant, op.space, op.key);
      if (op.has(WAX_KV_DELETE)) {
        rows_.erase(name);
      } else if (op.has(WAX_KV_DELETE_PREFIX)) {
        std::erase_if(rows_, [&](const auto& entry) {
          return std::get<0>(entry.first) == batch.tenant && entry.second.space == op.space &&
                 entry.second.key.starts_with(op.key);
        });
      } else {
        rows_[name] = {std::string(op.space), std::string(op.key), std::string(op.value), version,
                       op.expires_at_ms};
      }
    }
    batch.succeed(version);
  }

  MemoryControl& control_;
  std::mutex mutex_;
  std::map<Name, plugin::Row> rows_;
  std::uint64_t version_ = 0;
};

inline std::unique_ptr<plugin_host::StorageModule> memory_storage(MemoryControl& control,
                                                                  std::uint32_t concurrency = 1) {
  std::unique_ptr<plugin::StorageModule> module = std::make_unique<MemoryStorage>(control);
  return plugin_host::StorageModule::adopt(plugin::detail::StorageSlots::kTable,
                                           reinterpret_cast<wax_storage*>(module.release()),
                                           {"memory", 1'000, concurrency}, nullptr)
      .value();
}

}  // namespace waxwing::testing
