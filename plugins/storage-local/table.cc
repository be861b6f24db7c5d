// SPDX-License-Identifier: Apache-2.0
// Statements over a shard's file.
#include "table.hpp"

#include <utility>

#include "clock.hpp"
#include "schema.hpp"

namespace waxwing::storage_local {
namespace {

constexpr auto kSweepInterval = std::chrono::seconds(60);
constexpr std::uint32_t kPageBytes = 4'096;

Database open(const std::string& path, const Settings& settings) {
  Database db(path);
  const std::string pragmas =
      "PRAGMA busy_timeout=" + std::to_string(settings.busy_timeout_ms) + "; PRAGMA cache_size=-" +
      std::to_string(settings.cache_kb) +
      "; PRAGMA wal_autocheckpoint=" + std::to_string(settings.checkpoint_pages) +
      // A log that grew in a burst gives its space back when it begins anew.
      "; PRAGMA journal_size_limit=" + std::to_string(settings.checkpoint_pages * kPageBytes) +
      "; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0"
      "; PRAGMA trusted_schema=OFF; PRAGMA journal_mode=WAL";
  db.execute(pragmas.c_str());
  return db;
}

// The first key after all that start with `prefix`; empty when there is none.
std::string end_of_prefix(std::string_view prefix) {
  const std::size_t last = prefix.find_last_not_of('\xFF');
  if (last == std::string_view::npos) {
    return {};
  }
  std::string end(prefix.substr(0, last + 1));
  end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  return end;
}

}  // namespace

KeyRange with_prefix(std::string_view tenant, std::string_view space, std::string_view prefix) {
  return {tenant, space, std::string(prefix), end_of_prefix(prefix)};
}

// Reading ----------------------------------------------------------------------------------------

TableReader::TableReader(const std::string& path, const Settings& settings)
    : db_(open(path, settings)) {}

std::uint64_t TableReader::last_version() {
  return static_cast<std::uint64_t>(db_.integer("SELECT reserved_versions FROM wax_schema"));
}

std::optional<Change> TableReader::find(const RowName& name, std::int64_t now_ms) {
  Cursor cursor(
      db_.ready(find_,
                "SELECT version, expires_at_ms, value FROM wax_kv WHERE tenant = ?1 AND space = ?2 "
                "AND key = ?3 AND (expires_at_ms = 0 OR expires_at_ms > ?4)"));
  cursor.text(name.tenant).text(name.space).blob(name.key).integer(now_ms);
  if (!cursor.step()) {
    return std::nullopt;
  }
  return Change{false, static_cast<std::uint64_t>(cursor.integer_at(0)), cursor.integer_at(1),
                std::string(cursor.bytes_at(2))};
}

TableReader::Rows::Rows(Statement& statement, const KeyRange& range, std::int64_t now_ms)
    : cursor_(statement) {
  cursor_.text(range.tenant).text(range.space).blob(range.low).integer(now_ms);
  if (!range.high.empty()) {
    cursor_.blob(range.high);
  }
}

TableRow TableReader::Rows::row() const noexcept {
  return {cursor_.bytes_at(0), cursor_.bytes_at(3),
          static_cast<std::uint64_t>(cursor_.integer_at(1)), cursor_.integer_at(2)};
}

TableReader::Rows TableReader::rows(const KeyRange& range, bool reverse, bool keys_only,
                                    std::int64_t now_ms) {
  const bool bounded = !range.high.empty();
  const std::size_t variant = (bounded ? 1U : 0U) | (reverse ? 2U : 0U) | (keys_only ? 4U : 0U);
  if (!rows_[variant].prepared()) {
    std::string sql = "SELECT key, version, expires_at_ms, ";
    sql += keys_only ? "x''" : "value";
    sql += " FROM wax_kv WHERE tenant = ?1 AND space = ?2 AND key >= ?3";
    sql += " AND (expires_at_ms = 0 OR expires_at_ms > ?4)";
    sql += bounded ? " AND key < ?5" : "";
    sql += reverse ? " ORDER BY key DESC" : " ORDER BY key";
    rows_[variant] = db_.prepare(sql);
  }
  return {rows_[variant], range, now_ms};
}

void TableReader::each_name(
    std::string_view tenant,
    const std::function<void(std::string_view space, std::string_view key)>& each) {
  Cursor cursor(db_.ready(names_, "SELECT space, key FROM wax_kv WHERE tenant = ?1"));
  cursor.text(tenant);
  while (cursor.step()) {
    each(cursor.bytes_at(0), cursor.bytes_at(1));
  }
}

// One seek per tenant instead of a walk over all rows. The empty tenant comes first.
void TableReader::each_tenant(std::int64_t now_ms,
                              const std::function<void(std::string_view)>& each) {
  Statement& next = db_.ready(next_tenant_,
                              "SELECT tenant FROM wax_kv WHERE (tenant > ?1 OR (?3 AND tenant = "
                              "'')) AND (expires_at_ms = 0 "
                              "OR expires_at_ms > ?2) ORDER BY tenant LIMIT 1");
  std::string last;
  for (bool first = true;; first = false) {
    Cursor cursor(next);
    if (!cursor.text(last).integer(now_ms).integer(first ? 1 : 0).step()) {
      return;
    }
    last = cursor.bytes_at(0);
    each(last);
  }
}

// Writing ----------------------------------------------------------------------------------------

TableWriter::TableWriter(const std::string& path, std::uint32_t shard, const Settings& settings)
    : db_(open(path, settings)) {
  check_schema(db_, path, shard, settings.shards);
  // A server that knows no journal must not open the file without it.
  db_.execute("UPDATE wax_schema SET version = 2 WHERE version < 2");
}

void TableWriter::take_over(const Overlay& changes, std::uint64_t last_version) {
  try {
    Cursor(db_.ready(begin_, "BEGIN IMMEDIATE")).run();
    for (const auto& [id, change] : changes.rows()) {
      const RowName name = name_of(id);
      if (change.erased) {
        Cursor(
            db_.ready(erase_, "DELETE FROM wax_kv WHERE tenant = ?1 AND space = ?2 AND key = ?3"))
            .text(name.tenant)
            .text(name.space)
            .blob(name.key)
            .run();
        continue;
      }
      Cursor(db_.ready(put_,
                       "INSERT INTO wax_kv(tenant, space, key, version, expires_at_ms, value) "
                       "VALUES(?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT(tenant, space, key) DO UPDATE "
                       "SET version = excluded.version, expires_at_ms = excluded.expires_at_ms, "
                       "value = excluded.value"))
          .text(name.tenant)
          .text(name.space)
          .blob(name.key)
          .integer(static_cast<std::int64_t>(change.version))
          .integer(change.expires_at_ms)
          .blob(change.value)
          .run();
    }
    Cursor(db_.ready(set_version_, "UPDATE wax_schema SET reserved_versions = ?1"))
        .integer(static_cast<std::int64_t>(last_version))
        .run();
    erase_expired();
    Cursor(db_.ready(commit_, "COMMIT")).run();
  } catch (...) {
    db_.rollback();
    throw;
  }
}

// A bounded piece of work once a minute.
void TableWriter::erase_expired() {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_sweep_) {
    return;
  }
  next_sweep_ = now + kSweepInterval;
  Cursor cursor(db_.ready(
      erase_expired_,
      "DELETE FROM wax_kv WHERE (tenant, space, key) IN (SELECT tenant, space, key FROM wax_kv "
      "WHERE expires_at_ms > 0 AND expires_at_ms <= ?1 LIMIT 1000)"));
  cursor.integer(unix_ms()).run();
}

}  // namespace waxwing::storage_local
