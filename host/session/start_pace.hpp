// SPDX-License-Identifier: Apache-2.0
// How fast sessions are started at boot: careful at first, faster while starts succeed.
#pragma once

#include <cstddef>

namespace waxwing::session {

// As TCP finds out what a path carries: the far end is asked for more as long as it answers, and
// for less when more starts fail than succeed. Value type, no thread rule.
class StartPace {
 public:
  static constexpr double kFirst = 20;  // per second
  static constexpr double kLeast = 2;
  static constexpr double kGrowth = 1.2;  // for each tick with a success

  explicit StartPace(double most_per_s);

  // `seconds` have passed, in which that many starts came to a good and to a bad end.
  void tick(double seconds, std::size_t well, std::size_t badly);
  // True when one more may begin now.
  [[nodiscard]] bool take();
  [[nodiscard]] double per_s() const noexcept { return per_s_; }

 private:
  double most_;
  double per_s_;
  double allowance_ = 1;
};

}  // namespace waxwing::session
