// SPDX-License-Identifier: Apache-2.0
// The rows of one tenant that were read lately, and the keys that are known to be absent.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <string_view>

#include "plugin/storage_module.hpp"

namespace waxwing::storage {

// Shared by the caches of all tenants. [any-thread]
struct CacheBudget {
  std::size_t max_bytes = 0;
  std::atomic<std::size_t> used_bytes{0};
};

// Rows enter by reads. A write keeps a row that was read since the last one; others leave: who
// writes a row again and again without reading it holds it in memory already, as does who has just
// made it. So data that is written and never read costs nothing, and what an engine caches by
// itself is not here a second time. Beyond that the least recently used goes first. Not
// thread-safe.
class RowCache {
 public:
  // `budget` outlives the cache.
  RowCache(std::size_t max_bytes, CacheBudget& budget) : max_bytes_(max_bytes), budget_(budget) {}
  ~RowCache();
  RowCache(const RowCache&) = delete;
  RowCache& operator=(const RowCache&) = delete;

  enum class Known { No, Absent, Present };
  struct Found {
    Known known = Known::No;
    const plugin_host::Row* row = nullptr;  // when Present; valid until the next call
  };

  // An expired row is Absent.
  [[nodiscard]] Found find(std::string_view space, std::string_view key, std::int64_t now_ms);
  // What a read found.
  void learn(const plugin_host::Row& row);
  void learn_absent(std::string_view space, std::string_view key);
  // What a write did, in the order of its steps. Version 0 means that it is not known.
  void wrote(plugin_host::WriteOp& op, std::uint64_t version);
  // Whatever the step may have done is no longer known.
  void forget(const plugin_host::WriteOp& op);
  void clear();

  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

 private:
  struct Entry {
    bool present = false;
    bool was_read = false;  // since it was last written
    plugin_host::Row row;
    std::size_t bytes = 0;
    std::list<const std::string*>::iterator age;
  };
  // By space, NUL, key: a space has no NUL in it, so a prefix of keys is a range.
  using Entries = std::map<std::string, Entry, std::less<>>;

  void store(Entries::iterator it, bool present, plugin_host::Row row);
  Entries::iterator make(std::string name);
  void erase(Entries::iterator it);
  void shrink_to_limits();

  const std::size_t max_bytes_;
  CacheBudget& budget_;
  std::size_t bytes_ = 0;
  Entries entries_;
  std::list<const std::string*> ages_;  // names of entries_, oldest first
};

}  // namespace waxwing::storage
