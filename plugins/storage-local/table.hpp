// SPDX-License-Identifier: Apache-2.0
// The SQLite file of a shard: one connection that reads, and one that takes over what the journal
// holds.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <waxwing/plugin/storage.hpp>

#include "overlay.hpp"
#include "settings.hpp"
#include "sqlite.hpp"

namespace waxwing::storage_local {

// A row as it lies there; the texts are valid until the next step.
struct TableRow {
  std::string_view key, value;
  std::uint64_t version = 0;
  std::int64_t expires_at_ms = 0;
};

// Keys from `low` (inclusive) to `high` (exclusive; empty = no end) of one space.
struct KeyRange {
  std::string_view tenant, space;
  std::string low, high;
};
// The keys of a space that start with `prefix`.
[[nodiscard]] KeyRange with_prefix(std::string_view tenant, std::string_view space,
                                   std::string_view prefix);

// Both see the last change that was taken over. Not thread-safe, each; errors throw plugin::Error.
class TableReader {
 public:
  TableReader(const std::string& path, const Settings& settings);

  // The last version that was given out, as far as the file knows.
  [[nodiscard]] std::uint64_t last_version();
  [[nodiscard]] std::optional<Change> find(const RowName& name, std::int64_t now_ms);

  // Steps through rows that are not expired, while it lives.
  class Rows {
   public:
    // `range` outlives it.
    Rows(Statement& statement, const KeyRange& range, std::int64_t now_ms);
    bool step() { return cursor_.step(); }
    [[nodiscard]] TableRow row() const noexcept;

   private:
    Cursor cursor_;
  };
  // In the order of keys, or from the last to the first.
  [[nodiscard]] Rows rows(const KeyRange& range, bool reverse, bool keys_only, std::int64_t now_ms);
  // Names of all rows of a tenant, expired ones too.
  void each_name(std::string_view tenant,
                 const std::function<void(std::string_view space, std::string_view key)>& each);
  // Tenants with rows that are not expired.
  void each_tenant(std::int64_t now_ms, const std::function<void(std::string_view)>& each);

 private:
  Database db_;
  Statement find_, next_tenant_, names_;  // prepared when first used
  std::array<Statement, 8> rows_;         // with an upper bound, reverse, keys only
};

class TableWriter {
 public:
  // Refuses a file that does not belong to that place (schema.hpp).
  TableWriter(const std::string& path, std::uint32_t shard, const Settings& settings);

  // All of it in one transaction that is durable when this returns.
  void take_over(const Overlay& changes, std::uint64_t last_version);

 private:
  void erase_expired();

  Database db_;
  Statement begin_, commit_, put_, erase_, set_version_, erase_expired_;
  std::chrono::steady_clock::time_point next_sweep_{};
};

}  // namespace waxwing::storage_local
