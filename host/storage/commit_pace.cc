// SPDX-License-Identifier: Apache-2.0
// The bucket of commits that may begin at once, and whether waiting paid.
#include "storage/commit_pace.hpp"

#include <algorithm>

namespace waxwing::storage {

CommitPace::TimePoint CommitPace::earliest(TimePoint now) const noexcept {
  const bool worth_it = gain_ >= kWorthIt || impatient_ >= kTryAgainAfter;
  return worth_it ? in_turn() : now;
}

void CommitPace::begin(TimePoint now, std::size_t batches, bool waited) noexcept {
  if (waited) {
    constexpr double kWeight = 0.25;
    gain_ += kWeight * (static_cast<double>(batches) - gain_);
    impatient_ = 0;
  } else if (now < in_turn()) {
    ++impatient_;
  }
  // Those out of turn borrow no more than the bucket holds.
  idle_at_ = std::min(std::max(idle_at_, now) + interval_, now + at_once_ * interval_);
}

}  // namespace waxwing::storage
