// SPDX-License-Identifier: Apache-2.0
// Commits, reads through the three layers of a shard, and flushes.
#include "shard.hpp"

#include <algorithm>
#include <optional>

#include "clock.hpp"

namespace waxwing::storage_local {
namespace {

using plugin::Batch;
using plugin::Error;
using plugin::Kv;
using plugin::KvList;
using plugin::Row;
using plugin::Scan;

constexpr std::uint32_t kDefaultScanLimit = 1'000;
constexpr std::size_t kMaxNameBytes = 256;  // of a tenant or space
constexpr std::size_t kMaxKeyBytes = 4'096;

// Of the journal's octets for one of memory: where rows are written again and again, memory does
// not grow.
constexpr std::uint64_t kJournalFactor = 4;
// Commits wait for a flush that is under way when so many times that came meanwhile.
constexpr std::size_t kFull = 4;

void check_name(const char* what, std::string_view name) {
  if (name.size() > kMaxNameBytes || name.find('\0') != std::string_view::npos) {
    throw Error(WAX_E_INVALID,
                std::string("a ") + what + " may have at most 256 octets, and none of them 0");
  }
}

void check_op(const Kv& op) {
  const auto refuse = [&](const char* what) {
    throw Error(WAX_E_INVALID, std::string(what) + " (space '" + std::string(op.space) + "')");
  };
  check_name("space", op.space);
  if (op.space.empty()) {
    refuse("a space needs a name");
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
  if (op.value.size() > kMaxValueBytes) {
    refuse("a value may have at most 1048576 octets");
  }
}

// After all rows of the space, or of the tenant when there is no space.
std::string end_of(std::string_view tenant, std::string_view space = {}) {
  std::string id(tenant);
  if (!space.empty()) {
    id.append(1, '\0').append(space);
  }
  id.push_back('\1');
  return id;
}

OverlayWalk walk_of(const Overlay& overlay, std::string_view tenant) {
  return {overlay, std::string(tenant).append(1, '\0'), end_of(tenant), false};
}

}  // namespace

Shard::Shard(std::string path, std::uint32_t index, const Settings& settings, Counters& counters,
             std::function<void()> wake)
    : path_(std::move(path)),
      counters_(counters),
      wake_(std::move(wake)),
      flush_bytes_(std::size_t{settings.flush_kb} * 1'024),
      flush_age_(settings.flush_after_ms),
      writer_(path_, index, settings),
      journal_(stem(), index),
      reader_(path_, settings) {
  recover();
}

Shard::~Shard() {
  try {
    flush();
    flush();  // what came after a flush that had failed
    const std::lock_guard lock(write_mutex_);
    journal_.reset();
  } catch (const std::exception&) {
    // It is all in the journal.
  }
}

void Shard::recover() {
  last_version_ = reader_.last_version();
  journal_.replay([this](std::string_view body) {
    for_each_change(body, [this](std::string_view id, Change change) {
      last_version_ = std::max(last_version_, change.version);
      old_.set(std::string(id), std::move(change));
    });
  });
  if (!old_.empty()) {
    writer_.take_over(old_, last_version_);
    old_.clear();
  }
  journal_.reset();
}

// Reads ------------------------------------------------------------------------------------------

std::vector<Row> Shard::get(std::string_view tenant, const KvList& keys) {
  const std::int64_t now = unix_ms();
  std::vector<Row> rows;
  const auto add = [&](const Kv& key, const Change& found) {
    if (found.visible(now)) {
      rows.push_back({std::string(key.space), std::string(key.key), found.value, found.version,
                      found.expires_at_ms});
    }
  };
  std::vector<std::uint32_t> in_table;
  {
    const std::lock_guard lock(rows_mutex_);
    for (std::uint32_t i = 0; i < keys.size(); ++i) {
      const std::string id = row_id(tenant, keys[i].space, keys[i].key);
      const Change* change = young_.find(id);
      change = change != nullptr ? change : old_.find(id);
      if (change != nullptr) {
        add(keys[i], *change);
      } else {
        in_table.push_back(i);
      }
    }
  }
  if (!in_table.empty()) {
    const std::lock_guard lock(read_mutex_);
    for (const std::uint32_t i : in_table) {
      if (const auto found = reader_.find({tenant, keys[i].space, keys[i].key}, now)) {
        add(keys[i], *found);
      }
    }
  }
  return rows;
}

std::vector<Row> Shard::scan(std::string_view tenant, const Scan& scan) {
  // All bounds become key >= low and, if there is one, key < high.
  KeyRange range = with_prefix(tenant, scan.space, scan.prefix);
  if (!scan.after.empty() && !scan.reverse && scan.after >= scan.prefix) {
    range.low.assign(scan.after).push_back('\0');  // the next key there can be
  }
  if (!scan.after.empty() && scan.reverse && (range.high.empty() || scan.after < range.high)) {
    range.high.assign(scan.after);
  }
  const std::size_t limit = scan.limit != 0 ? scan.limit : kDefaultScanLimit;
  std::vector<Row> rows;
  visit(range, scan.reverse, scan.keys_only, [&](const TableRow& row) {
    rows.push_back({std::string(scan.space), std::string(row.key), std::string(row.value),
                    row.version, row.expires_at_ms});
    return rows.size() < limit;
  });
  return rows;
}

// Of two layers that know a row the younger one is right.
void Shard::visit(const KeyRange& range, bool reverse, bool keys_only,
                  const std::function<bool(const TableRow& row)>& each) {
  const std::int64_t now = unix_ms();
  const std::string low = row_id(range.tenant, range.space, range.low);
  const std::string high = range.high.empty() ? end_of(range.tenant, range.space)
                                              : row_id(range.tenant, range.space, range.high);
  const std::size_t name_bytes = low.size() - range.low.size();

  const std::scoped_lock lock(read_mutex_, rows_mutex_);
  OverlayWalk young(young_, low, high, reverse);
  OverlayWalk old(old_, low, high, reverse);
  TableReader::Rows table = reader_.rows(range, reverse, keys_only, now);
  bool in_table = table.step();
  TableRow row = in_table ? table.row() : TableRow{};

  std::optional<std::string_view> next;
  const auto offer = [&](std::string_view key) {
    if (!next || (reverse ? key > *next : key < *next)) {
      next = key;
    }
  };
  while (true) {
    next.reset();
    for (const OverlayWalk* walk : {&young, &old}) {
      if (!walk->at_end()) {
        offer(walk->id().substr(name_bytes));
      }
    }
    if (in_table) {
      offer(row.key);
    }
    if (!next) {
      return;
    }
    const Change* change = nullptr;
    const std::string_view key = *next;
    for (OverlayWalk* walk : {&old, &young}) {
      if (!walk->at_end() && walk->id().substr(name_bytes) == key) {
        change = &walk->change();
      }
    }
    const bool here = in_table && row.key == key;
    bool more = true;
    if (change == nullptr) {
      more = each(row);
    } else if (change->visible(now)) {
      more = each({key, keys_only ? std::string_view() : change->value, change->version,
                   change->expires_at_ms});
    }
    if (!more) {
      return;
    }
    // `key` belongs to one of those that step now: compare before any does.
    const bool young_too = !young.at_end() && young.id().substr(name_bytes) == key;
    const bool old_too = !old.at_end() && old.id().substr(name_bytes) == key;
    if (young_too) {
      young.next();
    }
    if (old_too) {
      old.next();
    }
    if (here) {
      in_table = table.step();
      row = in_table ? table.row() : TableRow{};
    }
  }
}

void Shard::list_tenants(std::vector<std::string>& names) {
  const std::int64_t now = unix_ms();
  std::vector<std::string> unsure;  // known to the overlays, which may have erased their last row
  {
    const std::scoped_lock lock(read_mutex_, rows_mutex_);
    for (const Overlay* overlay : {&young_, &old_}) {
      const Overlay::Map& rows = overlay->rows();
      for (auto it = rows.begin(); it != rows.end(); it = rows.lower_bound(end_of(unsure.back()))) {
        unsure.emplace_back(name_of(it->first).tenant);
      }
    }
    std::sort(unsure.begin(), unsure.end());
    unsure.erase(std::unique(unsure.begin(), unsure.end()), unsure.end());
    reader_.each_tenant(now, [&](std::string_view tenant) {
      if (!std::binary_search(unsure.begin(), unsure.end(), tenant)) {
        names.emplace_back(tenant);
      }
    });
  }
  for (std::string& tenant : unsure) {
    if (has_rows(tenant)) {
      names.push_back(std::move(tenant));
    }
  }
}

bool Shard::has_rows(std::string_view tenant) {
  const std::int64_t now = unix_ms();
  const std::scoped_lock lock(read_mutex_, rows_mutex_);
  for (const Overlay* overlay : {&young_, &old_}) {
    for (OverlayWalk walk = walk_of(*overlay, tenant); !walk.at_end(); walk.next()) {
      const Change* younger = overlay == &old_ ? young_.find(walk.id()) : nullptr;
      if (younger == nullptr && walk.change().visible(now)) {
        return true;
      }
    }
  }
  bool found = false;
  reader_.each_name(tenant, [&](std::string_view space, std::string_view key) {
    const std::string id = row_id(tenant, space, key);
    found = found || (young_.find(id) == nullptr && old_.find(id) == nullptr &&
                      reader_.find({tenant, space, key}, now).has_value());
  });
  return found;
}

// Writes -----------------------------------------------------------------------------------------

void Shard::Draft::add(std::string id, Change change) {
  append_change(record, id, change);
  changes.emplace_back(std::move(id), std::move(change));
}

bool Shard::holds(std::size_t flushes) const noexcept {
  return young_.bytes() > flushes * flush_bytes_ ||
         young_journal_ > flushes * flush_bytes_ * kJournalFactor;
}

// A disk that is slower than the sessions write slows them down.
void Shard::wait_for_room() {
  std::unique_lock lock(rows_mutex_);
  flushed_.wait(lock, [this] { return !holds(kFull) || flush_failed_; });
  if (holds(kFull)) {
    throw Error(WAX_E_UNAVAILABLE, path_ + " takes no more rows, and the journal is full");
  }
}

void Shard::apply(const std::vector<Batch*>& batches) noexcept {
  const auto fail_all = [&](wax_status code, const std::string& why) {
    counters_.failed_commits.fetch_add(1, std::memory_order_relaxed);
    for (Batch* batch : batches) {
      if (batch->status != WAX_E_INVALID) {
        batch->version = 0;
        batch->fail(code, why);
      }
    }
  };
  try {
    wait_for_room();
    try {
      write(batches);
    } catch (const Error&) {
      // The disk may be full, or the journal broken. With its rows in the table it begins anew; and
      // if they do not fit there, its other file may have room.
      try {
        flush();
      } catch (const Error&) {
      }
      write(batches);
    }
  } catch (const Error& e) {
    fail_all(e.code(), e.what());
  } catch (const std::bad_alloc&) {
    fail_all(WAX_E_NO_MEMORY, "out of memory");
  }
}

void Shard::write(const std::vector<Batch*>& batches) {
  const std::lock_guard lock(write_mutex_);
  Draft draft;
  for (Batch* batch : batches) {
    add_batch(draft, *batch);
  }
  write(draft);
  counters_.batches.fetch_add(batches.size(), std::memory_order_relaxed);
}

void Shard::write(Draft& draft) {
  if (draft.changes.empty()) {
    return;
  }
  journal_.append(draft.record);
  counters_.commits.fetch_add(1, std::memory_order_relaxed);
  bool due = false;
  {
    const std::lock_guard lock(rows_mutex_);
    if (young_.empty()) {
      young_since_ = SteadyClock::now();
    }
    for (auto& [id, change] : draft.changes) {
      young_.set(std::move(id), std::move(change));
    }
    young_journal_ = journal_.bytes();
    due = holds(1);
  }
  if (due) {
    wake_();
  }
}

// Errors that concern this batch alone end here.
void Shard::add_batch(Draft& draft, Batch& batch) {
  const std::size_t changes = draft.changes.size();
  const std::size_t octets = draft.record.size();
  try {
    check_name("tenant", batch.tenant);
    for (std::uint32_t i = 0; i < batch.ops.size(); ++i) {
      check_op(batch.ops[i]);
    }
    const std::uint64_t version = ++last_version_;
    for (std::uint32_t i = 0; i < batch.ops.size(); ++i) {
      add_op(draft, batch.tenant, batch.ops[i], version);
    }
    batch.succeed(version);
  } catch (const Error& e) {
    draft.changes.resize(changes);
    draft.record.resize(octets);
    batch.fail(e.code(), e.what());
  }
}

void Shard::add_op(Draft& draft, std::string_view tenant, const Kv& op, std::uint64_t version) {
  const Change gone{.erased = true};
  if (op.has(WAX_KV_DELETE_PREFIX)) {
    std::vector<std::string> ids;
    const KeyRange range = with_prefix(tenant, op.space, op.key);
    visit(range, false, true, [&](const TableRow& row) {
      ids.push_back(row_id(tenant, op.space, row.key));
      return true;
    });
    const std::string prefix = row_id(tenant, op.space, op.key);
    for (const auto& [id, change] : draft.changes) {
      if (!change.erased && id.starts_with(prefix)) {
        ids.push_back(id);
      }
    }
    for (std::string& id : ids) {
      draft.add(std::move(id), gone);
    }
    return;
  }
  std::string id = row_id(tenant, op.space, op.key);
  check_condition(draft, id, op);
  draft.add(std::move(id), op.has(WAX_KV_DELETE)
                               ? gone
                               : Change{false, version, std::max<std::int64_t>(op.expires_at_ms, 0),
                                        std::string(op.value)});
}

void Shard::check_condition(const Draft& draft, const std::string& id, const Kv& op) {
  if (!op.has(WAX_KV_IF_ABSENT) && !op.has(WAX_KV_IF_VERSION)) {
    return;
  }
  const std::uint64_t found = version_now(draft, id);
  if (op.has(WAX_KV_IF_ABSENT) && found != 0) {
    throw Error(WAX_E_CONFLICT, "the row exists already (space '" + std::string(op.space) + "')");
  }
  if (op.has(WAX_KV_IF_VERSION) && found != op.version) {
    throw Error(WAX_E_CONFLICT, "the row has version " + std::to_string(found) + ", not " +
                                    std::to_string(op.version) + " (space '" +
                                    std::string(op.space) + "')");
  }
}

// As the commit in the making will leave it so far; 0 when there is no such row.
std::uint64_t Shard::version_now(const Draft& draft, const std::string& id) {
  const std::int64_t now = unix_ms();
  const auto version_of = [&](const Change& change) {
    return change.visible(now) ? change.version : 0;
  };
  const auto last = std::find_if(draft.changes.rbegin(), draft.changes.rend(),
                                 [&](const auto& change) { return change.first == id; });
  if (last != draft.changes.rend()) {
    return version_of(last->second);
  }
  {
    const std::lock_guard lock(rows_mutex_);
    for (const Overlay* overlay : {&young_, &old_}) {
      if (const Change* change = overlay->find(id)) {
        return version_of(*change);
      }
    }
  }
  const std::lock_guard lock(read_mutex_);
  const auto found = reader_.find(name_of(id), now);
  return found ? found->version : 0;
}

void Shard::drop_tenant(std::string_view tenant, std::string_view keep) {
  wait_for_room();
  const std::lock_guard lock(write_mutex_);
  std::vector<std::string> ids;
  {
    const std::scoped_lock reading(read_mutex_, rows_mutex_);
    const auto add = [&](std::string id) {
      if (keep.empty() || !name_of(id).space.starts_with(keep)) {
        ids.push_back(std::move(id));
      }
    };
    for (const Overlay* overlay : {&young_, &old_}) {
      for (OverlayWalk walk = walk_of(*overlay, tenant); !walk.at_end(); walk.next()) {
        add(std::string(walk.id()));
      }
    }
    reader_.each_name(tenant, [&](std::string_view space, std::string_view key) {
      add(row_id(tenant, space, key));
    });
  }
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  Draft draft;
  for (std::string& id : ids) {
    draft.add(std::move(id), {.erased = true});
  }
  write(draft);
}

// Flushes ----------------------------------------------------------------------------------------

bool Shard::flush_is_due() {
  const std::lock_guard lock(rows_mutex_);
  return !old_.empty() || holds(1) ||
         (!young_.empty() && SteadyClock::now() - young_since_ >= flush_age_);
}

std::size_t Shard::unflushed_bytes() {
  const std::lock_guard lock(rows_mutex_);
  return young_.bytes() + old_.bytes();
}

// Old rows are left over when the last flush failed: they go first, and the young ones next time.
void Shard::flush() {
  const std::lock_guard flushing(flush_mutex_);
  bool failed = true;
  const auto note = [&] {
    {
      const std::lock_guard lock(rows_mutex_);
      flush_failed_ = failed;
    }
    flushed_.notify_all();
  };
  try {
    while (!flush_once()) {
    }
    failed = false;
  } catch (const Error&) {
    note();
    throw;
  }
  note();
}

bool Shard::flush_once() {
  std::uint64_t last_version = 0;
  {
    const std::lock_guard writing(write_mutex_);
    last_version = last_version_;
    const std::lock_guard lock(rows_mutex_);
    if (old_.empty()) {
      // A broken journal stays where it is until all is in the table.
      if (!young_.empty() && !journal_.broken()) {
        journal_.turn();
      }
      std::swap(young_, old_);
      young_journal_ = 0;
    }
  }
  if (!old_.empty()) {
    writer_.take_over(old_, last_version);
    counters_.flushes.fetch_add(1, std::memory_order_relaxed);
  }
  const std::lock_guard writing(write_mutex_);
  const std::lock_guard lock(rows_mutex_);
  old_.clear();
  if (journal_.broken() && !young_.empty()) {
    return false;
  }
  if (journal_.broken()) {
    journal_.reset();
  }
  return true;
}

}  // namespace waxwing::storage_local
