// SPDX-License-Identifier: Apache-2.0
// A browser as a process of its own behind its keeper (keeper.c).
#pragma once

#include <optional>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace webjs {

// A descriptor that is closed with its owner.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) noexcept : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd() { reset(); }
  void reset() noexcept;
  [[nodiscard]] int get() const noexcept { return fd_; }

 private:
  int fd_ = -1;
};

// How a browser ended.
struct Ending {
  int code = 0;    // of exit(), 127: it could not be run
  int signal = 0;  // or the signal that ended it

  [[nodiscard]] std::string text() const;
};

// Everything of the browser ends with this object, without a zombie; on the thread that made it,
// or any other, one at a time.
class BrowserProcess {
 public:
  // Throws waxwing::plugin::Error. The child sees no variable of the environment that might hold a
  // secret, and none of the server's descriptors.
  BrowserProcess(const std::string& binary, const std::vector<std::string>& arguments,
                 const std::string& home);
  ~BrowserProcess();
  BrowserProcess(const BrowserProcess&) = delete;
  BrowserProcess& operator=(const BrowserProcess&) = delete;

  // Non-blocking: DevTools messages to and from the browser, and what it says on its stderr.
  [[nodiscard]] int to_browser() const noexcept { return to_.get(); }
  [[nodiscard]] int from_browser() const noexcept { return from_.get(); }
  [[nodiscard]] int errors() const noexcept { return errors_.get(); }
  // Readable once everything of the browser is gone; then reap() gives its end.
  [[nodiscard]] int end_fd() const noexcept { return end_.get(); }
  [[nodiscard]] std::optional<Ending> reap();

  void terminate() noexcept;  // SIGTERM to the browser
  void kill() noexcept;       // everything, at once

 private:
  Fd to_;
  Fd from_;
  Fd errors_;
  Fd orders_;
  Fd end_;
  pid_t keeper_ = -1;
};

// The first line that `binary --version` prints. Blocks, at most 10 s. Throws
// waxwing::plugin::Error.
[[nodiscard]] std::string browser_version(const std::string& binary);

}  // namespace webjs
