// SPDX-License-Identifier: Apache-2.0
// A piece of a test in a process of its own: to kill it, or to change what the process may do.
#pragma once

#include <functional>
#include <string>
#include <sys/types.h>

namespace waxwing::testing {

// Runs `body` in a forked child that never returns; `out` is the write end of a pipe.
class Child {
 public:
  explicit Child(const std::function<void(int out)>& body);
  ~Child();  // kills and reaps
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // The read end.
  [[nodiscard]] int in() const noexcept { return in_; }
  // SIGKILL, then waits until it is gone.
  void kill();
  // All it writes until it ends by itself.
  [[nodiscard]] std::string read_to_end();

 private:
  pid_t pid_ = -1;
  int in_ = -1;
};

// What `body` returned in the child.
[[nodiscard]] std::string run_in_child(const std::function<std::string()>& body);

// In a child only: mounts a fresh file system of `size_bytes` on `path`, seen by this process
// alone. False when the system does not let us.
[[nodiscard]] bool mount_small_disk(const std::string& path, std::size_t size_bytes);
[[nodiscard]] bool remount(const std::string& path, bool read_only);

}  // namespace waxwing::testing
