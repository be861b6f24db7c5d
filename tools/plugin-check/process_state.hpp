// SPDX-License-Identifier: Apache-2.0
// What a plugin must leave as it found it: threads, descriptors, memory, signal handlers and so on.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace waxwing::plugin_check {

// Of this process, now.
[[nodiscard]] std::size_t thread_count();
[[nodiscard]] std::map<int, std::string> open_files();  // descriptor to what it leads to
// Bytes that were asked for and not given back; 0 when the allocator does not say.
[[nodiscard]] std::uint64_t heap_bytes();
[[nodiscard]] bool is_mapped(const std::string& file);

// Waits until `count` threads are left, at most a second: a thread that was joined may still be on
// its way out.
[[nodiscard]] bool threads_fall_to(std::size_t count);

// Signal handlers, environment, working directory, umask, locale.
struct ProcessState {
  static ProcessState now();
  // Empty = nothing; else what differs.
  [[nodiscard]] std::string difference(const ProcessState& later) const;

 private:
  std::vector<std::string> signals_;
  std::string environment_;
  std::string directory_;
  std::string umask_;
  std::string locale_;
};

}  // namespace waxwing::plugin_check
