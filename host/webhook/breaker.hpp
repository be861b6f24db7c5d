// SPDX-License-Identifier: Apache-2.0
// Stops hammering a receiver that is down: after ten seconds without a success, one probe at a
// time.
#pragma once

#include <algorithm>

#include "base/clock.hpp"

namespace waxwing::webhook {

// Times are monotonic. A value type.
class Breaker {
 public:
  static constexpr Millis kPatience{10'000};   // of failures only, until it opens
  static constexpr Millis kFirstPause{1'000};  // between two probes; doubles up to
  static constexpr Millis kLongestPause{30'000};

  [[nodiscard]] bool open() const noexcept { return open_; }
  // May one more request go, with that many under way?
  [[nodiscard]] bool admits(Millis now, std::size_t under_way) const noexcept {
    return now >= blocked_until_ && (!open_ || under_way == 0);
  }
  // When to ask again after a no that was not because of requests under way.
  [[nodiscard]] Millis blocked_until() const noexcept { return blocked_until_; }

  void on_success() noexcept { *this = Breaker(); }
  void on_failure(Millis now) noexcept {
    if (!failing_) {
      failing_ = true;
      failing_since_ = now;
      return;
    }
    if (!open_ && now - failing_since_ >= kPatience) {
      open_ = true;
    }
    if (open_) {
      pause_ = std::clamp(pause_ * 2, kFirstPause, kLongestPause);
      block(now + pause_);
    }
  }
  // The receiver asked for a pause.
  void block(Millis until) noexcept { blocked_until_ = std::max(blocked_until_, until); }

 private:
  bool failing_ = false;
  bool open_ = false;
  Millis failing_since_{0};
  Millis pause_{0};
  Millis blocked_until_{0};
};

}  // namespace waxwing::webhook
