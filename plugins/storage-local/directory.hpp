// SPDX-License-Identifier: Apache-2.0
// The data directory: made private, and locked so that one process uses it at a time.
#pragma once

#include <cstdint>
#include <string>

namespace waxwing::storage_local {

// Holds the lock while it lives. Errors throw plugin::Error with the path and the system's reason.
class Directory {
 public:
  explicit Directory(std::string path);
  ~Directory();
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] std::string shard_path(std::uint32_t index) const;
  [[nodiscard]] bool exists(const std::string& file) const;
  // Bytes; 0 when there is no such file.
  [[nodiscard]] static std::uint64_t size_of(const std::string& file) noexcept;
  // Makes the names in the directory durable.
  void sync() const;

 private:
  std::string path_;
  int lock_fd_ = -1;
};

// Makes an empty file with mode 0600 (what SQLite puts beside it inherits that); an old one goes.
void make_private_file(const std::string& path);
// Makes the contents of `from` durable, then gives it the name `to`.
void publish_file(const std::string& from, const std::string& to);

}  // namespace waxwing::storage_local
