// SPDX-License-Identifier: Apache-2.0
// Statements of a shard and the transaction that carries a group of batches.
#include "shard.hpp"

#include <algorithm>
#include <utility>

#include "schema.hpp"

namespace waxwing::storage_local {
namespace {

using plugin::Batch;
using plugin::Error;
using plugin::Kv;
using plugin::KvList;
using plugin::Row;
using plugin::Scan;

constexpr std::uint64_t kVersionBlock = 1U << 20;
constexpr std::uint32_t kDefaultScanLimit = 1'000;
constexpr std::size_t kMaxNameBytes = 256;  // of a tenant or space
constexpr std::size_t kMaxKeyBytes = 4'096;
constexpr auto kSweepInterval = std::chrono::seconds(60);

std::int64_t now_ms() {
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  return duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

void check_op(const Kv& op, std::uint32_t max_value_bytes) {
  const auto refuse = [&](const char* what) {
    throw Error(WAX_E_INVALID, std::string(what) + " (space '" + std::string(op.space) + "')");
  };
  if (op.space.empty() || op.space.size() > kMaxNameBytes) {
    refuse("a space needs a name of 1 to 256 octets");
  }
  if (op.key.size() > kMaxKeyBytes) {
    refuse("a key may have at most 4096 octets");
  }
  if (op.has(WAX_KV_DELETE_PREFIX)) {
    if (op.has(WAX_KV_IF_ABSENT) || op.has(WAX_KV_IF_VERSION)) {
      refuse("deletion of a prefix takes no condition");
    }
    return;
  }
  if (op.key.empty()) {
    refuse("a key must not be empty");
  }
  if (op.has(WAX_KV_DELETE) && op.has(WAX_KV_IF_ABSENT)) {
    refuse("a row cannot be deleted if it is absent");
  }
  if (op.value.size() > max_value_bytes) {
    refuse("a value may have at most 1048576 octets");
  }
}

bool has_condition(const KvList& ops) {
  for (std::uint32_t i = 0; i < ops.size(); ++i) {
    if (ops[i].has(WAX_KV_IF_ABSENT) || ops[i].has(WAX_KV_IF_VERSION)) {
      return true;
    }
  }
  return false;
}

}  // namespace

std::string end_of_prefix(std::string_view prefix) {
  const std::size_t last = prefix.find_last_not_of('\xFF');
  if (last == std::string_view::npos) {
    return {};
  }
  std::string end(prefix.substr(0, last + 1));
  end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  return end;
}

Shard::Shard(std::string path, std::uint32_t index, const Settings& settings, Counters& counters)
    : path_(std::move(path)),
      counters_(counters),
      log_room_(settings.checkpoint_pages),
      db_(path_) {
  const std::string pragmas =
      "PRAGMA busy_timeout=" + std::to_string(settings.busy_timeout_ms) + "; PRAGMA cache_size=-" +
      std::to_string(settings.cache_kb) +
      // A log that grew in a burst gives its space back at the next checkpoint.
      "; PRAGMA journal_size_limit=" + std::to_string(log_room_.most_bytes()) +
      "; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0"
      "; PRAGMA trusted_schema=OFF; PRAGMA journal_mode=WAL";
  db_.execute(pragmas.c_str());
  log_room_.serve(db_.handle());
  check_schema(db_, path_, index, settings.shards);
  const std::int64_t reserved = db_.integer("SELECT reserved_versions FROM wax_schema");
  last_version_ = committed_reserve_ = transaction_reserve_ = static_cast<std::uint64_t>(reserved);
}

// Reads ------------------------------------------------------------------------------------------

std::vector<Row> Shard::get(std::string_view tenant, const KvList& keys) {
  const std::lock_guard lock(mutex_);
  std::vector<Row> rows;
  const std::int64_t now = now_ms();
  Statement& select =
      db_.ready(get_,
                "SELECT version, expires_at_ms, value FROM wax_kv WHERE tenant = ?1 AND space = ?2 "
                "AND key = ?3 AND (expires_at_ms = 0 OR expires_at_ms > ?4)");
  for (std::uint32_t i = 0; i < keys.size(); ++i) {
    const Kv key = keys[i];
    Cursor cursor(select);
    cursor.text(tenant).text(key.space).blob(key.key).integer(now);
    if (cursor.step()) {
      rows.push_back({std::string(key.space), std::string(key.key), std::string(cursor.bytes_at(2)),
                      static_cast<std::uint64_t>(cursor.integer_at(0)), cursor.integer_at(1)});
    }
  }
  return rows;
}

std::vector<Row> Shard::scan(std::string_view tenant, const Scan& scan) {
  // All bounds become key >= low and, if there is one, key < high.
  std::string low(scan.prefix);
  std::string high = end_of_prefix(scan.prefix);
  if (!scan.after.empty() && !scan.reverse && scan.after >= scan.prefix) {
    low.assign(scan.after).push_back('\0');  // the next key there can be
  }
  if (!scan.after.empty() && scan.reverse && (high.empty() || scan.after < high)) {
    high.assign(scan.after);
  }
  const std::uint32_t limit = scan.limit != 0 ? scan.limit : kDefaultScanLimit;

  const std::lock_guard lock(mutex_);
  const std::size_t variant =
      (high.empty() ? 0U : 1U) | (scan.reverse ? 2U : 0U) | (scan.keys_only ? 4U : 0U);
  if (!scan_[variant].prepared()) {
    std::string sql = "SELECT key, version, expires_at_ms";
    sql += scan.keys_only ? " FROM wax_kv" : ", value FROM wax_kv";
    sql += " WHERE tenant = ?1 AND space = ?2 AND key >= ?3";
    sql += " AND (expires_at_ms = 0 OR expires_at_ms > ?4)";
    sql += high.empty() ? "" : " AND key < ?6";
    sql += scan.reverse ? " ORDER BY key DESC LIMIT ?5" : " ORDER BY key LIMIT ?5";
    scan_[variant] = db_.prepare(sql);
  }
  Cursor cursor(scan_[variant]);
  cursor.text(tenant).text(scan.space).blob(low).integer(now_ms()).integer(limit);
  if (!high.empty()) {
    cursor.blob(high);
  }
  std::vector<Row> rows;
  while (cursor.step()) {
    rows.push_back({std::string(scan.space), std::string(cursor.bytes_at(0)),
                    scan.keys_only ? std::string() : std::string(cursor.bytes_at(3)),
                    static_cast<std::uint64_t>(cursor.integer_at(1)), cursor.integer_at(2)});
  }
  return rows;
}

void Shard::list_tenants(std::vector<std::string>& names) {
  const std::lock_guard lock(mutex_);
  const std::int64_t now = now_ms();
  // One seek per tenant instead of a walk over all rows. The empty tenant comes first.
  Statement& next = db_.ready(next_tenant_,
                              "SELECT tenant FROM wax_kv WHERE tenant > ?1 AND (expires_at_ms = 0 "
                              "OR expires_at_ms > ?2) ORDER BY tenant LIMIT 1");
  Statement server = db_.prepare(
      "SELECT 1 FROM wax_kv WHERE tenant = '' AND (expires_at_ms = 0 OR expires_at_ms > ?1) "
      "LIMIT 1");
  if (Cursor cursor(server); cursor.integer(now).step()) {
    names.emplace_back();
  }
  std::string last;
  while (true) {
    Cursor cursor(next);
    if (!cursor.text(last).integer(now).step()) {
      return;
    }
    std::string found(cursor.bytes_at(0));
    names.push_back(found);
    last = std::move(found);
  }
}

// Writes -----------------------------------------------------------------------------------------

void Shard::begin() {
  Cursor(db_.ready(begin_, "BEGIN IMMEDIATE")).run();
  transaction_reserve_ = committed_reserve_;
}

void Shard::commit() {
  Cursor(db_.ready(commit_, "COMMIT")).run();
  committed_reserve_ = transaction_reserve_;
  counters_.commits.fetch_add(1, std::memory_order_relaxed);
}

void Shard::apply(const std::vector<Batch*>& batches) noexcept {
  const std::lock_guard lock(mutex_);
  try {
    begin();
    erase_expired();
    for (Batch* batch : batches) {
      apply_batch(*batch);
    }
    commit();
    counters_.batches.fetch_add(batches.size(), std::memory_order_relaxed);
  } catch (const Error& e) {
    fail_group(batches, e.code(), e.what());
  } catch (const std::bad_alloc&) {
    fail_group(batches, WAX_E_NO_MEMORY, "out of memory");
  }
}

// Conflicts too: what they conflicted with may have been undone with the rest.
void Shard::fail_group(const std::vector<Batch*>& batches, wax_status code, const char* why) {
  db_.rollback();
  counters_.failed_commits.fetch_add(1, std::memory_order_relaxed);
  for (Batch* batch : batches) {
    if (batch->status != WAX_E_INVALID) {
      batch->version = 0;
      batch->fail(code, why);
    }
  }
}

// Errors that concern this batch alone end here; those of the file pass on and fail the group.
void Shard::apply_batch(Batch& batch) {
  const KvList& ops = batch.ops;
  const bool conditional = has_condition(ops);
  try {
    if (batch.tenant.size() > kMaxNameBytes) {
      throw Error(WAX_E_INVALID, "a tenant may have at most 256 octets");
    }
    for (std::uint32_t i = 0; i < ops.size(); ++i) {
      check_op(ops[i], kMaxValueBytes);
    }
  } catch (const Error& e) {
    batch.fail(e.code(), e.what());
    return;
  }
  const std::uint64_t version = next_version();
  if (conditional) {
    Cursor(db_.ready(savepoint_, "SAVEPOINT batch")).run();
  }
  try {
    for (std::uint32_t i = 0; i < ops.size(); ++i) {
      apply_op(batch.tenant, ops[i], version);
    }
  } catch (const Error& e) {
    if (e.code() != WAX_E_CONFLICT) {
      throw;
    }
    Cursor(db_.ready(undo_, "ROLLBACK TO batch")).run();
    batch.fail(e.code(), e.what());
  }
  if (conditional) {
    Cursor(db_.ready(release_, "RELEASE batch")).run();
  }
  if (batch.status != WAX_E_CONFLICT) {
    batch.succeed(version);
  }
}

void Shard::apply_op(std::string_view tenant, const Kv& op, std::uint64_t version) {
  check_condition(tenant, op);
  if (op.has(WAX_KV_DELETE_PREFIX)) {
    erase_prefix(tenant, op);
  } else if (op.has(WAX_KV_DELETE)) {
    Cursor cursor(
        db_.ready(erase_, "DELETE FROM wax_kv WHERE tenant = ?1 AND space = ?2 AND key = ?3"));
    cursor.text(tenant).text(op.space).blob(op.key).run();
  } else {
    Cursor cursor(
        db_.ready(put_,
                  "INSERT INTO wax_kv(tenant, space, key, version, expires_at_ms, value) "
                  "VALUES(?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT(tenant, space, key) DO UPDATE SET "
                  "version = excluded.version, expires_at_ms = excluded.expires_at_ms, "
                  "value = excluded.value"));
    cursor.text(tenant)
        .text(op.space)
        .blob(op.key)
        .integer(static_cast<std::int64_t>(version))
        .integer(std::max<std::int64_t>(op.expires_at_ms, 0))
        .blob(op.value)
        .run();
  }
}

void Shard::check_condition(std::string_view tenant, const Kv& op) {
  if (!op.has(WAX_KV_IF_ABSENT) && !op.has(WAX_KV_IF_VERSION)) {
    return;
  }
  Cursor cursor(
      db_.ready(version_of_,
                "SELECT version FROM wax_kv WHERE tenant = ?1 AND space = ?2 AND key = ?3 AND "
                "(expires_at_ms = 0 OR expires_at_ms > ?4)"));
  cursor.text(tenant).text(op.space).blob(op.key).integer(now_ms());
  const std::uint64_t found = cursor.step() ? static_cast<std::uint64_t>(cursor.integer_at(0)) : 0;
  if (op.has(WAX_KV_IF_ABSENT) && found != 0) {
    throw Error(WAX_E_CONFLICT, "the row exists already (space '" + std::string(op.space) + "')");
  }
  if (op.has(WAX_KV_IF_VERSION) && found != op.version) {
    throw Error(WAX_E_CONFLICT, "the row has version " + std::to_string(found) + ", not " +
                                    std::to_string(op.version) + " (space '" +
                                    std::string(op.space) + "')");
  }
}

void Shard::erase_prefix(std::string_view tenant, const Kv& op) {
  const std::string end = end_of_prefix(op.key);
  Cursor cursor(
      end.empty()
          ? db_.ready(erase_range_[0],
                      "DELETE FROM wax_kv WHERE tenant = ?1 AND space = ?2 AND key >= ?3")
          : db_.ready(
                erase_range_[1],
                "DELETE FROM wax_kv WHERE tenant = ?1 AND space = ?2 AND key >= ?3 AND key < ?4"));
  cursor.text(tenant).text(op.space).blob(op.key);
  if (!end.empty()) {
    cursor.blob(end);
  }
  cursor.run();
}

void Shard::drop_tenant(std::string_view tenant, std::string_view keep) {
  const std::lock_guard lock(mutex_);
  try {
    begin();
    Cursor(db_.ready(erase_all_,
                     "DELETE FROM wax_kv WHERE tenant = ?1 AND (?2 = '' OR "
                     "substr(space, 1, length(?2)) <> ?2)"))
        .text(tenant)
        .text(keep)
        .run();
    commit();
  } catch (...) {
    db_.rollback();
    counters_.failed_commits.fetch_add(1, std::memory_order_relaxed);
    throw;
  }
}

// Inside a transaction. What a rollback undoes is asked for again by the next transaction.
std::uint64_t Shard::next_version() {
  if (last_version_ >= transaction_reserve_) {
    const std::uint64_t reserve = last_version_ + kVersionBlock;
    Cursor cursor(db_.ready(reserve_, "UPDATE wax_schema SET reserved_versions = ?1"));
    cursor.integer(static_cast<std::int64_t>(reserve)).run();
    transaction_reserve_ = reserve;
  }
  return ++last_version_;
}

// Inside a transaction, a bounded piece of work once a minute.
void Shard::erase_expired() {
  const auto now = SteadyClock::now();
  if (now < next_sweep_) {
    return;
  }
  next_sweep_ = now + kSweepInterval;
  Cursor cursor(db_.ready(
      erase_expired_,
      "DELETE FROM wax_kv WHERE (tenant, space, key) IN (SELECT tenant, space, key FROM wax_kv "
      "WHERE expires_at_ms > 0 AND expires_at_ms <= ?1 LIMIT 1000)"));
  cursor.integer(now_ms()).run();
}

}  // namespace waxwing::storage_local
