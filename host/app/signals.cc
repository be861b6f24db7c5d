// SPDX-License-Identifier: Apache-2.0
// Signals and process limits.
#include "app/signals.hpp"

#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>

#include "base/check.hpp"

namespace waxwing::app {
namespace {

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

}  // namespace

void prepare_process() {
  std::signal(SIGPIPE, SIG_IGN);
  const sigset_t set = stop_signals();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
}

StopRequest::StopRequest() {
  const sigset_t set = stop_signals();
  event_fd_ = ::eventfd(0, EFD_CLOEXEC);
  signal_fd_ = ::signalfd(-1, &set, SFD_CLOEXEC);
  WAX_CHECK(event_fd_ >= 0 && signal_fd_ >= 0);
}

StopRequest::~StopRequest() {
  ::close(event_fd_);
  ::close(signal_fd_);
}

void StopRequest::wait() const {
  pollfd fds[] = {{event_fd_, POLLIN, 0}, {signal_fd_, POLLIN, 0}};
  while (::poll(fds, 2, -1) < 0 && errno == EINTR) {
  }
  signalfd_siginfo info{};
  if ((fds[1].revents & POLLIN) != 0) {
    [[maybe_unused]] const auto n = ::read(signal_fd_, &info, sizeof info);
  }
}

void StopRequest::request() const noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto n = ::write(event_fd_, &one, sizeof one);
}

void StopRequest::die_on_next() const {
  std::signal(SIGTERM, SIG_DFL);
  std::signal(SIGINT, SIG_DFL);
  const sigset_t set = stop_signals();
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace waxwing::app
