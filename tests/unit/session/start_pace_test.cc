// SPDX-License-Identifier: Apache-2.0
// The pace of starts at boot.
#include "session/start_pace.hpp"

#include <gtest/gtest.h>

namespace waxwing::session {
namespace {

constexpr double kTick = 0.05;

// Sessions begun within that time, when all of the last tick's ended well or all badly.
std::size_t begin(StartPace& pace, double seconds, bool well) {
  std::size_t all = 0;
  std::size_t last = 0;
  for (double time = 0; time < seconds; time += kTick) {
    pace.tick(kTick, well ? last : 0, well ? 0 : last);
    for (last = 0; pace.take(); ++last) {
      ++all;
    }
  }
  return all;
}

TEST(StartPace, BringsAThousandBackWithinSecondsWhereAllGoesWell) {
  StartPace pace(500);
  EXPECT_GT(begin(pace, 4, true), 1000U);
  EXPECT_DOUBLE_EQ(pace.per_s(), 500);
}

TEST(StartPace, BeginsCarefully) {
  StartPace pace(100'000);
  EXPECT_LT(begin(pace, 0.5, true), 60U);
}

TEST(StartPace, LeavesAFarEndAloneThatRefuses) {
  StartPace pace(500);
  begin(pace, 4, true);
  EXPECT_LT(begin(pace, 10, false), 150U);
  EXPECT_DOUBLE_EQ(pace.per_s(), StartPace::kLeast);
}

TEST(StartPace, KeepsTheLimitAndSavesNothingUp) {
  StartPace slow(3);
  EXPECT_LE(begin(slow, 10, true), 32U);
  StartPace idle(500);
  for (int i = 0; i < 1000; ++i) {
    idle.tick(kTick, 0, 0);
  }
  EXPECT_TRUE(idle.take());
  EXPECT_TRUE(idle.take());
  EXPECT_FALSE(idle.take());
}

TEST(StartPace, IsNotSlowedDownByTheFewThatAreUnlinked) {
  StartPace pace(500);
  for (int i = 0; i < 100; ++i) {
    pace.tick(kTick, 10, 1);
  }
  EXPECT_DOUBLE_EQ(pace.per_s(), 500);
}

}  // namespace
}  // namespace waxwing::session
