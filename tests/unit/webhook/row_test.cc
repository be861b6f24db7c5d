// SPDX-License-Identifier: Apache-2.0
// Tests of the header below.
#include "webhook/row.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace waxwing::webhook {
namespace {

using ::testing::ElementsAre;

event::Event sample() {
  event::Event event;
  event.id = "evt_1";
  event.timestamp_ms = -5;
  event.type = "message";
  event.session = "s";
  event.engine = "ECHO";
  event.order_key = std::string("a\0b", 3);
  event.json = R"({"x":1})";
  return event;
}

TEST(RowKey, SortsAsItsOctetsDo) {
  const RowKey first{1, 0xffffffffffffffff};
  const RowKey second{2, 1};
  EXPECT_LT(first, second);
  EXPECT_LT(first.octets(), second.octets());
  EXPECT_LT((RowKey{1, 2}.octets()), (RowKey{1, 256}.octets()));
  RowKey read;
  Slot slot = 0;
  ASSERT_TRUE(read_key(first.octets(77), read, &slot));
  EXPECT_EQ(read, first);
  EXPECT_EQ(slot, 77U);
  EXPECT_TRUE(read_key(second.octets(), read));
  EXPECT_FALSE(read_key("short", read));
  EXPECT_FALSE(read_key(second.octets(), read, &slot));
}

TEST(Row, ComesBackAsItWas) {
  const auto row = read_row(write_row(sample(), {3, 0, 0xffffffff}, 42));
  ASSERT_TRUE(row.has_value());
  EXPECT_THAT(row->slots, ElementsAre(3, 0, 0xffffffff));
  EXPECT_EQ(row->since_ms, 42);
  EXPECT_EQ(row->event->id, "evt_1");
  EXPECT_EQ(row->event->timestamp_ms, -5);
  EXPECT_EQ(row->event->order_key, std::string("a\0b", 3));
  EXPECT_EQ(row->event->json, R"({"x":1})");
}

TEST(Row, EveryPrefixAndEveryOtherVersionIsDamaged) {
  const std::string good = write_row(sample(), {1}, 1);
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(read_row(good.substr(0, size)).has_value()) << size;
  }
  EXPECT_FALSE(read_row(good + "x").has_value());
  std::string other = good;
  other[0] = 9;
  EXPECT_FALSE(read_row(other).has_value());
}

TEST(Progress, ComesBackAndDamageMeansNone) {
  const Progress progress = read_progress(write_progress({true, 7, 123}));
  EXPECT_TRUE(progress.done);
  EXPECT_EQ(progress.attempts, 7U);
  EXPECT_EQ(progress.not_before_ms, 123);
  EXPECT_EQ(read_progress("?").attempts, 0U);
}

TEST(DeadLetter, ComesBack) {
  const auto dead = read_dead(write_dead({5, 16, "HTTP 500", "row"}));
  ASSERT_TRUE(dead.has_value());
  EXPECT_EQ(dead->died_ms, 5);
  EXPECT_EQ(dead->attempts, 16U);
  EXPECT_EQ(dead->error, "HTTP 500");
  EXPECT_EQ(dead->row, "row");
  EXPECT_FALSE(read_dead("").has_value());
}

}  // namespace
}  // namespace waxwing::webhook
