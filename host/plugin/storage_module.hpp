// SPDX-License-Identifier: Apache-2.0
// A storage backend of a plugin, in C++ types: blocking calls over its C table.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <waxwing/abi/storage.h>

#include "base/result.hpp"

namespace waxwing::plugin_host {

// One stored value. Keys and values are octets, spaces short ASCII names.
struct Row {
  std::string space = {};
  std::string key = {};
  std::string value = {};
  std::uint64_t version = 0;
  std::int64_t expires_at_ms = 0;  // unix time; 0 = never
};

struct KeyRef {
  std::string space = {};
  std::string key = {};

  friend bool operator==(const KeyRef&, const KeyRef&) = default;
};

// One step of an atomic batch.
struct WriteOp {
  std::uint32_t flags = WAX_KV_PUT;  // WAX_KV_*
  std::string space = {};
  std::string key = {};
  std::string value = {};
  std::uint64_t version = 0;       // with WAX_KV_IF_VERSION: the expected one, 0 = absent
  std::int64_t expires_at_ms = 0;  // unix time; 0 = never

  static WriteOp put(std::string space, std::string key, std::string value,
                     std::int64_t expires_at_ms = 0);
  static WriteOp erase(std::string space, std::string key);
  static WriteOp erase_prefix(std::string space, std::string prefix);
  // The same step, refused with Code::Conflict (and its whole batch with it) unless …
  WriteOp&& if_absent() &&;
  WriteOp&& if_version(std::uint64_t expected) &&;

  [[nodiscard]] std::size_t size_bytes() const noexcept {
    return sizeof(WriteOp) + space.size() + key.size() + value.size();
  }
};

struct Scan {
  std::string space = {};
  std::string prefix = {};
  std::string after = {};   // exclusive; empty = from the first (reverse: from the last)
  std::uint32_t limit = 0;  // rows; 0 = the backend's own limit
  bool reverse = false;
  bool keys_only = false;
};

// A borrowed batch of one tenant.
struct Batch {
  std::string_view tenant;
  std::span<const WriteOp> ops;
};

struct BatchResult {
  Status status;
  std::uint64_t version = 0;  // of the rows it put; 0 = the backend did not say
};

// What the module says of the backend.
struct StorageInfo {
  std::string id = {};                // "local"
  std::uint32_t max_value_bytes = 0;  // 0 = not limited
  std::uint32_t concurrency = 1;      // calls at once
};

// Owns one backend. Every call blocks and belongs on a thread that may; up to
// info().concurrency of them run at once, those of one tenant one after the other. A module that
// answers outside its rules gets its call failed with Code::Internal.
class StorageModule {
 public:
  // `table` is the normalised one (missing slots are null). `keep_alive` keeps the code of the
  // module mapped until after close. Code::Abi when a required slot is missing; `self` is then
  // closed if the table can.
  static Result<std::unique_ptr<StorageModule>> adopt(const wax_storage_vtable& table,
                                                      wax_storage* self, StorageInfo info,
                                                      std::shared_ptr<const void> keep_alive);
  ~StorageModule();
  StorageModule(const StorageModule&) = delete;
  StorageModule& operator=(const StorageModule&) = delete;

  [[nodiscard]] const StorageInfo& info() const noexcept { return info_; }

  // Connects and brings the backend's own schema up to date. Before every other call.
  Status open();
  // Missing keys are left out; the order is the backend's.
  [[nodiscard]] Result<std::vector<Row>> get(std::string_view tenant, std::span<const KeyRef> keys);
  [[nodiscard]] Result<std::vector<Row>> scan(std::string_view tenant, const Scan& scan);
  // Each batch is all or nothing and durable when its status is Ok; one result per batch.
  [[nodiscard]] std::vector<BatchResult> apply_many(std::span<const Batch> batches);
  [[nodiscard]] BatchResult apply(std::string_view tenant, std::span<const WriteOp> ops);
  // Rows in spaces that start with `keep` stay; with an empty one none does.
  Status drop_tenant(std::string_view tenant, std::string_view keep = {});
  [[nodiscard]] Result<std::vector<std::string>> list_tenants();
  // Health and size, a JSON object.
  [[nodiscard]] Result<std::string> stats();
  // Idempotent; no other call may run or follow.
  void close() noexcept;

 private:
  StorageModule(const wax_storage_vtable& table, wax_storage* self, StorageInfo info,
                std::shared_ptr<const void> keep_alive);

  std::shared_ptr<const void> keep_alive_;  // first member: unmapped last
  wax_storage_vtable table_;
  wax_storage* self_;
  StorageInfo info_;
};

}  // namespace waxwing::plugin_host
