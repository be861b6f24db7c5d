// SPDX-License-Identifier: Apache-2.0
// The cache's map, its order of age and its account of bytes.
#include "storage/cache.hpp"

#include <utility>

namespace waxwing::storage {
namespace {

std::string name_of(std::string_view space, std::string_view key) {
  std::string name;
  name.reserve(space.size() + 1 + key.size());
  name.append(space).push_back('\0');
  name.append(key);
  return name;
}

}  // namespace

RowCache::~RowCache() {
  budget_.used_bytes.fetch_sub(bytes_, std::memory_order_relaxed);
}

RowCache::Found RowCache::find(std::string_view space, std::string_view key, std::int64_t now_ms) {
  const auto it = entries_.find(name_of(space, key));
  if (it == entries_.end()) {
    return {};
  }
  Entry& entry = it->second;
  entry.was_read = true;
  ages_.splice(ages_.end(), ages_, entry.age);
  const std::int64_t expires = entry.row.expires_at_ms;
  if (!entry.present || (expires != 0 && expires <= now_ms)) {
    return {Known::Absent, nullptr};
  }
  return {Known::Present, &entry.row};
}

void RowCache::learn(const plugin_host::Row& row) {
  store(make(name_of(row.space, row.key)), true, row);
}

void RowCache::learn_absent(std::string_view space, std::string_view key) {
  store(make(name_of(space, key)), false, {});
}

void RowCache::wrote(plugin_host::WriteOp& op, std::uint64_t version) {
  if (entries_.empty()) {
    return;
  }
  if ((op.flags & (WAX_KV_DELETE | WAX_KV_DELETE_PREFIX)) != 0 || version == 0) {
    forget(op);
    return;
  }
  const auto it = entries_.find(name_of(op.space, op.key));
  if (it == entries_.end()) {
    return;
  }
  Entry& entry = it->second;
  if (!entry.present || !entry.was_read) {
    erase(it);
    return;
  }
  entry.was_read = false;
  store(it, true,
        {std::move(op.space), std::move(op.key), std::move(op.value), version, op.expires_at_ms});
}

void RowCache::forget(const plugin_host::WriteOp& op) {
  const std::string name = name_of(op.space, op.key);
  if ((op.flags & WAX_KV_DELETE_PREFIX) == 0) {
    if (const auto it = entries_.find(name); it != entries_.end()) {
      erase(it);
    }
    return;
  }
  auto it = entries_.lower_bound(name);
  while (it != entries_.end() && it->first.compare(0, name.size(), name) == 0) {
    erase(it++);
  }
}

void RowCache::clear() {
  while (!entries_.empty()) {
    erase(entries_.begin());
  }
}

// The entry of a row that was just read.
RowCache::Entries::iterator RowCache::make(std::string name) {
  const auto [it, is_new] = entries_.try_emplace(std::move(name));
  if (is_new) {
    it->second.age = ages_.insert(ages_.end(), &it->first);
  }
  it->second.was_read = true;
  return it;
}

void RowCache::store(Entries::iterator it, bool present, plugin_host::Row row) {
  Entry& entry = it->second;
  ages_.splice(ages_.end(), ages_, entry.age);
  // Two map and list nodes with their links and allocator headers are about this much.
  constexpr std::size_t kNodeBytes = sizeof(Entries::value_type) + 96;
  const std::size_t bytes =
      kNodeBytes + it->first.size() + row.space.size() + row.key.size() + row.value.size();
  bytes_ += bytes - entry.bytes;
  budget_.used_bytes.fetch_add(bytes - entry.bytes, std::memory_order_relaxed);
  entry.present = present;
  entry.row = std::move(row);
  entry.bytes = bytes;
  shrink_to_limits();
}

void RowCache::erase(Entries::iterator it) {
  bytes_ -= it->second.bytes;
  budget_.used_bytes.fetch_sub(it->second.bytes, std::memory_order_relaxed);
  ages_.erase(it->second.age);
  entries_.erase(it);
}

void RowCache::shrink_to_limits() {
  while (!ages_.empty() &&
         (bytes_ > max_bytes_ ||
          budget_.used_bytes.load(std::memory_order_relaxed) > budget_.max_bytes)) {
    erase(entries_.find(*ages_.front()));
  }
}

}  // namespace waxwing::storage
