// SPDX-License-Identifier: Apache-2.0
// fork, pipes and signals.
#include "child.hpp"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

namespace waxwing::plugin_check {
namespace {

constexpr off_t kMostOutput = 8192;

// Instrumented code is that much slower.
#if defined(__SANITIZE_THREAD__)
constexpr int kPatience = 10;
#elif defined(__SANITIZE_ADDRESS__)
constexpr int kPatience = 4;
#else
constexpr int kPatience = 1;
#endif

void write_fully(int fd, const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t n = ::write(fd, text.data() + at, text.size() - at);
    if (n <= 0 && errno != EINTR) {
      return;
    }
    at += n > 0 ? static_cast<std::size_t>(n) : 0;
  }
}

std::string tail_of(int fd) {
  const off_t size = ::lseek(fd, 0, SEEK_END);
  const off_t from = std::max<off_t>(0, size - kMostOutput);
  std::string text(static_cast<std::size_t>(std::max<off_t>(0, size - from)), '\0');
  const ssize_t n = ::pread(fd, text.data(), text.size(), from);
  text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return text;
}

// Reads until the end or until the time is up; false in the second case.
bool read_until(int fd, std::chrono::steady_clock::time_point until, std::string& text) {
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        until - std::chrono::steady_clock::now());
    if (left.count() <= 0) {
      return false;
    }
    pollfd waiting{fd, POLLIN, 0};
    if (::poll(&waiting, 1, static_cast<int>(left.count())) <= 0) {
      continue;
    }
    std::array<char, 4096> chunk{};
    const ssize_t n = ::read(fd, chunk.data(), chunk.size());
    if (n == 0) {
      return true;
    }
    if (n > 0) {
      text.append(chunk.data(), static_cast<std::size_t>(n));
    }
  }
}

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::exit(2);
}

}  // namespace

ChildResult run_in_child(const std::function<std::string()>& body, int limit_s) {
  std::array<int, 2> ends{};
  const int output = ::memfd_create("output", MFD_CLOEXEC);
  if (output < 0 || ::pipe(ends.data()) != 0) {
    die("pipe");
  }
  std::fflush(nullptr);
  const pid_t pid = ::fork();
  if (pid < 0) {
    die("fork");
  }
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::setpgid(0, 0);
    ::close(ends[0]);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
    write_fully(ends[1], "=" + body());
    // No destructors: what a broken plugin left behind would run once more.
    std::fflush(nullptr);
    ::_exit(0);
  }
  ::close(ends[1]);
  ChildResult result;
  const int limit = limit_s * kPatience;
  const bool ended = read_until(
      ends[0], std::chrono::steady_clock::now() + std::chrono::seconds(limit), result.text);
  ::close(ends[0]);
  if (!ended) {
    ::kill(-pid, SIGKILL);
    ::kill(pid, SIGKILL);
    result.death = "no end within " + std::to_string(limit) + " s";
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  if (ended && WIFSIGNALED(status)) {
    result.death =
        "signal " + std::to_string(WTERMSIG(status)) + " (" + ::strsignal(WTERMSIG(status)) + ")";
  } else if (ended && WEXITSTATUS(status) != 0) {
    result.death = "exit code " + std::to_string(WEXITSTATUS(status));
  }
  ::kill(-pid, SIGKILL);  // what it may have started
  result.answered = !result.text.empty() && result.death.empty();
  if (!result.text.empty()) {
    result.text.erase(0, 1);
  }
  result.output = tail_of(output);
  ::close(output);
  return result;
}

Victim::Victim(const std::function<void(int out)>& body) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) {
    die("pipe");
  }
  pid_ = ::fork();
  if (pid_ < 0) {
    die("fork");
  }
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::close(ends[0]);
    body(ends[1]);
    ::_exit(0);
  }
  ::close(ends[1]);
  in_ = ends[0];
}

Victim::~Victim() {
  kill();
  ::close(in_);
}

void Victim::kill() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
}

}  // namespace waxwing::plugin_check
