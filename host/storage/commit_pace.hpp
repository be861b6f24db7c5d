// SPDX-License-Identifier: Apache-2.0
// Whether a commit waits a little, so that others join it.
#pragma once

#include <chrono>
#include <cstddef>

namespace waxwing::storage {

// A commit costs much the same for one batch and for fifty. So after some commits in a row, which
// begin at once, the next ones keep a distance, and what comes meanwhile goes with them: a server
// with little to do answers as quickly as the disk allows, a busy one saves most of its syncs.
// Where hardly anything comes meanwhile (one caller who waits for each answer before the next
// call), waiting would only make that caller slower: then it stops, and is tried again now and
// then.
//
// Not thread-safe.
class CommitPace {
 public:
  using Clock = std::chrono::steady_clock;
  using TimePoint = Clock::time_point;
  using Duration = Clock::duration;

  // `at_once` is at least 1. Zero for `interval` switches waiting off.
  CommitPace(std::size_t at_once, Duration interval) noexcept
      : at_once_(static_cast<Duration::rep>(at_once)), interval_(interval) {}

  // When the next commit may begin; not after `now`: at once.
  [[nodiscard]] TimePoint earliest(TimePoint now) const noexcept;
  // A commit of so many batches begins; `waited`: until its turn.
  void begin(TimePoint now, std::size_t batches, bool waited) noexcept;

 private:
  static constexpr double kWorthIt = 3;  // batches in a commit that has waited
  static constexpr int kTryAgainAfter = 32;

  [[nodiscard]] TimePoint in_turn() const noexcept { return idle_at_ - (at_once_ - 1) * interval_; }

  Duration::rep at_once_;
  Duration interval_;
  TimePoint idle_at_{};     // when as many as `at_once_` may begin at once again
  double gain_ = kWorthIt;  // batches in commits that waited, smoothed
  int impatient_ = 0;       // commits since waiting was not worth it
};

}  // namespace waxwing::storage
