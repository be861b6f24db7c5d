// SPDX-License-Identifier: Apache-2.0
// One event loop: order, timers, watches, the end.
#include "runtime/loop.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace waxwing::runtime {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class LoopTest : public ::testing::Test {
 protected:
  void pass(Millis span) {
    clock_.advance(span);
    loop_.run_ready_for_test();
  }
  Task say(std::string word) {
    return [this, word = std::move(word)] { said_.push_back(word); };
  }

  ManualClock clock_;
  Loop loop_{"test", clock_};
  std::vector<std::string> said_;
};

TEST_F(LoopTest, RunsTasksInTheOrderTheyWerePosted) {
  loop_.post(say("a"));
  loop_.post([this] {
    loop_.post(say("c"));
    say("b")();
  });
  loop_.post(say("d"));
  EXPECT_THAT(said_, IsEmpty());
  EXPECT_EQ(loop_.run_ready_for_test(), 4U);
  EXPECT_THAT(said_, ElementsAre("a", "b", "d", "c"));
}

TEST_F(LoopTest, KnowsWhetherItRuns) {
  EXPECT_FALSE(loop_.on_loop());
  bool inside = false;
  loop_.post([&] { inside = loop_.on_loop(); });
  loop_.run_ready_for_test();
  EXPECT_TRUE(inside);
  EXPECT_FALSE(loop_.on_loop());
}

TEST_F(LoopTest, FiresTimersInTheOrderOfTheirDeadlines) {
  loop_.start_timer(Millis(30), say("30"));
  loop_.start_timer(Millis(10), say("10"));
  loop_.start_timer(Millis(20), say("20a"));
  loop_.start_timer(Millis(20), say("20b"));
  loop_.start_timer(Millis(-5), say("past"));
  loop_.run_ready_for_test();
  EXPECT_THAT(said_, ElementsAre("past"));
  pass(Millis(9));
  EXPECT_THAT(said_, SizeIs(1));
  pass(Millis(1));
  EXPECT_THAT(said_, ElementsAre("past", "10"));
  pass(Millis(100));
  EXPECT_THAT(said_, ElementsAre("past", "10", "20a", "20b", "30"));
}

TEST_F(LoopTest, CancelsTimersAlsoFromInsideOne) {
  const auto held = std::make_shared<int>(1);
  const auto first = loop_.start_timer(Millis(10), [held] { FAIL(); });
  EXPECT_EQ(held.use_count(), 2);
  loop_.cancel_timer(first);
  EXPECT_EQ(held.use_count(), 1) << "the task is destroyed at once";
  loop_.cancel_timer(first);
  loop_.cancel_timer(0);
  Loop::TimerId second = 0;
  loop_.start_timer(Millis(20), [&] {
    loop_.cancel_timer(second);
    say("killer")();
  });
  second = loop_.start_timer(Millis(20), say("victim"));
  pass(Millis(20));
  EXPECT_THAT(said_, ElementsAre("killer"));
}

TEST_F(LoopTest, LetsACancelledTaskTouchTheLoop) {
  struct Chain {
    Loop& loop;
    Loop::TimerId next;
    ~Chain() { loop.cancel_timer(next); }
  };
  const auto next = loop_.start_timer(Millis(10), say("next"));
  const auto id =
      loop_.start_timer(Millis(5), [chain = std::make_unique<Chain>(Chain{loop_, next})] {});
  loop_.cancel_timer(id);
  pass(Millis(100));
  EXPECT_THAT(said_, IsEmpty());
}

TEST_F(LoopTest, GivesOthersTheirTurnBetweenTimersOfNoDelay) {
  int fired = 0;
  std::function<void()> again = [&] {
    if (++fired < 5) {
      loop_.start_timer(Millis(0), [&] { again(); });
    }
    if (fired == 1) {
      loop_.post(say("a task"));
    }
    if (fired == 3) {
      EXPECT_THAT(said_, SizeIs(1)) << "the task had to wait for all timers";
    }
  };
  loop_.start_timer(Millis(0), [&] { again(); });
  loop_.run_ready_for_test();
  EXPECT_EQ(fired, 5);
}

TEST_F(LoopTest, MergesTimersThatAreInNoHurry) {
  clock_.advance(Millis(10'000));
  std::vector<Millis> at;
  for (int i = 0; i < 100; ++i) {
    loop_.start_timer(
        Millis(1'000 + 2 * i), [&] { at.push_back(clock_.monotonic()); }, Millis(500));
  }
  for (int i = 0; i < 2'000; ++i) {
    pass(Millis(1));
  }
  ASSERT_THAT(at, SizeIs(100));
  std::sort(at.begin(), at.end());
  at.erase(std::unique(at.begin(), at.end()), at.end());
  EXPECT_THAT(at, ElementsAre(Millis(11'000), Millis(11'250)));
}

class PipeTest : public LoopTest {
 protected:
  PipeTest() { EXPECT_EQ(::pipe2(ends_.data(), O_CLOEXEC | O_NONBLOCK), 0); }
  ~PipeTest() override {
    ::close(ends_[0]);
    close_writer();
  }
  void write(const std::string& text) {
    ASSERT_EQ(::write(ends_[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  char read_one() {
    char octet = '-';
    return ::read(ends_[0], &octet, 1) == 1 ? octet : '-';
  }
  void close_writer() {
    if (ends_[1] >= 0) {
      ::close(ends_[1]);
      ends_[1] = -1;
    }
  }

  std::array<int, 2> ends_{};
};

TEST_F(PipeTest, TellsAsLongAsThereIsSomethingToRead) {
  std::string text;
  const auto id = loop_.watch(ends_[0], Loop::kRead, [&](std::uint32_t ready) {
    EXPECT_EQ(ready, std::uint32_t{Loop::kRead});
    text += read_one();
  });
  EXPECT_NE(id, 0U);
  loop_.run_ready_for_test();
  EXPECT_EQ(text, "");
  write("abc");
  loop_.run_ready_for_test();
  EXPECT_EQ(text, "abc") << "level-triggered: one octet per call";
  loop_.unwatch(id);
  write("d");
  loop_.run_ready_for_test();
  EXPECT_EQ(text, "abc");
  EXPECT_EQ(::fcntl(ends_[0], F_GETFD) & FD_CLOEXEC, FD_CLOEXEC) << "the descriptor stays open";
}

TEST_F(PipeTest, ChangesWhatIsWaitedFor) {
  int writable = 0;
  const auto id = loop_.watch(ends_[1], 0, [&](std::uint32_t ready) {
    EXPECT_EQ(ready, std::uint32_t{Loop::kWrite});
    ++writable;
    loop_.update_watch(1, 0);
  });
  ASSERT_EQ(id, 1U);
  loop_.run_ready_for_test();
  EXPECT_EQ(writable, 0);
  loop_.update_watch(id, Loop::kWrite);
  loop_.run_ready_for_test();
  EXPECT_EQ(writable, 1);
  loop_.update_watch(id, Loop::kWrite);
  loop_.run_ready_for_test();
  EXPECT_EQ(writable, 2);
  loop_.update_watch(99, Loop::kRead);
  loop_.unwatch(99);
}

TEST_F(PipeTest, MayBeUnwatchedFromInside) {
  int calls = 0;
  Loop::WatchId id = 0;
  const auto held = std::make_shared<int>(1);
  id = loop_.watch(ends_[0], Loop::kRead, [&, held](std::uint32_t) {
    ++calls;
    loop_.unwatch(id);
    EXPECT_GE(held.use_count(), 2) << "the callback that runs is not destroyed under itself";
  });
  write("ab");
  loop_.run_ready_for_test();
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(held.use_count(), 1);
}

TEST_F(PipeTest, SaysWhenTheOtherEndIsGone) {
  int calls = 0;
  Loop::WatchId id = 0;
  id = loop_.watch(ends_[0], Loop::kRead, [&](std::uint32_t ready) {
    EXPECT_NE(ready & Loop::kRead, 0U) << "reading gives the end";
    ++calls;
    loop_.unwatch(id);
  });
  close_writer();
  loop_.run_ready_for_test();
  EXPECT_EQ(calls, 1);
}

TEST_F(PipeTest, TellsNothingOfTheEndToWhoWaitsForNothing) {
  int calls = 0;
  const auto id = loop_.watch(ends_[0], Loop::kRead, [&](std::uint32_t ready) {
    EXPECT_EQ(ready, std::uint32_t{Loop::kRead});
    ++calls;
    loop_.update_watch(1, 0);
  });
  ASSERT_EQ(id, 1U);
  write("x");
  loop_.run_ready_for_test();
  EXPECT_EQ(calls, 1);
  close_writer();
  loop_.run_ready_for_test();
  EXPECT_EQ(calls, 1);
  loop_.update_watch(id, Loop::kRead);
  loop_.run_ready_for_test();
  EXPECT_EQ(calls, 2) << "there is something to read, and the end";
  loop_.unwatch(id);
  EXPECT_EQ(::fcntl(ends_[0], F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

TEST_F(PipeTest, AsksForDescriptorsBetweenTasksThatPostThemselves) {
  int rounds = 0;
  bool told = false;
  Loop::WatchId id = 0;
  id = loop_.watch(ends_[0], Loop::kRead, [&](std::uint32_t) {
    told = true;
    loop_.unwatch(id);
  });
  write("x");
  std::function<void()> again = [&] {
    if (!told && ++rounds < 100'000) {
      loop_.post([&] { again(); });
    }
  };
  again();
  loop_.run_ready_for_test();
  EXPECT_TRUE(told);
  EXPECT_LT(rounds, 1'000);
}

TEST_F(PipeTest, AnUnwatchedDescriptorsNumberIsFreeAtOnce) {
  const auto first =
      loop_.watch(ends_[0], Loop::kRead | Loop::kError, [](std::uint32_t) { FAIL(); });
  loop_.unwatch(first);
  int calls = 0;
  Loop::WatchId second = 0;
  second = loop_.watch(ends_[0], Loop::kRead, [&](std::uint32_t) {
    ++calls;
    loop_.unwatch(first);  // long gone
    loop_.unwatch(second);
  });
  ASSERT_NE(second, 0U);
  write("x");
  loop_.run_ready_for_test();
  EXPECT_EQ(calls, 1);
}

TEST_F(PipeTest, RefusesDescriptorsThatCannotBeWatched) {
  EXPECT_EQ(loop_.watch(-1, Loop::kRead, [](std::uint32_t) { FAIL(); }), 0U);
  EXPECT_EQ(loop_.watch(9'999, Loop::kRead, [](std::uint32_t) { FAIL(); }), 0U);
  const auto first = loop_.watch(ends_[0], Loop::kRead, [](std::uint32_t) {});
  EXPECT_NE(first, 0U);
  EXPECT_EQ(loop_.watch(ends_[0], Loop::kRead, [](std::uint32_t) { FAIL(); }), 0U);
  loop_.unwatch(first);
  loop_.run_ready_for_test();
  EXPECT_NE(loop_.watch(ends_[0], Loop::kRead, [](std::uint32_t) {}), 0U);
}

TEST_F(PipeTest, ADescriptorMayBeClosedAtOnceAndItsNumberUsedAgain) {
  const int number = ends_[0];
  const auto first = loop_.watch(number, Loop::kRead, [](std::uint32_t) { FAIL(); });
  loop_.unwatch(first);
  std::array<int, 2> other{};
  ASSERT_EQ(::pipe2(other.data(), O_CLOEXEC | O_NONBLOCK), 0);
  ASSERT_EQ(::dup3(other[0], number, O_CLOEXEC), number);
  int calls = 0;
  const auto second = loop_.watch(number, Loop::kRead, [&](std::uint32_t) {
    char octet = 0;
    calls += ::read(number, &octet, 1) == 1 ? 1 : 0;
  });
  ASSERT_NE(second, 0U);
  loop_.run_ready_for_test();
  ASSERT_EQ(::write(other[1], "x", 1), 1);
  loop_.run_ready_for_test();
  EXPECT_EQ(calls, 1);
  loop_.unwatch(second);
  ::close(other[0]);
  ::close(other[1]);
}

TEST(LoopThread, RunsWhatWasQueuedBeforeItStops) {
  std::vector<int> ran;
  const auto held = std::make_shared<int>(1);
  {
    Loop loop("stopping");
    loop.start();
    for (int i = 0; i < 100; ++i) {
      loop.post([&ran, i] { ran.push_back(i); });
    }
    loop.post([&] { loop.start_timer(Millis(3'600'000), [held] { FAIL(); }); });
    loop.stop();
    EXPECT_EQ(ran.size(), 100U);
    EXPECT_EQ(held.use_count(), 1) << "timers that are not due are dropped";
    loop.post([&ran, held] { ran.push_back(-1); });
    loop.stop();
  }
  EXPECT_EQ(ran.size(), 100U);
  EXPECT_EQ(held.use_count(), 1) << "destroyed unrun";
}

TEST(LoopThread, FiresTimersAndTakesTasksFromManyThreads) {
  Loop loop("busy");
  loop.start();
  std::promise<void> fired;
  loop.post([&] { loop.start_timer(Millis(1), [&] { fired.set_value(); }); });
  int count = 0;
  std::vector<std::thread> threads;
  for (int n = 0; n < 4; ++n) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        loop.post([&] { ++count; });
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  fired.get_future().wait();
  loop.stop();
  EXPECT_EQ(count, 2'000);
}

// Each task comes when the loop has gone to sleep, or is about to.
TEST(LoopThread, WakesForEveryTaskThatIsPostedToItAsleep) {
  Loop there("there");
  Loop here("here");
  there.start();
  here.start();
  constexpr int kTurns = 2'000;
  int turns = 0;
  std::promise<void> done;
  std::function<void()> ping;
  const std::function<void()> pong = [&] { here.post([&] { ping(); }); };
  ping = [&] {
    if (++turns == kTurns) {
      done.set_value();
    } else {
      there.post([&] { pong(); });
    }
  };
  here.post([&] { ping(); });
  done.get_future().wait();
  there.stop();
  here.stop();
  EXPECT_EQ(turns, kTurns);
}

TEST(LoopThread, ShowsHowLongItHasBeenBusyAndWithWhat) {
  ManualClock clock;
  Loop loop("held", clock);
  loop.start();
  clock.advance(Millis(1'000));
  std::promise<void> inside;
  std::promise<void> leave;
  loop.post([&] {
    loop.set_doing("test.plugin");
    inside.set_value();
    leave.get_future().wait();
    loop.set_doing("");
  });
  inside.get_future().wait();
  clock.advance(Millis(300));
  EXPECT_EQ(loop.busy_for(), Millis(300));
  EXPECT_STREQ(loop.doing(), "test.plugin");
  leave.set_value();
  loop.stop();
  EXPECT_EQ(loop.busy_for(), Millis(0));
}

TEST(LoopThread, WatchesStopWithTheLoop) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
  std::promise<void> seen;
  {
    Loop loop("watch");
    loop.start();
    loop.post([&] {
      loop.watch(ends[0], Loop::kRead, [&](std::uint32_t) {
        char octet = 0;
        if (::read(ends[0], &octet, 1) == 1) {
          seen.set_value();
        }
      });
    });
    ASSERT_EQ(::write(ends[1], "x", 1), 1);
    seen.get_future().wait();
    loop.stop();
  }
  EXPECT_EQ(::close(ends[0]), 0) << "the loop does not close what it watches";
  EXPECT_EQ(::close(ends[1]), 0);
}

}  // namespace
}  // namespace waxwing::runtime
