// SPDX-License-Identifier: Apache-2.0
// Tests of the header below.
#include "event/bus.hpp"

#include <atomic>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/ids.hpp"

namespace waxwing::event {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

EventPtr make(const std::string& session, const std::string& type, std::int64_t at_ms = 1000) {
  auto event = std::make_shared<Event>();
  event->id = "evt_" + ulid(at_ms);
  event->timestamp_ms = at_ms;
  event->session = session;
  event->type = type;
  return event;
}

Bus::Listener note(std::vector<std::string>& into) {
  return [&into](const EventPtr& event) { into.push_back(event->type); };
}

std::vector<std::string> types(const std::vector<EventPtr>& events) {
  std::vector<std::string> out;
  for (const EventPtr& event : events) {
    out.push_back(event->type);
  }
  return out;
}

TEST(Bus, GivesEventsToThoseWhoListenNow) {
  Bus bus;
  std::vector<std::string> one;
  std::vector<std::string> all;
  auto of_one = bus.subscribe("a", note(one));
  const auto of_all = bus.subscribe("", note(all));
  bus.publish(make("a", "1"));
  bus.publish(make("b", "2"));
  of_one.reset();
  bus.publish(make("a", "3"));
  EXPECT_THAT(one, ElementsAre("1"));
  EXPECT_THAT(all, ElementsAre("1", "2", "3"));
  EXPECT_EQ(bus.subscriptions(), 1U);
}

TEST(Bus, ReplaysWhatCameBehindAnEvent) {
  Bus bus;
  const EventPtr first = make("a", "1");
  bus.publish(first);
  bus.publish(make("b", "2"));
  bus.publish(make("a", "3"));
  std::vector<EventPtr> past;
  std::vector<std::string> later;
  const auto subscription = bus.subscribe_client("a", first->id, past, note(later));
  bus.publish(make("a", "4"));
  EXPECT_THAT(types(past), ElementsAre("3"));
  EXPECT_THAT(later, ElementsAre("4"));
}

TEST(Bus, AnIdItDoesNotKnowStandsForItsTime) {
  Bus bus;
  bus.publish(make("a", "old", 1000));
  bus.publish(make("a", "new", 3000));
  std::vector<EventPtr> past;
  auto subscription = bus.subscribe_client("", "evt_" + ulid(2000), past, [](const auto&) {});
  EXPECT_THAT(types(past), ElementsAre("new"));
  past.clear();
  subscription = bus.subscribe_client("", "nonsense", past, [](const auto&) {});
  EXPECT_THAT(types(past), ElementsAre("old", "new"));
}

TEST(Bus, TheWindowIsBounded) {
  Bus bus({.window_events = 3, .window_bytes = 1 << 20});
  for (int i = 0; i < 10; ++i) {
    bus.publish(make("a", std::to_string(i)));
  }
  std::vector<EventPtr> past;
  const auto subscription = bus.subscribe_client("", "", past, [](const auto&) {});
  EXPECT_THAT(types(past), ElementsAre("7", "8", "9"));
  Bus tiny({.window_events = 100, .window_bytes = 1});
  tiny.publish(make("a", "too large"));
  past.clear();
  const auto other = tiny.subscribe_client("", "", past, [](const auto&) {});
  EXPECT_THAT(past, IsEmpty());
}

// As many events of 100 octets as the window holds, as a client sees that comes now.
std::size_t held(Bus& bus) {
  for (int i = 0; i < 100; ++i) {
    auto event = std::make_shared<Event>(*make("a", "x"));
    event->json = std::string(100, 'j');
    bus.publish(event);
  }
  std::vector<EventPtr> past;
  const auto visitor = bus.subscribe_client("", "begin", past, [](const auto&) {});
  return past.size();
}

TEST(Bus, TheWindowIsSmallUntilAClientComesAndWhenNoneIsExpectedAnyMore) {
  ManualClock clock;
  const BusOptions options{.window_bytes = 1 << 20,
                           .unwatched_bytes = 2'000,
                           .return_time = std::chrono::hours(1),
                           .clock = &clock};
  Bus bus(options);
  const auto metrics = bus.subscribe("", [](const EventPtr&) {});
  const std::size_t few = held(bus);
  EXPECT_GT(few, 0U);
  EXPECT_LT(few, 20U);
  clock.advance(options.return_time);
  EXPECT_GE(held(bus), few + 100);  // for the client of the first look
  clock.advance(options.return_time + Millis(1));
  EXPECT_EQ(held(bus), few);
}

TEST(Bus, ClientsOfAnEarlierRunAreExpected) {
  ManualClock clock;
  const BusOptions options{.unwatched_bytes = 2'000, .clock = &clock};
  Bus expecting(options);
  expecting.recall({make("a", "earlier")}, clock.unix_ms() + 1'000);
  EXPECT_EQ(held(expecting), 101U);
  Bus late(options);
  late.recall({make("a", "earlier")}, clock.unix_ms() - 1);
  EXPECT_LT(held(late), 20U);
}

TEST(Bus, ThreadsMayPublishAndSubscribeAtTheSameTime) {
  Bus bus;
  std::atomic<int> heard{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&bus, t] {
      for (int i = 0; i < 2000; ++i) {
        bus.publish(make(std::to_string(t), "x"));
      }
    });
    threads.emplace_back([&bus, &heard, t] {
      for (int i = 0; i < 500; ++i) {
        const auto subscription =
            bus.subscribe(std::to_string(t), [&heard](const EventPtr&) { ++heard; });
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(bus.published(), 4000U);
  EXPECT_EQ(bus.subscriptions(), 0U);
}

}  // namespace
}  // namespace waxwing::event
