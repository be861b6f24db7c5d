// SPDX-License-Identifier: Apache-2.0
// Growth, decline and allowance.
#include "session/start_pace.hpp"

#include <algorithm>

namespace waxwing::session {

StartPace::StartPace(double most_per_s) : most_(most_per_s), per_s_(std::min(kFirst, most_per_s)) {}

void StartPace::tick(double seconds, std::size_t well, std::size_t badly) {
  if (badly > well) {
    per_s_ = std::max(std::min(kLeast, most_), per_s_ / 2);
  } else if (well > 0) {
    per_s_ = std::min(most_, per_s_ * kGrowth);
  }
  // What was not used is not saved up, so that there are no bursts.
  allowance_ = std::min(allowance_ + per_s_ * seconds, std::max(1.0, 2 * per_s_ * seconds));
}

bool StartPace::take() {
  if (allowance_ < 1) {
    return false;
  }
  allowance_ -= 1;
  return true;
}

}  // namespace waxwing::session
