// SPDX-License-Identifier: Apache-2.0
// Server-sent events without a socket: header, blocks, heartbeat, end.
#include "http/event_stream.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/wire.hpp"
#include "unit/http/fake_channel.hpp"

namespace waxwing::http {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

struct EventStreamTest : testing::Test {
  void SetUp() override { stream->on_open(); }
  void TearDown() override { stream->on_closed(); }

  void post(std::string text, const char* id = nullptr) {
    feed->post({std::make_shared<const std::string>(std::move(text)),
                id != nullptr ? std::make_shared<const std::string>(id) : nullptr});
    stream->on_call();
  }
  void drain() {
    while (!channel.drained) {
      channel.drained = true;
      stream->on_drained();
    }
  }

  Service service;
  test::FakeChannel channel;
  std::shared_ptr<Mailbox> mailbox = std::make_shared<Mailbox>();
  std::shared_ptr<Feed> feed = std::make_shared<Feed>(FeedLimits{100, 3});
  std::shared_ptr<EventStream> stream = std::make_shared<EventStream>(
      Handover{channel, service, mailbox}, Stream{feed, nullptr, seconds(15)});
};

TEST(EventStreamResponse, IsAHeaderWithoutALength) {
  const std::string head = serialise_head(event_stream_response({}), {});
  EXPECT_THAT(head, HasSubstr("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nContent-Type: text/event-stream\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("Content-Length")));
}

TEST_F(EventStreamTest, WritesABlockPerMessage) {
  EXPECT_EQ(channel.take_output(), "retry: 3000\n\n");
  post("{\"a\":1}", "evt_1");
  drain();
  post("two\r\nlines\n");
  EXPECT_EQ(channel.take_output(),
            "id: evt_1\ndata: {\"a\":1}\n\n"
            "data: two\ndata: lines\ndata: \n\n");
  EXPECT_EQ(service.stats.event_streams.messages, 2U);
  EXPECT_EQ(service.stats.event_streams.open, 1U);
}

TEST_F(EventStreamTest, SendsAHeartbeat) {
  drain();
  channel.take_output();
  EXPECT_EQ(channel.deadline, channel.time + seconds(15));
  channel.time = channel.deadline;
  stream->on_timeout();
  EXPECT_EQ(channel.take_output(), ":\n\n");
  EXPECT_EQ(channel.deadline, channel.time + seconds(15));
}

TEST_F(EventStreamTest, EndsForWhoIsTooSlow) {
  drain();
  for (int i = 0; i < 6; ++i) {
    post("x");
  }
  channel.take_output();
  EXPECT_FALSE(channel.finished) << "a block is on its way";
  drain();
  EXPECT_TRUE(channel.finished);
  EXPECT_THAT(channel.output, IsEmpty());
  EXPECT_EQ(service.stats.event_streams.too_slow, 1U);
  post("y");
  EXPECT_THAT(channel.output, IsEmpty());
}

TEST_F(EventStreamTest, EndsWithTheServerAndWithTheClient) {
  drain();
  stream->on_drain();
  stream->on_call();
  EXPECT_TRUE(channel.finished);
  EXPECT_FALSE(stream->wants_input());

  test::FakeChannel other_channel;
  const auto other = std::make_shared<EventStream>(Handover{other_channel, service, mailbox},
                                                   Stream{std::make_shared<Feed>(), nullptr});
  other->on_open();
  EXPECT_EQ(other->on_input("anything"), 8U);
  other->on_end_of_input();
  EXPECT_TRUE(other_channel.finished);
  other->on_closed();
  EXPECT_EQ(service.stats.event_streams.too_slow, 0U);
}

}  // namespace
}  // namespace waxwing::http
