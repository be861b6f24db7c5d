// SPDX-License-Identifier: Apache-2.0
// The real clock.
#include "base/clock.hpp"

namespace waxwing {
namespace {

class SystemClock final : public Clock {
 public:
  [[nodiscard]] Millis monotonic() const noexcept override {
    return std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now().time_since_epoch());
  }
  [[nodiscard]] std::int64_t unix_ms() const noexcept override {
    return std::chrono::duration_cast<Millis>(std::chrono::system_clock::now().time_since_epoch())
        .count();
  }
};

}  // namespace

const Clock& Clock::system() noexcept {
  static const SystemClock clock;
  return clock;
}

}  // namespace waxwing
