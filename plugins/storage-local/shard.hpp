// SPDX-License-Identifier: Apache-2.0
// The rows of the tenants that hash to one place: durable in a journal, gathered in memory, and
// moved from there into an SQLite file now and then.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <waxwing/plugin/storage.hpp>

#include "journal.hpp"
#include "overlay.hpp"
#include "settings.hpp"
#include "table.hpp"

namespace waxwing::storage_local {

inline constexpr std::uint32_t kMaxValueBytes = 1U << 20;

// Thread-safe. Errors throw plugin::Error.
//
// A commit is one write to the journal and one sync. Its rows go into `young_`. A flush makes those
// `old_`, has the following commits written to the journal's other file, and puts the old ones into
// the table in one transaction: the table always shows the state after some commit. Rows that were
// written many times since go there once.
class Shard {
 public:
  struct Counters {
    std::atomic<std::uint64_t> commits{0};
    std::atomic<std::uint64_t> batches{0};
    std::atomic<std::uint64_t> failed_commits{0};
    std::atomic<std::uint64_t> flushes{0};
  };

  // The file exists (schema.hpp). Takes over what a former process left in the journal. `counters`
  // outlives the shard; `wake` is called when a flush should not wait. [any-thread]
  Shard(std::string path, std::uint32_t index, const Settings& settings, Counters& counters,
        std::function<void()> wake);
  // Flushes if it can; what it cannot stays in the journal.
  ~Shard();

  std::vector<plugin::Row> get(std::string_view tenant, const plugin::KvList& keys);
  std::vector<plugin::Row> scan(std::string_view tenant, const plugin::Scan& scan);
  // One record for all; a batch whose condition fails is left out alone. Answers every batch and
  // does not throw: when the commit fails, all of them fail.
  void apply(const std::vector<plugin::Batch*>& batches) noexcept;
  void drop_tenant(std::string_view tenant, std::string_view keep);
  void list_tenants(std::vector<std::string>& names);

  // Whether enough was written, or long enough ago.
  [[nodiscard]] bool flush_is_due();
  // Moves all that was written before the call into the table.
  void flush();

  // In memory, not in the table yet.
  [[nodiscard]] std::size_t unflushed_bytes();
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  // Of the journal.
  [[nodiscard]] std::string stem() const { return path_.substr(0, path_.rfind('.')); }

 private:
  using SteadyClock = std::chrono::steady_clock;
  using Changes = std::vector<std::pair<std::string, Change>>;
  // One commit in the making.
  struct Draft {
    std::string record = std::string(Journal::kHeadBytes, '\0');
    Changes changes;

    void add(std::string id, Change change);
  };

  void recover();
  // False when there is more to do before the journal is whole.
  bool flush_once();
  void wait_for_room();
  void write(const std::vector<plugin::Batch*>& batches);
  void write(Draft& draft);
  void add_batch(Draft& draft, plugin::Batch& batch);
  void add_op(Draft& draft, std::string_view tenant, const plugin::Kv& op, std::uint64_t version);
  void check_condition(const Draft& draft, const std::string& id, const plugin::Kv& op);
  std::uint64_t version_now(const Draft& draft, const std::string& id);
  // Rows of the range that are not expired, in order, until `each` says false.
  void visit(const KeyRange& range, bool reverse, bool keys_only,
             const std::function<bool(const TableRow& row)>& each);
  // So many times what a flush begins at. [rows_mutex_]
  [[nodiscard]] bool holds(std::size_t flushes) const noexcept;
  [[nodiscard]] bool has_rows(std::string_view tenant);

  const std::string path_;
  Counters& counters_;
  const std::function<void()> wake_;
  const std::size_t flush_bytes_;
  const std::chrono::milliseconds flush_age_;

  // In this order where several are held.
  std::mutex flush_mutex_;  // guards writer_; who holds it flushes
  std::mutex write_mutex_;  // guards journal_ and last_version_; who holds it commits
  std::mutex read_mutex_;   // guards reader_
  std::mutex rows_mutex_;   // guards the rest

  TableWriter writer_;
  Journal journal_;
  std::uint64_t last_version_ = 0;
  TableReader reader_;
  Overlay young_, old_;              // old ones are being flushed, or nothing is
  std::uint64_t young_journal_ = 0;  // octets of the journal since the last flush began
  SteadyClock::time_point young_since_{};
  bool flush_failed_ = false;  // the last one did
  std::condition_variable flushed_;
};

}  // namespace waxwing::storage_local
