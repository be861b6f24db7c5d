// SPDX-License-Identifier: Apache-2.0
// Rows in memory that lie in the journal and not yet in the table: what each is now, or that it is
// gone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <map>
#include <string>
#include <string_view>

namespace waxwing::storage_local {

// Tenant, space and key as one string that sorts as the three do. Tenants and spaces have no NUL.
[[nodiscard]] std::string row_id(std::string_view tenant, std::string_view space,
                                 std::string_view key);

struct RowName {
  std::string_view tenant, space, key;  // of the string it was made from
};
[[nodiscard]] RowName name_of(std::string_view id) noexcept;

// What is to become of a row.
struct Change {
  bool erased = false;
  std::uint64_t version = 0;  // this and the rest: of a row that is put
  std::int64_t expires_at_ms = 0;
  std::string value{};

  [[nodiscard]] bool visible(std::int64_t now_ms) const noexcept {
    return !erased && (expires_at_ms == 0 || expires_at_ms > now_ms);
  }
};

// How changes lie in the body of a journal's record, one behind the other.
void append_change(std::string& body, std::string_view id, const Change& change);
// Throws plugin::Error when the text is none of append_change().
void for_each_change(std::string_view body,
                     const std::function<void(std::string_view id, Change change)>& each);

// Not thread-safe.
class Overlay {
 public:
  using Map = std::map<std::string, Change, std::less<>>;

  // In place of what was known of the row.
  void set(std::string id, Change change);
  // Null when nothing is known of the row.
  [[nodiscard]] const Change* find(std::string_view id) const;
  [[nodiscard]] const Map& rows() const noexcept { return rows_; }
  // About what it takes in memory.
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }
  void clear() noexcept;

 private:
  Map rows_;
  std::size_t bytes_ = 0;
};

// Goes through the rows of an overlay from `low` (inclusive) to `high` (exclusive), or back.
class OverlayWalk {
 public:
  OverlayWalk(const Overlay& overlay, std::string_view low, std::string_view high, bool reverse);

  [[nodiscard]] bool at_end() const noexcept { return first_ == last_; }
  [[nodiscard]] std::string_view id() const noexcept { return at()->first; }
  [[nodiscard]] const Change& change() const noexcept { return at()->second; }
  void next() noexcept;

 private:
  [[nodiscard]] Overlay::Map::const_iterator at() const noexcept {
    return reverse_ ? std::prev(last_) : first_;
  }

  const bool reverse_;
  Overlay::Map::const_iterator first_, last_;  // what is left
};

}  // namespace waxwing::storage_local
