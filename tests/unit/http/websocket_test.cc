// SPDX-License-Identifier: Apache-2.0
// The server's end of a WebSocket without a socket: handshake, frames, pings, closing, hostile
// input.
#include "http/websocket.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/wire.hpp"
#include "unit/http/fake_channel.hpp"

namespace waxwing::http {
namespace {

using net::WsEvent;
using net::WsOpcode;
using net::WsRole;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string frame(WsOpcode opcode, std::string_view payload, bool final = true) {
  std::string out;
  net::ws_append_frame(out, WsRole::Client, opcode, payload, final);
  return out;
}

std::string close_frame(std::uint16_t code, std::string_view reason = {}) {
  std::string out;
  net::ws_append_close(out, WsRole::Client, code, reason);
  return out;
}

// What a client reads: "text:…", "ping:…", "close:1001 reason".
std::vector<std::string> read_all(std::string_view octets) {
  net::WsReader reader(WsRole::Client, 10 * kMiB);
  std::vector<std::string> out;
  for (WsEvent event = reader.next(octets); event.kind != WsEvent::Kind::NeedMore;
       event = reader.next(octets)) {
    static constexpr std::array kNames = {"", "text", "binary", "ping", "pong", "close", "error"};
    std::string told = std::string(kNames.at(static_cast<std::size_t>(event.kind))) + ":";
    if (event.code != 0) {
      told += std::to_string(event.code) + (event.data.empty() ? "" : " ");
    }
    out.push_back(told.append(event.data));
  }
  return out;
}

using Told = std::vector<std::string>;

struct WebSocketTest : testing::Test {
  void SetUp() override { socket->on_open(); }
  void TearDown() override { socket->on_closed(); }

  void post(std::string text) {
    feed->post({std::make_shared<const std::string>(std::move(text)), nullptr});
    socket->on_call();
  }
  void drain() {
    while (!channel.drained) {
      channel.drained = true;
      socket->on_drained();
    }
  }
  void feed_input(std::string_view octets) {
    EXPECT_EQ(socket->on_input(octets), octets.size());
    EXPECT_TRUE(socket->starved());
  }
  void expire() {
    channel.time = channel.deadline + seconds(1);
    socket->on_timeout();
  }
  Told told() { return read_all(channel.take_output()); }

  Service service;
  test::FakeChannel channel;
  std::shared_ptr<Mailbox> mailbox = std::make_shared<Mailbox>();
  std::shared_ptr<Feed> feed = std::make_shared<Feed>(FeedLimits{100'000, 3});
  std::shared_ptr<int> companion = std::make_shared<int>();
  std::shared_ptr<WebSocket> socket = std::make_shared<WebSocket>(
      Handover{channel, service, mailbox}, Stream{feed, companion, seconds(60)});
};

TEST_F(WebSocketTest, SendsTexts) {
  post("{}");
  drain();
  post(std::string(300, 'x'));
  drain();
  post(std::string(70'000, 'y'));
  EXPECT_EQ(told(),
            (Told{"text:{}", "text:" + std::string(300, 'x'), "text:" + std::string(70'000, 'y')}));
  EXPECT_EQ(service.stats.websockets.messages, 3U);
  EXPECT_EQ(service.stats.websockets.open, 1U);
}

TEST_F(WebSocketTest, TakesNoMoreWhileAClientReads) {
  post("1");
  post("2");
  EXPECT_EQ(told(), (Told{"text:1"}));
  drain();
  EXPECT_EQ(told(), (Told{"text:2"}));
}

TEST_F(WebSocketTest, AnswersTheLastPing) {
  feed_input(frame(WsOpcode::Ping, "a") + frame(WsOpcode::Ping, "b"));
  EXPECT_EQ(told(), (Told{"pong:b"}));
  feed_input(frame(WsOpcode::Text, "un", false) + frame(WsOpcode::Ping, "c"));
  EXPECT_EQ(told(), (Told{"pong:c"}));
}

TEST_F(WebSocketTest, DropsWhatClientsSay) {
  feed_input(frame(WsOpcode::Text, "hello") + frame(WsOpcode::Binary, "\1\2") +
             frame(WsOpcode::Text, "in ", false) + frame(WsOpcode::Continuation, "pieces"));
  EXPECT_THAT(channel.output, IsEmpty());
  EXPECT_FALSE(channel.finished);
}

TEST_F(WebSocketTest, PingsOncePerPulse) {
  EXPECT_EQ(channel.deadline, channel.time + seconds(60));
  for (int i = 0; i < 3; ++i) {
    expire();
    EXPECT_EQ(told(), (Told{"ping:"}));
    EXPECT_EQ(channel.deadline, channel.time + seconds(60));
    feed_input(frame(WsOpcode::Pong, ""));
  }
  expire();
  channel.take_output();
  feed_input(frame(WsOpcode::Text, "not a pong"));
  expire();
  EXPECT_EQ(told(), (Told{"close:1008 no pong"}));
  EXPECT_TRUE(channel.finished);
  EXPECT_EQ(service.stats.websockets.silent, 1U);
}

TEST_F(WebSocketTest, AnswersACloseWithTheSame) {
  feed_input(close_frame(1000, "bye"));
  EXPECT_EQ(told(), (Told{"close:1000"}));
  EXPECT_TRUE(channel.finished);
  EXPECT_FALSE(socket->wants_input());
  post("late");
  EXPECT_THAT(channel.output, IsEmpty());
  EXPECT_EQ(companion.use_count(), 1);
}

TEST_F(WebSocketTest, AnswersACloseWithoutACode) {
  feed_input(frame(WsOpcode::Close, ""));
  EXPECT_EQ(told(), (Told{"close:1005"}));
  EXPECT_TRUE(channel.finished);
}

TEST_F(WebSocketTest, WaitsForTheAnswerToItsOwnClose) {
  feed->end(1008, "Forbidden");
  socket->on_call();
  EXPECT_EQ(told(), (Told{"close:1008 Forbidden"}));
  EXPECT_FALSE(channel.finished);
  feed_input(frame(WsOpcode::Text, "still talking") + frame(WsOpcode::Ping, "p"));
  EXPECT_THAT(channel.output, IsEmpty()) << "nothing follows a close frame";
  feed_input(close_frame(1008));
  EXPECT_THAT(channel.output, IsEmpty());
  EXPECT_TRUE(channel.finished);
}

TEST_F(WebSocketTest, DoesNotWaitLongForThatAnswer) {
  socket->on_drain();
  socket->on_call();
  EXPECT_EQ(told(), (Told{"close:1001 the server stops"}));
  EXPECT_EQ(channel.deadline, channel.time + service.limits.linger_timeout);
  expire();
  EXPECT_TRUE(channel.finished);
}

TEST_F(WebSocketTest, SaysTheWaitingMessagesBeforeGoodbye) {
  post("1");
  post("2");
  socket->on_drain();
  drain();
  EXPECT_EQ(told(), (Told{"text:1", "text:2", "close:1001 the server stops"}));
}

TEST_F(WebSocketTest, GivesUpWhoReadsTooSlowly) {
  for (int i = 0; i < 5; ++i) {
    post(std::to_string(i));
  }
  EXPECT_EQ(service.stats.websockets.too_slow, 1U) << "known before it reads again";
  EXPECT_EQ(companion.use_count(), 1) << "nobody fills the feed any more";
  EXPECT_EQ(told(), (Told{"text:0"}));
  drain();
  EXPECT_EQ(told(), (Told{"close:1013 reads too slowly"}));
}

TEST_F(WebSocketTest, CountsTheSlowWhoNeverReadAgain) {
  for (int i = 0; i < 5; ++i) {
    post(std::to_string(i));
  }
  socket->on_closed();
  EXPECT_EQ(service.stats.websockets.too_slow, 1U);
  EXPECT_EQ(service.stats.websockets.open, 0U);
}

TEST_F(WebSocketTest, EndsWithoutAWordWhenTheClientHangsUp) {
  socket->on_end_of_input();
  EXPECT_TRUE(channel.finished);
  EXPECT_THAT(channel.output, IsEmpty());
}

TEST_F(WebSocketTest, RefusesHostileFrames) {
  using namespace std::string_literals;
  struct Case {
    std::string octets;
    const char* code;
  };
  const std::vector<Case> cases = {
      {"\x81\x01x"s, "1002"},                                         // not masked
      {"\xC1\x80\0\0\0\0"s, "1002"},                                  // RSV1
      {"\x83\x80\0\0\0\0"s, "1002"},                                  // unknown opcode
      {"\x80\x80\0\0\0\0"s, "1002"},                                  // continues nothing
      {"\x09\x80\0\0\0\0"s, "1002"},                                  // a ping in pieces
      {"\x89\xFE\0\x7E\0\0\0\0"s, "1002"},                            // a long ping
      {"\x81\xFE\0\x05\0\0\0\0"s, "1002"},                            // a length in the wrong form
      {"\x81\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\0\0\0\0"s, "1002"},  // 2^64 - 1
      {"\x81\xFF\0\0\0\0\0\1\0\1\0\0\0\0"s, "1009"},                  // 65,537 octets announced
      {frame(WsOpcode::Text, "\xFF"), "1007"},                        // not UTF-8
      {frame(WsOpcode::Close, "x"), "1002"},                          // half a close code
      {frame(WsOpcode::Close, "\x03\xED"), "1002"},                   // 1005 never travels
      {frame(WsOpcode::Close, "\x03\xE8\xFF"), "1007"},               // its reason is not UTF-8
  };
  for (const auto& [octets, code] : cases) {
    test::FakeChannel other_channel;
    const auto other = std::make_shared<WebSocket>(Handover{other_channel, service, mailbox},
                                                   Stream{std::make_shared<Feed>(), nullptr});
    other->on_open();
    for (const char c : octets) {
      other->on_input({&c, 1});
    }
    const Told said = read_all(other_channel.output);
    ASSERT_EQ(said.size(), 1U) << testing::PrintToString(octets);
    EXPECT_THAT(said[0], HasSubstr(code)) << testing::PrintToString(octets);
    EXPECT_TRUE(other_channel.finished);
    other->on_closed();
  }
}

// Handshake -------------------------------------------------------------------------------------

struct Field {
  std::string name;
  std::string value;
};

Request request_with(const std::vector<Field>& fields, int version = 11) {
  auto head = std::make_shared<Head>();
  head->method = head->append("GET");
  head->target = head->append("/ws");
  head->version = version;
  for (const Field& field : fields) {
    const auto name = head->append(field.name);
    head->fields.emplace_back(name, head->append(field.value));
  }
  return Request(std::move(head));
}

std::vector<Field> good_fields() {
  return {{"Host", "h"},
          {"upgrade", "h2c, WebSocket"},
          {"Connection", "keep-alive"},
          {"connection", "foo , UPGRADE"},
          {"Sec-WebSocket-Version", "13"},
          {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}};
}

TEST(WebSocketHandshake, AcceptsWhatTheStandardAsksFor) {
  const Request request = request_with(good_fields());
  EXPECT_FALSE(websocket_problem(request));
  const std::string head = serialise_head(websocket_response(request, {}), {});
  EXPECT_THAT(head, HasSubstr("HTTP/1.1 101 Switching Protocols\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nUpgrade: websocket\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nConnection: Upgrade\r\n"));
  // The example of RFC 6455, 1.3.
  EXPECT_THAT(head, HasSubstr("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("Content-")));
}

TEST(WebSocketHandshake, SaysWhatIsMissing) {
  struct Case {
    std::size_t field;
    std::string value;
    int status;
    const char* message;
  };
  const std::vector<Case> cases = {{1, "h2c", 426, "Upgrade"},
                                   {3, "close", 400, "Connection"},
                                   {4, "8", 426, "Sec-WebSocket-Version"},
                                   {5, "short", 400, "Sec-WebSocket-Key"},
                                   {5, "", 400, "Sec-WebSocket-Key"}};
  for (const Case& c : cases) {
    auto fields = good_fields();
    fields[c.field].value = c.value;
    const auto problem = websocket_problem(request_with(fields));
    ASSERT_TRUE(problem) << c.message;
    EXPECT_EQ(problem->status, c.status);
    EXPECT_THAT(std::string(problem->body.view()), HasSubstr(c.message));
    EXPECT_FALSE(problem->takeover);
    const std::string head = serialise_head(*problem, {});
    if (c.status == 426) {
      EXPECT_THAT(head, HasSubstr("\r\nSec-WebSocket-Version: 13\r\n"));
      EXPECT_THAT(head, HasSubstr("\r\nUpgrade: websocket\r\n"));
    }
  }
  auto twice = good_fields();
  twice.push_back(twice.back());
  EXPECT_EQ(websocket_problem(request_with(twice))->status, 400);
  EXPECT_EQ(websocket_problem(request_with(good_fields(), 10))->status, 400);
}

}  // namespace
}  // namespace waxwing::http
