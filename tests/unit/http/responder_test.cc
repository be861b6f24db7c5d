// SPDX-License-Identifier: Apache-2.0
// One answer per request, from any thread, and none forgotten.
#include "http/responder.hpp"

#include <thread>

#include <gtest/gtest.h>

#include "http/mailbox.hpp"

namespace waxwing::http {
namespace {

struct Sink final : AnswerSink {
  void on_answer(std::uint64_t serial, Response&& response) override {
    answers.emplace_back(serial, response.status);
  }
  std::vector<std::pair<std::uint64_t, int>> answers;
};

struct ResponderTest : testing::Test {
  std::shared_ptr<Mailbox> mailbox = std::make_shared<Mailbox>();
  std::shared_ptr<Sink> sink = std::make_shared<Sink>();
  std::shared_ptr<Ticket> ticket = std::make_shared<Ticket>(mailbox, sink, 7);

  std::vector<int> posted() {
    std::vector<int> out;
    for (const auto& answer : mailbox->take().answers) {
      out.push_back(answer.response.status);
    }
    return out;
  }
};

TEST_F(ResponderTest, AnswersOnce) {
  Responder responder(ticket);
  responder.send_json(200, "{}");
  responder.send_json(201, "{}");
  EXPECT_EQ(posted(), std::vector{200});
}

TEST_F(ResponderTest, AnswersWhenDropped) {
  { const Responder responder(ticket); }
  EXPECT_EQ(posted(), std::vector{500});
}

TEST_F(ResponderTest, MovesItsDuty) {
  Responder first(ticket);
  Responder second(std::move(first));
  EXPECT_TRUE(posted().empty());
  second = Responder(std::make_shared<Ticket>(mailbox, sink, 8));
  EXPECT_EQ(posted(), std::vector{500}) << "the overwritten one";
  second.send_json(202, "{}");
  EXPECT_EQ(posted(), std::vector{202});
}

TEST_F(ResponderTest, AnswersAtOnceInsideItsOwnHandler) {
  Responder other(std::make_shared<Ticket>(mailbox, sink, 8));
  Responder responder(ticket);
  const Ticket::DirectScope direct(*ticket);
  other.send_json(200, "{}");
  responder.send_json(201, "{}");
  EXPECT_EQ(sink->answers, (std::vector<std::pair<std::uint64_t, int>>{{7, 201}}));
  EXPECT_EQ(posted(), std::vector{200});
}

TEST_F(ResponderTest, TellsOfCancellation) {
  Responder responder(ticket);
  int calls = 0;
  responder.on_cancel([&] { ++calls; });
  EXPECT_FALSE(responder.cancelled());
  ticket->cancel();
  ticket->cancel();
  EXPECT_EQ(calls, 1);
  EXPECT_TRUE(responder.cancelled());
  responder.on_cancel([&] { ++calls; });
  EXPECT_EQ(calls, 2) << "too late: at once";
  responder.send_json(200, "{}");
  EXPECT_TRUE(posted().empty());
}

TEST_F(ResponderTest, ForgetsCallbacksOnceAnswered) {
  auto held = std::make_shared<int>(0);
  const std::weak_ptr<int> watch = held;
  Responder responder(ticket);
  responder.on_cancel([held = std::move(held)] { ++*held; });
  responder.send_json(200, "{}");
  EXPECT_TRUE(watch.expired());
  ticket->cancel();
  EXPECT_FALSE(responder.cancelled());
}

TEST_F(ResponderTest, OutlivesItsServer) {
  Responder responder(ticket);
  mailbox->close();
  sink.reset();
  responder.send_json(200, "{}");
  EXPECT_TRUE(posted().empty());
}

TEST_F(ResponderTest, OneOfManyThreadsWins) {
  std::atomic<int> winners{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&, i] { winners += ticket->answer(Response::empty(200 + i)) ? 1 : 0; });
    }
    threads.emplace_back([&] { ticket->cancel(); });
  }
  EXPECT_EQ(winners, static_cast<int>(posted().size()));
  EXPECT_LE(winners, 1);
}

}  // namespace
}  // namespace waxwing::http
