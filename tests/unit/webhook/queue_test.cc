// SPDX-License-Identifier: Apache-2.0
// Tests of the header below.
#include "webhook/queue.hpp"

#include <gtest/gtest.h>

namespace waxwing::webhook {
namespace {

Item item(std::uint64_t sequence, const std::string& chat) {
  auto event = std::make_shared<event::Event>();
  event->order_key = chat;
  event->json = "{}";
  Item out;
  out.key = {1, sequence};
  out.event = std::move(event);
  out.since_ms = static_cast<std::int64_t>(1000 + sequence);
  return out;
}

TEST(Queue, KeepsChainsApartAndEachInOrder) {
  Queue queue;
  EXPECT_TRUE(queue.push(item(1, "a")));
  EXPECT_TRUE(queue.push(item(2, "b")));
  EXPECT_TRUE(queue.push(item(3, "a")));
  EXPECT_EQ(queue.size(), 3U);
  EXPECT_EQ(queue.oldest_ms(), 1001);
  EXPECT_EQ(queue.pop("a").key.sequence, 1U);
  EXPECT_EQ(queue.pop("a").key.sequence, 3U);
  EXPECT_EQ(queue.find("a"), nullptr);
  EXPECT_NE(queue.find("b"), nullptr);
  EXPECT_EQ(queue.pop("b").key.sequence, 2U);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.bytes(), 0U);
}

TEST(Queue, WhatDoesNotFitStaysBehindTheWindow) {
  Queue queue(4);
  for (std::uint64_t i = 1; i <= 4; ++i) {
    EXPECT_TRUE(queue.push(item(i, "a")));
  }
  EXPECT_FALSE(queue.push(item(5, "b")));
  EXPECT_FALSE(queue.push(item(6, "b")));
  EXPECT_EQ(queue.size(), 6U);
  EXPECT_EQ(queue.in_window(), 4U);
  EXPECT_FALSE(queue.wants_tail());
  EXPECT_EQ(queue.window_end(), (RowKey{1, 4}));
  EXPECT_EQ(queue.pop("a").key.sequence, 1U);
  EXPECT_FALSE(queue.push(item(7, "a"))) << "behind those that are behind the window";
  EXPECT_EQ(queue.pop("a").key.sequence, 2U);
  EXPECT_TRUE(queue.wants_tail());
  queue.push_from_tail(item(5, "b"));
  EXPECT_TRUE(queue.knows({1, 5}));
  EXPECT_FALSE(queue.knows({1, 6}));
  queue.push_from_tail(item(6, "b"));
  queue.push_from_tail(item(7, "a"));
  queue.end_tail();
  EXPECT_FALSE(queue.has_tail());
  EXPECT_EQ(queue.size(), 5U);
}

TEST(Queue, AWindowHoldsFewLongEventsAndAlwaysOne) {
  const std::size_t each = item(1, "a").event->size_bytes();
  Queue queue(100, each * 2);
  EXPECT_TRUE(queue.push(item(1, "a")));
  EXPECT_TRUE(queue.push(item(2, "a")));
  EXPECT_FALSE(queue.push(item(3, "a")));
  EXPECT_FALSE(queue.wants_tail());
  queue.pop("a");
  EXPECT_TRUE(queue.wants_tail());
  queue.push_from_tail(item(3, "a"));
  queue.end_tail();

  Queue narrow(100, 1);
  EXPECT_TRUE(narrow.push(item(1, "a")));
  EXPECT_FALSE(narrow.push(item(2, "a")));
  EXPECT_FALSE(narrow.wants_tail());
  narrow.pop("a");
  EXPECT_TRUE(narrow.wants_tail());
  narrow.push_from_tail(item(2, "a"));
  EXPECT_EQ(narrow.size(), 1U);
}

TEST(Queue, TheOldestThatIsNotUnderWayGivesWay) {
  Queue queue;
  for (std::uint64_t i = 1; i <= 3; ++i) {
    EXPECT_TRUE(queue.push(item(i, i == 3 ? "b" : "a")));
  }
  queue.find("a")->phase = Queue::Phase::UnderWay;
  EXPECT_EQ(queue.pop_oldest()->key.sequence, 2U);
  EXPECT_EQ(queue.pop_oldest()->key.sequence, 3U);
  EXPECT_FALSE(queue.pop_oldest().has_value());
  EXPECT_EQ(queue.size(), 1U);
  queue.forget_if_empty("a");
  EXPECT_NE(queue.find("a"), nullptr) << "it still has the one under way";
  queue.forget_if_empty("b");
  EXPECT_EQ(queue.find("b"), nullptr);
}

}  // namespace
}  // namespace waxwing::webhook
