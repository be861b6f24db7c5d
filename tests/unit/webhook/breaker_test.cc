// SPDX-License-Identifier: Apache-2.0
// Tests of the header below.
#include "webhook/breaker.hpp"

#include <gtest/gtest.h>

namespace waxwing::webhook {
namespace {

TEST(Breaker, OpensAfterTenSecondsOfNothingButFailures) {
  Breaker breaker;
  breaker.on_failure(Millis(0));
  breaker.on_failure(Millis(9'999));
  EXPECT_FALSE(breaker.open());
  EXPECT_TRUE(breaker.admits(Millis(9'999), 100));
  breaker.on_failure(Millis(10'000));
  EXPECT_TRUE(breaker.open());
}

TEST(Breaker, ASuccessInBetweenCounts) {
  Breaker breaker;
  breaker.on_failure(Millis(0));
  breaker.on_success();
  breaker.on_failure(Millis(20'000));
  EXPECT_FALSE(breaker.open());
}

TEST(Breaker, LetsOneProbeThroughAtGrowingDistances) {
  Breaker breaker;
  breaker.on_failure(Millis(0));
  breaker.on_failure(Millis(10'000));
  EXPECT_FALSE(breaker.admits(Millis(10'999), 0));
  EXPECT_TRUE(breaker.admits(Millis(11'000), 0));
  EXPECT_FALSE(breaker.admits(Millis(11'000), 1)) << "one at a time";
  breaker.on_failure(Millis(11'000));
  EXPECT_FALSE(breaker.admits(Millis(12'999), 0));
  EXPECT_TRUE(breaker.admits(Millis(13'000), 0));
  for (int i = 0; i < 20; ++i) {
    breaker.on_failure(Millis(20'000));
  }
  EXPECT_EQ(breaker.blocked_until(), Millis(20'000) + Breaker::kLongestPause);
  breaker.on_success();
  EXPECT_TRUE(breaker.admits(Millis(20'001), 5));
}

TEST(Breaker, APauseThatWasAskedForHolds) {
  Breaker breaker;
  breaker.block(Millis(500));
  breaker.block(Millis(100));
  EXPECT_FALSE(breaker.admits(Millis(499), 0));
  EXPECT_TRUE(breaker.admits(Millis(500), 0));
}

}  // namespace
}  // namespace waxwing::webhook
