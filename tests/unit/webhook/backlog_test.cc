// SPDX-License-Identifier: Apache-2.0
// Tests of the header below: what a day of waiting does, in no time. Real storage, real receiver.
#include "webhook/backlog.hpp"

#include <gtest/gtest.h>

#include "base/json.hpp"
#include "net/network.hpp"
#include "storage/blocking.hpp"
#include "support/local_storage.hpp"
#include "support/receiver.hpp"
#include "support/temp_dir.hpp"
#include "webhook/delivery.hpp"
#include "webhook/long_row.hpp"

namespace waxwing::webhook {
namespace {

using waxwing::testing::Reaction;
using waxwing::testing::Received;
using waxwing::testing::Receiver;

class BacklogTest : public ::testing::Test {
 protected:
  BacklogTest() {
    backlog_ = std::make_shared<Backlog>(
        delivery_, "s", store_->tenant("s", [this](Task task) { loop_.post(std::move(task)); }));
  }
  ~BacklogTest() override {
    backlog_->abandon();
    delivery_.stop();
    store_->flush_and_close();
    loop_.run_ready_for_test();
  }

  [[nodiscard]] static std::shared_ptr<storage::Store> open_store(const std::string& path) {
    auto module = waxwing::testing::create_local_storage(waxwing::testing::local_config(path));
    return *storage::Store::open(std::move(*module));
  }
  // One webhook, in slot_.
  void configure(const Receiver& receiver, const std::string& retries) {
    auto targets = assign_slots(*json::parse(R"({"webhooks":[{"url":")" + receiver.url() +
                                             R"(","events":["*"],"retries":)" + retries + "}]}"),
                                memory_);
    slot_ = targets.items.front().first;
    backlog_->configure(std::move(targets));
  }
  // As the session does it: the row first.
  void accept(const std::string& chat, const std::string& json) {
    auto event = std::make_shared<event::Event>();
    event->id = "evt_" + std::to_string(++sequence_);
    event->type = "message";
    event->session = "s";
    event->order_key = chat;
    event->json = json;
    Backlog::Arrival arrival;
    arrival.key = {1, sequence_};
    arrival.event = event;
    arrival.slots = {slot_};
    arrival.since_ms = clock_.unix_ms();
    std::vector<storage::WriteOp> ops;
    put_row(ops, kPendingSpace, arrival.key.octets(),
            write_row(*event, arrival.slots, arrival.since_ms));
    ASSERT_TRUE(rows_.commit(std::move(ops)));
    backlog_->accept(std::move(arrival));
  }
  // Lets the loop go on until `condition` holds.
  bool wait(const std::function<bool()>& condition) {
    const auto until = std::chrono::steady_clock::now() + waxwing::testing::kPatience;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > until) {
        return false;
      }
      if (loop_.run_ready_for_test() == 0) {
        std::this_thread::yield();
      }
    }
    return true;
  }
  bool wait_requests(const Receiver& receiver, std::size_t count) {
    return wait([&] { return receiver.count() >= count && counters_.under_way == 0; });
  }
  [[nodiscard]] std::size_t stored_rows(std::string_view space = kPendingSpace) const {
    storage::Scan scan;
    scan.space = space;
    return rows_.scan_all(std::move(scan))->size();
  }
  // As after a crash: only what is stored is left.
  void begin_anew() {
    backlog_->abandon();
    backlog_ = std::make_shared<Backlog>(
        delivery_, "s", store_->tenant("s", [this](Task task) { loop_.post(std::move(task)); }));
  }

  waxwing::testing::TempDir files_;
  ManualClock clock_;
  runtime::Loop loop_{"egress-test", clock_};
  net::Network network_;
  config::Webhooks settings_ = [] {
    config::Webhooks settings;
    settings.dead_letters_days = 36'500;  // the store's clock is the real one
    return settings;
  }();
  Counters counters_;
  std::uint64_t told_dropped_ = 0;
  Delivery delivery_{
      network_,
      loop_,
      settings_,
      "test",
      [this](const auto&, const auto&, std::uint64_t count) { told_dropped_ += count; },
      counters_};
  const std::shared_ptr<storage::Store> store_ = open_store(files_ / "data");
  std::shared_ptr<Backlog> backlog_;
  storage::BlockingTenant rows_{*store_, "s"};
  std::string memory_;
  Slot slot_ = 0;
  std::uint64_t sequence_ = 0;
};

TEST_F(BacklogTest, WhatWaitsLongerThanADayIsGivenUpAndTold) {
  const Receiver down([](const Received&) { return Reaction{.status = 500}; });
  configure(down, R"({"delaySeconds":500000,"attempts":100})");
  accept("a", R"("first")");
  accept("a", R"("behind the first")");
  ASSERT_TRUE(wait_requests(down, 1));
  clock_.advance(std::chrono::hours(12));
  accept("b", R"("half a day later")");
  ASSERT_TRUE(wait_requests(down, 2));
  EXPECT_EQ(stored_rows(), 3U);

  clock_.advance(std::chrono::hours(12) + std::chrono::minutes(1));
  ASSERT_TRUE(wait([&] { return counters_.dropped == 2; }));
  clock_.advance(std::chrono::seconds(2));
  ASSERT_TRUE(wait([&] { return told_dropped_ == 2 && stored_rows() == 1; }));
  clock_.advance(std::chrono::hours(12));
  ASSERT_TRUE(wait([&] { return counters_.dropped == 3; }));
  clock_.advance(std::chrono::seconds(2));
  EXPECT_TRUE(wait([&] { return stored_rows() == 0; }));
  EXPECT_EQ(counters_.pending, 0);
  EXPECT_EQ(down.count(), 2U);
}

TEST_F(BacklogTest, AReceiverThatIsDownDoesNotMakeWhatWaitsForItOlder) {
  const Receiver down([](const Received&) { return Reaction{.status = 503}; });
  configure(down, R"({"delaySeconds":5,"attempts":1000})");
  for (int chat = 0; chat < 30; ++chat) {
    accept(std::to_string(chat), R"("x")");
  }
  ASSERT_TRUE(wait_requests(down, 30));
  // Its breaker opens, so that almost all of them only wait for their turn.
  for (int i = 0; i < 10; ++i) {
    clock_.advance(std::chrono::seconds(5));
    loop_.run_ready_for_test();
  }
  ASSERT_TRUE(wait([&] { return counters_.under_way == 0 && counters_.open_breakers == 1; }));
  clock_.advance(std::chrono::hours(25));
  EXPECT_TRUE(wait([&] { return counters_.dropped == 30; }));
}

TEST_F(BacklogTest, ARetryAfterIsAMinimumAndAnHourTheMost) {
  std::atomic<int> tries{0};
  const Receiver receiver([&](const Received&) -> Reaction {
    switch (tries++) {
      case 0:
        return {.status = 429, .headers = {"Retry-After: 120"}};
      case 1:
        return {.status = 503, .headers = {"Retry-After: 999999"}};
      default:
        return {};
    }
  });
  configure(receiver, R"({"delaySeconds":0,"attempts":10})");
  accept("a", R"("x")");
  ASSERT_TRUE(wait_requests(receiver, 1));
  clock_.advance(std::chrono::seconds(119));
  loop_.run_ready_for_test();
  EXPECT_EQ(receiver.count(), 1U);
  clock_.advance(std::chrono::seconds(2));
  ASSERT_TRUE(wait_requests(receiver, 2));
  clock_.advance(std::chrono::minutes(59));
  loop_.run_ready_for_test();
  EXPECT_EQ(receiver.count(), 2U);
  clock_.advance(std::chrono::minutes(2));
  ASSERT_TRUE(wait_requests(receiver, 3));
  EXPECT_TRUE(wait([&] { return counters_.delivered == 1; }));
}

TEST_F(BacklogTest, RetriesFollowThePolicyByTheClock) {
  const Receiver down([](const Received&) { return Reaction{.status = 500}; });
  configure(down, R"({"policy":"linear","delaySeconds":10,"attempts":2})");
  accept("a", R"("x")");
  ASSERT_TRUE(wait_requests(down, 1));
  clock_.advance(std::chrono::milliseconds(9'900));
  loop_.run_ready_for_test();
  EXPECT_EQ(down.count(), 1U);
  clock_.advance(std::chrono::milliseconds(500));
  ASSERT_TRUE(wait_requests(down, 2));
  clock_.advance(std::chrono::milliseconds(19'900));
  loop_.run_ready_for_test();
  EXPECT_EQ(down.count(), 2U);
  clock_.advance(std::chrono::milliseconds(1'000));
  ASSERT_TRUE(wait_requests(down, 3));
  EXPECT_TRUE(wait([&] { return counters_.dead == 1; }));
}

TEST_F(BacklogTest, AKeptConnectionThatTheReceiverClosedIsNoFailure) {
  auto receiver = std::make_unique<Receiver>();
  configure(*receiver, R"({"delaySeconds":3600,"attempts":5})");
  for (int round = 0; round < 3; ++round) {
    accept("a", R"("x")");
    accept("b", R"("x")");
    ASSERT_TRUE(wait_requests(*receiver, 2));
    const std::uint16_t port = receiver->port();
    receiver.reset();  // closes what was kept for the next request
    loop_.run_ready_for_test();
    receiver = std::make_unique<Receiver>(Receiver::React{}, port);
  }
  EXPECT_EQ(counters_.delivered, 6U);
  EXPECT_EQ(counters_.failures, 0U);
}

// Longer than one row of the store may be, and more of them than memory is for.
TEST_F(BacklogTest, LongEventsOutliveTheServerAndLeaveNothing) {
  const auto text = [](int number) {
    return '"' + std::to_string(number) + std::string(3'000'000, 'x') + '"';
  };
  const Receiver down([](const Received&) { return Reaction{.status = 500}; });
  configure(down, R"({"delaySeconds":3600,"attempts":5})");
  for (int i = 0; i < 4; ++i) {
    accept("a", text(i));
  }
  accept("a", R"("short")");
  ASSERT_TRUE(wait_requests(down, 1));
  EXPECT_EQ(stored_rows(), 5U);
  EXPECT_EQ(stored_rows(parts_space(kPendingSpace)), 4U * 6U);

  begin_anew();
  clock_.advance(std::chrono::hours(1));
  const Receiver up;
  configure(up, R"({"delaySeconds":0,"attempts":5})");
  ASSERT_TRUE(wait_requests(up, 5));
  const auto all = up.all();
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(all[i].body, text(static_cast<int>(i))) << i;
  }
  EXPECT_EQ(all[4].body, R"("short")");
  clock_.advance(std::chrono::seconds(3));
  EXPECT_TRUE(wait([&] { return stored_rows() == 0; }));
  EXPECT_EQ(stored_rows(parts_space(kPendingSpace)), 0U);
}

TEST_F(BacklogTest, ALongDeadLetterIsKeptWhole) {
  const Receiver down([](const Received&) { return Reaction{.status = 500}; });
  configure(down, R"({"delaySeconds":0,"attempts":0})");
  const std::string text = '"' + std::string(2'000'000, 'x') + '"';
  accept("a", text);
  accept("b", R"("short")");
  ASSERT_TRUE(wait([&] { return counters_.dead == 2; }));
  for (const std::uint32_t limit : {0U, 100U}) {
    std::vector<Backlog::Dead> letters;
    bool read = false;
    backlog_->read_dead("", limit, [&](Result<std::vector<Backlog::Dead>> found) {
      letters = std::move(found).value();
      read = true;
    });
    ASSERT_TRUE(wait([&] { return read; }));
    ASSERT_EQ(letters.size(), 2U);
    EXPECT_EQ(letters[0].row.event->json, text);
    EXPECT_EQ(letters[1].row.event->json, R"("short")");
  }
  EXPECT_EQ(stored_rows(parts_space(kPendingSpace)), 0U);
}

// A piece that is lost costs its own event and no other.
TEST_F(BacklogTest, ADamagedLongEventStopsNothing) {
  const Receiver down([](const Received&) { return Reaction{.status = 500}; });
  configure(down, R"({"delaySeconds":3600,"attempts":5})");
  accept("a", '"' + std::string(2'000'000, 'x') + '"');
  accept("a", R"("behind it")");
  ASSERT_TRUE(wait_requests(down, 1));
  ASSERT_TRUE(rows_.commit({storage::WriteOp::erase(
      parts_space(kPendingSpace), RowKey{1, 1}.octets() + std::string("\0\0\0\1", 4))}));

  begin_anew();
  clock_.advance(std::chrono::hours(1));
  const Receiver up;
  configure(up, R"({"delaySeconds":0,"attempts":5})");
  ASSERT_TRUE(wait_requests(up, 1));
  EXPECT_EQ(up.all().front().body, R"("behind it")");
  clock_.advance(std::chrono::seconds(3));
  EXPECT_TRUE(wait([&] { return stored_rows() == 0; }));
  EXPECT_EQ(stored_rows(parts_space(kPendingSpace)), 0U);
}

}  // namespace
}  // namespace waxwing::webhook
