// SPDX-License-Identifier: Apache-2.0
// Large bytes: in memory up to 256 KB, beyond that in an unlinked file.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace waxwing::plugin_host {

// Written by one thread, then sealed, then read by any number.
class Blob {
 public:
  static constexpr std::size_t kMaxInMemory = 256 * 1024;
  // What all blobs of the process may hold together, 512 MB at first; more is refused with
  // Code::Unavailable. [any-thread]
  static void limit_total(std::uint64_t bytes) noexcept { max_total_bytes_ = bytes; }

  Blob() = default;
  ~Blob();
  Blob(const Blob&) = delete;
  Blob& operator=(const Blob&) = delete;

  static Result<std::shared_ptr<Blob>> from(std::string_view data);

  // May block once the blob is larger than kMaxInMemory.
  Status append(std::string_view data);
  void seal() noexcept { sealed_ = true; }
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  // Empty unless the blob is in memory.
  [[nodiscard]] std::string_view view() const noexcept {
    return fd_ < 0 ? memory_ : std::string_view();
  }
  // Bytes copied, 0 at the end, -1 on an I/O error. May block.
  std::int64_t read(std::uint64_t offset, void* buffer, std::uint64_t size) const;
  Result<std::string> read_all() const;
  // A read-only descriptor at offset 0 for the caller to close, or -1.
  [[nodiscard]] int dup_fd();

 private:
  Status spill();
  void undo_partial_write() noexcept;

  std::string memory_;
  int fd_ = -1;
  std::uint64_t size_ = 0;
  bool sealed_ = false;
  static std::atomic<std::uint64_t> total_bytes_;
  static std::atomic<std::uint64_t> max_total_bytes_;
};

}  // namespace waxwing::plugin_host
