// SPDX-License-Identifier: Apache-2.0
// One SQLite file: the rows of the tenants that hash to it.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <waxwing/plugin/storage.hpp>

#include "log_room.hpp"
#include "settings.hpp"
#include "sqlite.hpp"

namespace waxwing::storage_local {

// Thread-safe: every function holds the shard's mutex for its duration. Errors throw plugin::Error.
class Shard {
 public:
  struct Counters {
    std::atomic<std::uint64_t> commits{0};
    std::atomic<std::uint64_t> batches{0};
    std::atomic<std::uint64_t> failed_commits{0};
  };

  // The file exists (schema.hpp). `counters` outlives the shard.
  Shard(std::string path, std::uint32_t index, const Settings& settings, Counters& counters);

  std::vector<plugin::Row> get(std::string_view tenant, const plugin::KvList& keys);
  std::vector<plugin::Row> scan(std::string_view tenant, const plugin::Scan& scan);
  // One transaction for all; a batch whose condition fails is undone alone. Answers every batch
  // and does not throw: when the commit fails, all of them fail.
  void apply(const std::vector<plugin::Batch*>& batches) noexcept;
  void drop_tenant(std::string_view tenant, std::string_view keep);
  void list_tenants(std::vector<std::string>& names);

  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  using SteadyClock = std::chrono::steady_clock;

  void begin();
  void commit();
  void fail_group(const std::vector<plugin::Batch*>& batches, wax_status code, const char* why);
  void apply_batch(plugin::Batch& batch);
  void apply_op(std::string_view tenant, const plugin::Kv& op, std::uint64_t version);
  void check_condition(std::string_view tenant, const plugin::Kv& op);
  void erase_prefix(std::string_view tenant, const plugin::Kv& op);
  std::uint64_t next_version();
  void erase_expired();

  const std::string path_;
  Counters& counters_;
  std::mutex mutex_;  // guards all below
  LogRoom log_room_;
  Database db_;

  // Versions are taken from blocks that are reserved in the file ahead of use, so that a commit
  // need not store the last one; after a restart the next block begins.
  std::uint64_t last_version_ = 0;
  std::uint64_t committed_reserve_ = 0;    // last version of the block the file knows of
  std::uint64_t transaction_reserve_ = 0;  // the same, as this transaction will leave it
  SteadyClock::time_point next_sweep_{};

  // Prepared when first used.
  Statement begin_, commit_, savepoint_, release_, undo_;
  Statement get_, put_, erase_, version_of_, erase_all_, next_tenant_, reserve_, erase_expired_;
  std::array<Statement, 2> erase_range_;  // with an upper bound or not
  std::array<Statement, 8> scan_;         // upper bound, reverse, keys only
};

inline constexpr std::uint32_t kMaxValueBytes = 1U << 20;

// The first key after all that start with `prefix`; empty when there is none.
[[nodiscard]] std::string end_of_prefix(std::string_view prefix);

}  // namespace waxwing::storage_local
