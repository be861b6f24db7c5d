// SPDX-License-Identifier: Apache-2.0
// Signals as something to wait for.
#pragma once

namespace waxwing::app {

// To be called before any other thread exists: ignores SIGPIPE, blocks SIGTERM and SIGINT in every
// thread, and raises the limit of open descriptors to what the system allows.
void prepare_process();

// The end of the process, asked for by a signal or from within.
class StopRequest {
 public:
  StopRequest();
  ~StopRequest();
  StopRequest(const StopRequest&) = delete;
  StopRequest& operator=(const StopRequest&) = delete;

  // Blocks until SIGTERM, SIGINT or request(). [main-thread]
  void wait() const;
  // [any-thread]
  void request() const noexcept;
  // From now on a further signal ends the process at once.
  void die_on_next() const;

 private:
  int event_fd_;
  int signal_fd_;
};

}  // namespace waxwing::app
