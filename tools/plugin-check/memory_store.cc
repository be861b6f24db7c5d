// SPDX-License-Identifier: Apache-2.0
// An ordered map as a store.
#include "memory_store.hpp"

#include <algorithm>

#include "base/clock.hpp"

namespace waxwing::plugin_check {

using plugin_host::KeyRef;
using plugin_host::Row;
using plugin_host::Scan;
using plugin_host::WriteOp;

namespace {

bool alive(const Row& row) {
  return row.expires_at_ms == 0 || row.expires_at_ms > Clock::system().unix_ms();
}

}  // namespace

std::vector<Row> MemoryStore::get(const std::vector<KeyRef>& keys) const {
  std::vector<Row> found;
  for (const KeyRef& key : keys) {
    const auto it = rows_.find({key.space, key.key});
    if (it != rows_.end() && alive(it->second)) {
      found.push_back(it->second);
    }
  }
  return found;
}

std::vector<Row> MemoryStore::scan(const Scan& scan) const {
  std::vector<Row> found;
  for (const auto& [key, row] : rows_) {
    if (row.space == scan.space && row.key.starts_with(scan.prefix) && alive(row) &&
        (scan.after.empty() || (scan.reverse ? row.key < scan.after : row.key > scan.after))) {
      found.push_back(row);
      if (scan.keys_only) {
        found.back().value.clear();
      }
    }
  }
  if (scan.reverse) {
    std::reverse(found.begin(), found.end());
  }
  if (scan.limit != 0 && found.size() > scan.limit) {
    found.resize(scan.limit);
  }
  return found;
}

Status MemoryStore::apply(const std::vector<WriteOp>& ops) {
  auto changed = rows_;
  const std::uint64_t version = ++version_;
  for (const WriteOp& op : ops) {
    const std::pair key(op.space, op.key);
    const auto it = changed.find(key);
    const std::uint64_t present = it != changed.end() && alive(it->second) ? it->second.version : 0;
    if (((op.flags & WAX_KV_IF_ABSENT) != 0 && present != 0) ||
        ((op.flags & WAX_KV_IF_VERSION) != 0 && present != op.version)) {
      return {Code::Conflict, "a condition of the write does not hold"};
    }
    if ((op.flags & WAX_KV_DELETE_PREFIX) != 0) {
      std::erase_if(changed, [&](const auto& entry) {
        return entry.first.first == op.space && entry.first.second.starts_with(op.key);
      });
    } else if ((op.flags & WAX_KV_DELETE) != 0) {
      changed.erase(key);
    } else {
      changed[key] = {op.space, op.key, op.value, version, op.expires_at_ms};
    }
  }
  rows_ = std::move(changed);
  return Status::ok();
}

}  // namespace waxwing::plugin_check
