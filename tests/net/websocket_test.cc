// SPDX-License-Identifier: Apache-2.0
// Our WebSocket client against the server of npm's `ws`.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/harness.hpp"
#include "net/http_head.hpp"

namespace waxwing::testing {
namespace {

using ::testing::HasSubstr;

class WebSocketTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { server_ = new WsServer(); }
  static void TearDownTestSuite() { delete server_; }

  static WsServer* server_;
  Wire wire_;
  Recorder recorder_;
};

WsServer* WebSocketTest::server_ = nullptr;

TEST_F(WebSocketTest, TextAndOctetsComeBack) {
  const auto socket = wire_.open(Wire::options(server_->url("/echo")), recorder_);
  ASSERT_TRUE(recorder_.wait_opened()) << recorder_.wait_closed().text;
  for (const std::size_t size : {0U, 1U, 125U, 126U, 65535U, 65536U, 300'000U}) {
    const std::string data(size, 'x');
    ASSERT_TRUE(wire_.send(socket, data).is_ok());
    EXPECT_EQ(recorder_.next_message(), data);
    ASSERT_TRUE(wire_.send(socket, data, true).is_ok());
    EXPECT_EQ(recorder_.next_message(), "text:" + data);
  }
  wire_.on_loop([&] { socket->close(1000, "done"); });
  const net::End end = recorder_.wait_closed();
  EXPECT_TRUE(end.is_ok());
  EXPECT_EQ(end.close_code, 1000);
  EXPECT_EQ(wire_.send(socket, "late").code(), Code::State);
}

TEST_F(WebSocketTest, WhatTheServerSaysAtOnceIsNotLost) {
  const auto socket = wire_.open(Wire::options(server_->url("/hello")), recorder_);
  EXPECT_EQ(recorder_.next_message(), "text:hello");
}

TEST_F(WebSocketTest, FragmentsWithAPingBetweenAreOneMessage) {
  const auto socket = wire_.open(Wire::options(server_->url("/fragments")), recorder_);
  EXPECT_EQ(recorder_.next_message(), "text:Hello");
}

TEST_F(WebSocketTest, TheServersCloseHasItsCodeAndReason) {
  const auto socket = wire_.open(Wire::options(server_->url("/close")), recorder_);
  const net::End end = recorder_.wait_closed();
  EXPECT_TRUE(end.is_ok());
  EXPECT_EQ(end.close_code, 4001);
  EXPECT_EQ(end.text, "enough");
}

TEST_F(WebSocketTest, AConnectionThatBreaksOffIsNoOrderlyEnd) {
  const auto socket = wire_.open(Wire::options(server_->url("/terminate")), recorder_);
  const net::End end = recorder_.wait_closed();
  EXPECT_EQ(end.code, Code::Unavailable);
  EXPECT_THAT(end.reason, ::testing::AnyOf("connection_closed", "connection_reset"));
  EXPECT_EQ(end.close_code, 1006);
}

TEST_F(WebSocketTest, HeadersAndSubProtocolGoBothWays) {
  auto options = Wire::options(server_->url("/headers"));
  options.headers = {{"Origin", "https://example.com"},
                     {"Sec-WebSocket-Protocol", "other, chat"},
                     {"X-Custom", "1"},
                     {"Host", "never sent"}};
  const auto socket = wire_.open(std::move(options), recorder_);
  const std::string seen = recorder_.next_message().value_or("");
  EXPECT_THAT(seen, HasSubstr(R"("origin":"https://example.com")"));
  EXPECT_THAT(seen, HasSubstr(R"("x-custom":"1")"));
  EXPECT_THAT(seen, ::testing::Not(HasSubstr("never sent")));
  EXPECT_THAT(recorder_.headers(),
              ::testing::Contains(::testing::Pair("sec-websocket-protocol", "chat")));
}

TEST_F(WebSocketTest, ANotFoundIsARefusalWithItsCode) {
  const auto socket = wire_.open(Wire::options(server_->url("/nowhere")), recorder_);
  const net::End end = recorder_.wait_closed();
  EXPECT_EQ(end.reason, "handshake_refused");
  EXPECT_EQ(end.http_code, 404);
  EXPECT_EQ(end.close_code, 0);
}

TEST_F(WebSocketTest, AMessageLongerThanAllowedEndsIt) {
  auto options = Wire::options(server_->url("/big"));
  options.max_message_bytes = 1 << 20;
  const auto socket = wire_.open(std::move(options), recorder_);
  EXPECT_EQ(recorder_.wait_closed().reason, "message_too_long");
  EXPECT_EQ(recorder_.message_count(), 0U);
}

TEST_F(WebSocketTest, WhileItIsPausedTheServerHasToWait) {
  net::WebSocket* opening = nullptr;
  recorder_.when_opened = [&] { opening->pause(true); };
  const auto socket = wire_.open(Wire::options(server_->url("/flood")), recorder_,
                                 [&](net::WebSocket& its) { opening = &its; });
  ASSERT_TRUE(recorder_.wait_opened());
  // All that is there is taken by other connections; this one stays where it is.
  Recorder other;
  const auto second = wire_.open(Wire::options(server_->url("/hello")), other);
  EXPECT_EQ(other.next_message(), "text:hello");
  EXPECT_EQ(recorder_.message_count(), 0U);
  wire_.on_loop([&] { socket->pause(false); });
  for (int i = 0; i < 2000; ++i) {
    const auto message = recorder_.next_message();
    ASSERT_TRUE(message.has_value());
    ASSERT_EQ(*message, std::string(4096, static_cast<char>(i & 0xFF)));
  }
  EXPECT_EQ(recorder_.next_message(), "text:done");
}

TEST_F(WebSocketTest, AServerThatReadsSlowlySlowsTheSenderDown) {
  const auto socket = wire_.open(Wire::options(server_->url("/count")), recorder_);
  ASSERT_TRUE(recorder_.wait_opened());
  server_->program().freeze();
  const std::string piece(256 << 10, 'x');
  std::size_t sent = 0;
  Status status;
  while ((status = wire_.send(socket, piece)).is_ok()) {
    sent += piece.size();
    ASSERT_LT(sent, 1U << 28);
  }
  EXPECT_EQ(status.code(), Code::Unavailable);
  server_->program().thaw();
  ASSERT_TRUE(recorder_.wait_writable());
  ASSERT_TRUE(wire_.send(socket, "end").is_ok());
  EXPECT_EQ(recorder_.next_message(), "text:" + std::to_string(sent + 3));
}

TEST_F(WebSocketTest, PingsKeepASilentConnectionAlive) {
  auto options = Wire::options(server_->url("/pings"));
  options.ping_interval = Millis(30);
  const auto socket = wire_.open(std::move(options), recorder_);
  EXPECT_THAT(recorder_.next_message().value_or(""), HasSubstr("text:ping"));
}

TEST_F(WebSocketTest, ASilentFarEndIsNoticed) {
  WsServer frozen;
  auto options = Wire::options(frozen.url("/echo"));
  options.ping_interval = Millis(50);
  const auto socket = wire_.open(std::move(options), recorder_);
  ASSERT_TRUE(recorder_.wait_opened());
  frozen.program().freeze();
  const net::End end = recorder_.wait_closed();
  EXPECT_EQ(end.reason, "ping_timeout");
  EXPECT_EQ(end.code, Code::Timeout);
}

TEST_F(WebSocketTest, ClosingDoesNotWaitForEverForTheFarEnd) {
  WsServer frozen;
  const auto socket = wire_.open(Wire::options(frozen.url("/echo")), recorder_);
  ASSERT_TRUE(recorder_.wait_opened());
  frozen.program().freeze();
  wire_.on_loop([&] { socket->close(1000, ""); });
  const net::End end = recorder_.wait_closed();
  EXPECT_TRUE(end.is_ok());
  EXPECT_EQ(end.close_code, 1006);
  EXPECT_EQ(recorder_.closings(), 1U);
}

TEST_F(WebSocketTest, ClosingBeforeItIsOpenEndsIt) {
  const auto socket =
      wire_.open(Wire::options(server_->url("/echo")), recorder_, [&](net::WebSocket& its) {
        its.close(1000, "");
        EXPECT_EQ(recorder_.closings(), 0U) << "never from inside";
      });
  EXPECT_EQ(recorder_.wait_closed().close_code, 1006);
}

TEST_F(WebSocketTest, AbandonedItIsSilent) {
  const auto socket = wire_.open(Wire::options(server_->url("/echo")), recorder_);
  ASSERT_TRUE(recorder_.wait_opened());
  wire_.on_loop([&] { socket->abandon(); });
  wire_.on_loop([] {});
  EXPECT_EQ(recorder_.closings(), 0U);
}

TEST_F(WebSocketTest, AServerThatIsKilledIsNoticed) {
  WsServer doomed;
  const auto socket = wire_.open(Wire::options(doomed.url("/echo")), recorder_);
  ASSERT_TRUE(recorder_.wait_opened());
  doomed.program().kill();
  EXPECT_THAT(recorder_.wait_closed().reason,
              ::testing::AnyOf("connection_closed", "connection_reset"));
}

}  // namespace
}  // namespace waxwing::testing
