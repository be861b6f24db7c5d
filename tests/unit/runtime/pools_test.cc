// SPDX-License-Identifier: Apache-2.0
// The blocking pool and the pool of loops.
#include <atomic>
#include <future>
#include <memory>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/metrics.hpp"
#include "runtime/blocking_pool.hpp"
#include "runtime/loop_pool.hpp"

namespace waxwing::runtime {
namespace {

TEST(BlockingPool, RunsWhatIsQueuedBeforeItStops) {
  std::atomic<int> ran{0};
  BlockingPool pool(3, 1'000);
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(pool.submit([&] { ++ran; }));
  }
  pool.stop();
  EXPECT_EQ(ran, 200);
  EXPECT_EQ(pool.submit([&] { ++ran; }).code(), Code::Unavailable);
  pool.stop();
  EXPECT_EQ(ran, 200);
}

TEST(BlockingPool, RefusesWhenItsQueueIsFull) {
  BlockingPool pool(1, 2);
  std::promise<void> inside;
  std::promise<void> leave;
  ASSERT_TRUE(pool.submit([&] {
    inside.set_value();
    leave.get_future().wait();
  }));
  inside.get_future().wait();
  const auto held = std::make_shared<int>(0);
  EXPECT_TRUE(pool.submit([held] {}));
  EXPECT_TRUE(pool.submit([held] {}));
  EXPECT_EQ(pool.submit([held] {}).code(), Code::Unavailable);
  EXPECT_EQ(held.use_count(), 3) << "the refused task is dropped";
  leave.set_value();
  pool.stop();
  EXPECT_EQ(held.use_count(), 1);
}

// What a task owned is destroyed while the pool is open for others.
TEST(BlockingPool, LetsTheEndOfATaskSubmitAnother) {
  std::atomic<bool> ran{false};
  std::promise<void> done;
  BlockingPool pool(1, 10);
  struct Chain {
    BlockingPool* pool;
    std::function<void()> next;
    ~Chain() {
      if (pool != nullptr) {
        pool->submit([next = next] { next(); }).ignore();
      }
    }
  };
  auto chain = std::make_shared<Chain>(Chain{nullptr, [&] {
                                               ran = true;
                                               done.set_value();
                                             }});
  chain->pool = &pool;
  ASSERT_TRUE(pool.submit([chain = std::move(chain)] {}));
  done.get_future().wait();
  pool.stop();
  EXPECT_TRUE(ran);
}

TEST(LoopPool, SpreadsTenantsEvenly) {
  Metrics metrics("test_", {});
  LoopPool pool(3, metrics);
  std::multiset<const Loop*> given;
  for (int i = 0; i < 9; ++i) {
    given.insert(&pool.acquire());
  }
  for (std::size_t i = 0; i < pool.size(); ++i) {
    EXPECT_EQ(given.count(&pool.at(i)), 3U);
  }
  pool.release(pool.at(1));
  EXPECT_EQ(&pool.acquire(), &pool.at(1));
  EXPECT_GE(LoopPool(0, metrics).size(), 1U);
}

TEST(LoopPool, CountsALoopThatIsHeld) {
  Metrics metrics("test_", {});
  ManualClock clock;
  clock.advance(Millis(1));
  LoopPool pool(1, metrics, clock);
  pool.start();
  std::promise<void> inside;
  std::promise<void> leave;
  pool.at(0).post([&] {
    inside.set_value();
    leave.get_future().wait();
  });
  inside.get_future().wait();
  clock.advance(Millis(300));
  // The watchdog looks ten times a second.
  while (metrics.text().find("test_loop_stalls_total 1") == std::string::npos) {
    std::this_thread::yield();
  }
  leave.set_value();
  pool.stop();
}

}  // namespace
}  // namespace waxwing::runtime
