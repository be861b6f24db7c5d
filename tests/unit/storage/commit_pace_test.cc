// SPDX-License-Identifier: Apache-2.0
// When commits wait for others to join.
#include "storage/commit_pace.hpp"

#include <algorithm>
#include <chrono>

#include <gtest/gtest.h>

namespace waxwing::storage {
namespace {

using namespace std::chrono_literals;

class CommitPaceTest : public ::testing::Test {
 protected:
  // Commits as soon as it may, so many batches each; how long it waited.
  CommitPace::Duration commit(std::size_t batches) {
    const auto earliest = pace_.earliest(now_);
    const auto waited = std::max(earliest - now_, CommitPace::Duration{});
    now_ += waited;
    pace_.begin(now_, batches, waited.count() > 0);
    return waited;
  }

  CommitPace pace_{4, 5ms};
  CommitPace::TimePoint now_{1h};
};

TEST_F(CommitPaceTest, SomeBeginAtOnceAndTheRestKeepADistance) {
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(commit(1), 0ms) << i;
  }
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(commit(10), 5ms) << i;
  }
  now_ += 1s;
  EXPECT_EQ(commit(1), 0ms);
}

TEST_F(CommitPaceTest, AnEvenPaceBelowTheDistanceNeverWaits) {
  for (int i = 0; i < 1'000; ++i) {
    EXPECT_EQ(commit(1), 0ms);
    now_ += 5ms;
  }
}

// One caller who waits for each answer: waiting gathers nothing.
TEST_F(CommitPaceTest, GivesUpWhereNobodyJoins) {
  CommitPace::Duration waited{};
  for (int i = 0; i < 1'000; ++i) {
    waited += commit(1);
    now_ += 300us;
  }
  EXPECT_LT(waited, 200ms);
  EXPECT_GT(waited, 0ms) << "it is tried again now and then";
  // Others come: soon it waits again for all.
  int waiting = 0;
  for (int i = 0; i < 300; ++i) {
    waiting += commit(20) > 0ms ? 1 : 0;
    now_ += 300us;
  }
  EXPECT_GT(waiting, 200);
}

TEST_F(CommitPaceTest, CanBeSwitchedOff) {
  pace_ = CommitPace(1, 0ms);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(commit(10), 0ms);
  }
}

}  // namespace
}  // namespace waxwing::storage
