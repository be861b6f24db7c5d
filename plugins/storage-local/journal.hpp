// SPDX-License-Identifier: Apache-2.0
// The journal of a shard: what was committed and may not be in the table yet.
//
// Two files take turns. One record is one commit of a group of batches and is on the disk when
// append() returns. When what is in a file has been copied into the table, the file is used again
// from its beginning; it keeps its length, so that a commit need not store a new one as well.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace waxwing::storage_local {

// Not thread-safe. Errors throw plugin::Error with WAX_E_UNAVAILABLE and the system's reason.
class Journal {
 public:
  // Room that a record begins with, for the journal's own use.
  static constexpr std::size_t kHeadBytes = 24;

  // Opens or makes `<stem>.journal-0` and `-1`, whose names the caller makes durable; `shard` is
  // written into them.
  Journal(const std::string& stem, std::uint32_t shard);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // Hands out what a former process committed, oldest first, without heads. Once, before the rest;
  // then reset() must follow.
  void replay(const std::function<void(std::string_view body)>& each);
  // Makes a record durable, or throws and it counts as never written. `record` begins with room.
  void append(std::string& record);
  // The records from now on go to the other file, over what lay there: all of that is in the table,
  // durably.
  void turn();
  // All that was written is in the table, durably: both files are empty. Mends a journal whose disk
  // refused to sync.
  void reset();
  // After it no append() works until reset() did.
  [[nodiscard]] bool broken() const noexcept { return broken_; }
  // Of records since the last turn.
  [[nodiscard]] std::uint64_t bytes() const noexcept {
    return files_[current_].used - kFileHeadBytes;
  }

 private:
  static constexpr std::size_t kFileHeadBytes = 32;

  struct File {
    std::string path;
    int fd = -1;
    std::uint64_t generation = 0;  // grows with every use of a file; 0 = holds nothing
    std::uint64_t salt = 0;    // of this use, in every record: tells it from what lay there before
    std::uint64_t length = 0;  // of the file
    std::uint64_t used = kFileHeadBytes;  // by this use
    std::uint64_t records = 0;
    bool holds = false;  // records that the head on the disk vouches for may lie there
  };

  void open(File& file);
  void read_head(File& file);
  void begin(File& file);
  void make_room(File& file, std::uint64_t end);
  static void replay(File& file, const std::function<void(std::string_view body)>& each);
  File& current() noexcept { return files_[current_]; }

  const std::uint32_t shard_;
  std::array<File, 2> files_;
  std::size_t current_ = 0;
  std::uint64_t last_generation_ = 0;
  bool broken_ = false;
};

}  // namespace waxwing::storage_local
