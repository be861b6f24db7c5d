// SPDX-License-Identifier: Apache-2.0
// Somebody else's program as a process of the test's.
#pragma once

#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

namespace waxwing::testing {

// Started by the constructor, killed by the destructor, also when the test dies.
class Program {
 public:
  explicit Program(const std::vector<std::string>& command, const std::string& folder = {});
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // The next line of its output; empty when it has ended, or said nothing for too long.
  [[nodiscard]] std::string line();
  void kill();
  // SIGSTOP and SIGCONT.
  void freeze();
  void thaw();
  [[nodiscard]] pid_t pid() const noexcept { return pid_; }

 private:
  pid_t pid_ = -1;
  int output_ = -1;
  std::string read_;
};

// A port of 127.0.0.1 that nobody listens on; for programs that cannot choose one by themselves.
[[nodiscard]] std::uint16_t free_port();
// Until somebody takes connections there; false when nobody does.
[[nodiscard]] bool wait_for_port(std::uint16_t port);
// Is there such a program?
[[nodiscard]] bool is_installed(const std::string& program);
void write_file(const std::string& path, const std::string& content);

}  // namespace waxwing::testing
