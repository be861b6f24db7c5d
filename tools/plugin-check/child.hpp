// SPDX-License-Identifier: Apache-2.0
// A function in a forked process, with a time limit.
#pragma once

#include <functional>
#include <string>
#include <sys/types.h>

namespace waxwing::plugin_check {

struct ChildResult {
  bool answered = false;  // `text` is what the function returned
  std::string text;
  std::string death;   // "signal 11 (Segmentation fault)", "no end within 20 s"; empty = ended well
  std::string output;  // the last it wrote to stdout and stderr
};

// Runs `body` in a child of its own process group, at most for `limit_s`, then kills the group.
// The caller has one thread.
[[nodiscard]] ChildResult run_in_child(const std::function<std::string()>& body, int limit_s);

// A child that `body` never returns from by itself; it writes to `out`, we read from in().
// Killed with SIGKILL by kill() or the destructor.
class Victim {
 public:
  explicit Victim(const std::function<void(int out)>& body);
  ~Victim();
  Victim(const Victim&) = delete;
  Victim& operator=(const Victim&) = delete;
  [[nodiscard]] int in() const noexcept { return in_; }
  void kill();

 private:
  pid_t pid_ = -1;
  int in_ = -1;
};

}  // namespace waxwing::plugin_check
