// SPDX-License-Identifier: Apache-2.0
// Messages for one client: order, limits, one call for many of them, and many threads.
#include "http/feed.hpp"

#include <atomic>
#include <latch>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "http/mailbox.hpp"

namespace waxwing::http {
namespace {

Message text(std::string value) {
  return {std::make_shared<const std::string>(std::move(value)), nullptr};
}

std::string joined(const Feed::Batch& batch) {
  std::string out;
  for (const Message& message : batch.messages) {
    out += *message.text;
  }
  return out;
}

struct Silent final : Callee {
  void on_call() override {}
};

struct FeedTest : testing::Test {
  std::shared_ptr<Mailbox> mailbox = std::make_shared<Mailbox>();
  std::shared_ptr<Silent> callee = std::make_shared<Silent>();

  std::size_t calls() { return mailbox->take().calls.size(); }
};

TEST_F(FeedTest, KeepsWhatComesBeforeItsClient) {
  Feed feed;
  EXPECT_TRUE(feed.post(text("c")));
  feed.put_first({text("a"), text("b")});
  EXPECT_TRUE(feed.post(text("d")));
  feed.attach(mailbox, callee);
  EXPECT_EQ(joined(feed.take()), "ab") << "what is past, and it alone";
  EXPECT_EQ(joined(feed.take()), "cd");
  EXPECT_TRUE(feed.take().messages.empty());
}

TEST_F(FeedTest, CallsOnceForMany) {
  Feed feed;
  feed.attach(mailbox, callee);
  for (int i = 0; i < 10; ++i) {
    feed.post(text("x"));
  }
  EXPECT_EQ(calls(), 1U);
  feed.post(text("x"));
  EXPECT_EQ(calls(), 0U) << "nothing was taken since";
  EXPECT_EQ(feed.take().messages.size(), 11U);
  feed.post(text("x"));
  EXPECT_EQ(calls(), 1U);
}

TEST_F(FeedTest, GivesSharesOfBoundedSize) {
  Feed feed({100 * kMiB, 100'000});
  for (int i = 0; i < 10; ++i) {
    feed.post(text(std::string(40 * kKiB, 'x')));
  }
  EXPECT_EQ(feed.take().messages.size(), 2U);
  Feed many({100 * kMiB, 100'000});
  for (int i = 0; i < 1000; ++i) {
    many.post(text("x"));
  }
  std::size_t took = 0;
  for (int i = 0; i < 20; ++i) {
    const std::size_t share = many.take().messages.size();
    EXPECT_LE(share, 64U);
    took += share;
  }
  EXPECT_EQ(took, 1000U);
}

TEST_F(FeedTest, GivesUpWhoHasTooManyWaiting) {
  Feed feed({kMiB, 3});
  feed.attach(mailbox, callee);
  EXPECT_TRUE(feed.post(text("1")));
  EXPECT_TRUE(feed.post(text("2")));
  EXPECT_EQ(joined(feed.take()), "12");
  EXPECT_TRUE(feed.post(text("3")));
  EXPECT_FALSE(feed.post(text("4"))) << "what was taken counts until it has left";
  EXPECT_FALSE(feed.post(text("5")));
  const Feed::Batch last = feed.take();
  EXPECT_TRUE(last.messages.empty()) << "nothing is left in memory";
  ASSERT_TRUE(last.farewell);
  EXPECT_EQ(last.farewell->code, kCloseTooSlow);
  EXPECT_FALSE(feed.take().farewell) << "said once";
  EXPECT_TRUE(feed.detach());
}

TEST_F(FeedTest, GivesUpWhoHasTooMuchWaiting) {
  Feed feed({10, 100});
  EXPECT_TRUE(feed.post(text("123456")));
  EXPECT_FALSE(feed.post(text("789ab")));
  EXPECT_TRUE(feed.take().farewell);
}

TEST_F(FeedTest, TakesOneMessageOfAnySize) {
  Feed feed({10, 100});
  EXPECT_TRUE(feed.post(text(std::string(1000, 'x'))));
  EXPECT_EQ(feed.take().messages.size(), 1U);
  EXPECT_FALSE(feed.post(text("y")));
}

TEST_F(FeedTest, CountsNothingThatLeft) {
  Feed feed({10, 2});
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(feed.post(text("12345")));
    ASSERT_TRUE(feed.post(text("12345")));
    ASSERT_EQ(feed.take().messages.size(), 2U);
    ASSERT_TRUE(feed.take().messages.empty());
  }
}

TEST_F(FeedTest, CountsNoPastMessage) {
  Feed feed({10, 2});
  std::vector<Message> past;
  for (int i = 0; i < 100; ++i) {
    past.push_back(text("12345"));
  }
  feed.put_first(std::move(past));
  EXPECT_TRUE(feed.post(text("1")));
  EXPECT_TRUE(feed.post(text("2")));
  EXPECT_EQ(feed.take().messages.size(), 64U);
  EXPECT_EQ(feed.take().messages.size(), 36U);
  EXPECT_EQ(joined(feed.take()), "12");
}

TEST_F(FeedTest, EndsBehindWhatWasPosted) {
  Feed feed;
  feed.attach(mailbox, callee);
  feed.post(text("a"));
  feed.end(1001, "first");
  feed.end(1008, "second");
  EXPECT_FALSE(feed.post(text("b")));
  const Feed::Batch last = feed.take();
  EXPECT_EQ(joined(last), "a");
  ASSERT_TRUE(last.farewell);
  EXPECT_EQ(last.farewell->code, 1001);
  EXPECT_EQ(last.farewell->reason, "first");
  EXPECT_FALSE(feed.detach());
}

TEST_F(FeedTest, TakesNothingForWhoIsGone) {
  Feed feed;
  feed.attach(mailbox, callee);
  feed.post(text("a"));
  feed.detach();
  EXPECT_FALSE(feed.post(text("b")));
  feed.end(1000, "");
  const Feed::Batch batch = feed.take();
  EXPECT_TRUE(batch.messages.empty());
  EXPECT_FALSE(batch.farewell);
}

// Each thread's messages come in order and once, whatever the worker does meanwhile.
TEST_F(FeedTest, BearsManyThreads) {
  constexpr int kThreads = 4;
  constexpr int kEach = 5000;
  Feed feed({100 * kMiB, 1'000'000});
  std::latch begin(kThreads + 1);
  std::vector<std::thread> threads;
  std::atomic<int> refused{0};
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      begin.arrive_and_wait();
      for (int i = 0; i < kEach; ++i) {
        refused += feed.post(text(std::to_string(t) + " " + std::to_string(i))) ? 0 : 1;
      }
    });
  }
  begin.arrive_and_wait();
  feed.attach(mailbox, callee);
  std::vector<int> next(kThreads);
  for (int taken = 0; taken < kThreads * kEach;) {
    [[maybe_unused]] const auto mail = mailbox->take();
    for (const Message& message : feed.take().messages) {
      const auto space = message.text->find(' ');
      const auto thread = static_cast<std::size_t>(std::stoi(*message.text));
      ASSERT_EQ(std::stoi(message.text->substr(space)), next[thread]++);
      ++taken;
    }
  }
  for (auto& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(refused, 0);
}

}  // namespace
}  // namespace waxwing::http
