// SPDX-License-Identifier: Apache-2.0
// Making a log longer, through SQLite's own handle of it.
#include "log_room.hpp"

#include <algorithm>
#include <array>

namespace waxwing::storage_local {
namespace {

// https://www.sqlite.org/fileformat2.html#the_write_ahead_log
constexpr sqlite3_int64 kHeaderBytes = 32;
constexpr sqlite3_int64 kFrameBytes = 24 + 4'096;

constexpr int kFramesAhead = 16;  // what a commit may take, and seldom does
constexpr sqlite3_int64 kLeastStep = 64 << 10;
constexpr sqlite3_int64 kMostStep = 512 << 10;

constexpr std::array<char, 64 << 10> kZeros{};

constexpr sqlite3_int64 bytes_of(sqlite3_int64 frames) noexcept {
  return kHeaderBytes + frames * kFrameBytes;
}

}  // namespace

void LogRoom::serve(sqlite3* db) noexcept {
  sqlite3_wal_hook(db, &LogRoom::after_commit, this);
}

sqlite3_int64 LogRoom::most_bytes() const noexcept {
  return bytes_of(sqlite3_int64{checkpoint_pages_} + 2 * kFramesAhead);
}

int LogRoom::after_commit(void* self, sqlite3* db, const char* name, int frames) noexcept {
  auto& room = *static_cast<LogRoom*>(self);
  if (frames >= static_cast<int>(room.checkpoint_pages_)) {
    // What it cannot copy now it copies after the next commit; the commit itself is done.
    sqlite3_wal_checkpoint_v2(db, name, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  }
  room.make_room(db, name, frames);
  return SQLITE_OK;
}

// If the disk refuses, the next commit finds out by itself.
void LogRoom::make_room(sqlite3* db, const char* name, int frames) noexcept {
  const bool anew = frames < frames_ || bytes_ == 0;
  frames_ = frames;
  const sqlite3_int64 needed = bytes_of(sqlite3_int64{frames} + kFramesAhead);
  if ((!anew && needed <= bytes_) || needed > most_bytes()) {
    return;
  }
  sqlite3_file* log = nullptr;
  if (sqlite3_file_control(db, name, SQLITE_FCNTL_JOURNAL_POINTER, &log) != SQLITE_OK ||
      log == nullptr || log->pMethods == nullptr ||
      log->pMethods->xFileSize(log, &bytes_) != SQLITE_OK) {
    return;
  }
  if (needed <= bytes_) {
    return;
  }
  const sqlite3_int64 end =
      std::min(std::max(needed, bytes_ + std::clamp(bytes_, kLeastStep, kMostStep)), most_bytes());
  while (bytes_ < end) {
    const auto size = std::min<sqlite3_int64>(kZeros.size(), end - bytes_);
    if (log->pMethods->xWrite(log, kZeros.data(), static_cast<int>(size), bytes_) != SQLITE_OK) {
      log->pMethods->xFileSize(log, &bytes_);
      return;
    }
    bytes_ += size;
  }
}

}  // namespace waxwing::storage_local
