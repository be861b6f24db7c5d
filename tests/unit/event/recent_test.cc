// SPDX-License-Identifier: Apache-2.0
// Tests of the header below, over the real local storage.
#include "event/recent.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/ids.hpp"
#include "event/bus.hpp"
#include "storage/blocking.hpp"
#include "support/local_storage.hpp"
#include "support/temp_dir.hpp"

namespace waxwing::event {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Millis kDay = std::chrono::hours(24);

class RecentTest : public ::testing::Test {
 protected:
  RecentTest() {
    auto module =
        waxwing::testing::create_local_storage(waxwing::testing::local_config(files_ / "data"));
    store_ = *storage::Store::open(std::move(*module), {.clock = &clock_});
  }
  EventPtr event(const std::string& session, const std::string& type, std::size_t size = 10) {
    auto made = std::make_shared<Event>();
    made->id = "evt_" + ulid(clock_.unix_ms());
    made->session = session;
    made->type = type;
    made->json = std::string(size, 'j');
    return made;
  }
  Bus::SubscriptionPtr listen(Bus& bus, const std::string& session) {
    std::vector<EventPtr> past;
    return bus.subscribe_client(session, std::nullopt, past, [](const auto&) {});
  }
  void keep(Recent& recent, const EventPtr& event) {
    std::vector<storage::WriteOp> rows;
    recent.keep(*event, rows);
    if (!rows.empty()) {
      EXPECT_TRUE(storage::BlockingTenant(*store_, event->session).commit(std::move(rows)));
    }
  }
  // What a client hears that comes back to everything, on a server that just started.
  std::vector<std::string> types_after_restart(std::map<std::string, Earlier>* told = nullptr) {
    Bus bus(options_);
    recall({{"a", store_}, {"b", store_}}, limits_, bus,
           [&](const std::string& session, Earlier earlier) {
             if (told != nullptr) {
               (*told)[session] = std::move(earlier);
             }
           });
    std::vector<EventPtr> past;
    const auto subscription = bus.subscribe_client("", "begin", past, [](const auto&) {});
    std::vector<std::string> types;
    for (const EventPtr& one : past) {
      EXPECT_EQ(one->json.front(), 'j');
      types.push_back(one->type);
    }
    return types;
  }

  // Rows that expire do so by the module's clock, which is the system's.
  class NowClock final : public Clock {
   public:
    [[nodiscard]] Millis monotonic() const noexcept override { return moved_; }
    [[nodiscard]] std::int64_t unix_ms() const noexcept override {
      return start_ms_ + moved_.count();
    }
    void advance(Millis by) { moved_ += by; }

   private:
    const std::int64_t start_ms_ = Clock::system().unix_ms();
    Millis moved_{0};
  };

  waxwing::testing::TempDir files_;
  NowClock clock_;
  std::shared_ptr<storage::Store> store_;
  BusOptions options_{
      .window_events = 100, .window_bytes = 1 << 20, .return_time = kDay, .clock = &clock_};
  RecentLimits limits_{3, 400};
  Bus bus_{options_};
};

TEST_F(RecentTest, KeepsNothingWhileNobodyListens) {
  Recent recent(bus_, limits_);
  std::vector<storage::WriteOp> rows;
  recent.keep(*event("a", "1"), rows);
  const auto other = listen(bus_, "b");
  const auto metrics = bus_.subscribe("", [](const auto&) {});
  recent.keep(*event("a", "2"), rows);
  EXPECT_THAT(rows, IsEmpty());
}

TEST_F(RecentTest, TheLastOnesOfAllSessionsComeBackInTheirOrder) {
  Recent a(bus_, limits_);
  Recent b(bus_, limits_);
  const auto client = listen(bus_, "");
  for (int i = 1; i <= 4; ++i) {
    keep(a, event("a", "a" + std::to_string(i)));
    keep(b, event("b", "b" + std::to_string(i)));
  }
  EXPECT_THAT(types_after_restart(), ElementsAre("a2", "b2", "a3", "b3", "a4", "b4"));
}

TEST_F(RecentTest, TheyAreBoundedInSizeToo) {
  Recent recent(bus_, limits_);
  const auto client = listen(bus_, "a");
  keep(recent, event("a", "too large", 101));
  for (const char* type : {"1", "2", "3"}) {
    keep(recent, event("a", type, 100));
  }
  EXPECT_THAT(types_after_restart(), ElementsAre("1", "2", "3"));
  limits_ = {3, 250};
  Recent smaller(bus_, limits_);
  std::map<std::string, Earlier> told;
  types_after_restart(&told);
  smaller.inherit(std::move(told["a"]));
  keep(smaller, event("a", "4", 50));
  EXPECT_THAT(types_after_restart(), ElementsAre("3", "4"));
}

TEST_F(RecentTest, WhoLeftIsExpectedBackForADay) {
  Recent recent(bus_, limits_);
  listen(bus_, "a").reset();
  keep(recent, event("a", "1"));
  clock_.advance(kDay - Millis(1));
  keep(recent, event("a", "2"));
  clock_.advance(Millis(1));
  std::vector<storage::WriteOp> rows;
  recent.keep(*event("a", "3"), rows);
  EXPECT_THAT(rows, IsEmpty());
}

TEST_F(RecentTest, ARestartDoesNotMakeThatTimeLonger) {
  Recent recent(bus_, limits_);
  listen(bus_, "a").reset();
  clock_.advance(kDay / 2);
  keep(recent, event("a", "1"));
  std::map<std::string, Earlier> told;
  EXPECT_THAT(types_after_restart(&told), ElementsAre("1"));
  Bus bus(options_);
  Recent after(bus, limits_);
  after.inherit(std::move(told["a"]));
  clock_.advance(kDay / 2 - Millis(1));
  keep(after, event("a", "2"));
  clock_.advance(Millis(1));
  std::vector<storage::WriteOp> rows;
  after.keep(*event("a", "3"), rows);
  EXPECT_THAT(rows, IsEmpty());
}

TEST_F(RecentTest, ADamagedRowIsPassedOver) {
  ASSERT_TRUE(storage::BlockingTenant(*store_, "a")
                  .commit({storage::WriteOp::put(std::string(kRecentSpace), "k", "no event")}));
  EXPECT_THAT(types_after_restart(), IsEmpty());
}

TEST_F(RecentTest, WhatAStoreMightRefuseIsNotKept) {
  Recent recent(bus_, {1000, 100 << 20});
  const auto client = listen(bus_, "a");
  std::vector<storage::WriteOp> rows;
  recent.keep(*event("a", "large", (512 << 10) + 1), rows);
  EXPECT_THAT(rows, IsEmpty());
  recent.keep(*event("a", "fits", 512 << 10), rows);
  EXPECT_TRUE(storage::BlockingTenant(*store_, "a").commit(std::move(rows)));
}

TEST_F(RecentTest, EphemeralEventsAreNotKept) {
  Recent recent(bus_, limits_);
  const auto client = listen(bus_, "a");
  auto made = std::make_shared<Event>(*event("a", "presence.update"));
  made->ephemeral = true;
  std::vector<storage::WriteOp> rows;
  recent.keep(*made, rows);
  EXPECT_THAT(rows, IsEmpty());
}

}  // namespace
}  // namespace waxwing::event
