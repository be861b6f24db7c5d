// SPDX-License-Identifier: Apache-2.0
// Room in a shard's write-ahead log ahead of its end.
//
// A commit that makes the file longer has the file system store the new length and the new blocks
// with it, which costs as much again as the commit itself. So the log is made longer by many
// commits at a time, with zeros, which SQLite takes for the end of the log: a frame has a page
// number above 0.
#pragma once

#include <cstdint>

#include <sqlite3.h>

namespace waxwing::storage_local {

// Also copies the log into the database when it has grown long: SQLite has one place for both. Not
// thread-safe; belongs to one connection, in WAL mode, with pages of 4 KB, and outlives it.
class LogRoom {
 public:
  // `checkpoint_pages`: length of the log at which it is copied.
  explicit LogRoom(std::uint32_t checkpoint_pages) noexcept : checkpoint_pages_(checkpoint_pages) {}
  LogRoom(const LogRoom&) = delete;
  LogRoom& operator=(const LogRoom&) = delete;

  // Takes effect from the next commit on.
  void serve(sqlite3* db) noexcept;
  // The length that is enough: what is longer may be cut off when the log begins anew.
  [[nodiscard]] sqlite3_int64 most_bytes() const noexcept;

 private:
  static int after_commit(void* self, sqlite3* db, const char* name, int frames) noexcept;
  void make_room(sqlite3* db, const char* name, int frames) noexcept;

  const std::uint32_t checkpoint_pages_;
  int frames_ = 0;           // in the log after the last commit
  sqlite3_int64 bytes_ = 0;  // of the file
};

}  // namespace waxwing::storage_local
