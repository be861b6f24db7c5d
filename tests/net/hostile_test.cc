// SPDX-License-Identifier: Apache-2.0
// Far ends that do not behave: each is one clear reason, never a hang and never a spin.
#include <sys/socket.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/harness.hpp"
#include "net/websocket_codec.hpp"

namespace waxwing::testing {
namespace {

using ::testing::AnyOf;

class HostileTest : public ::testing::Test {
 protected:
  net::End end_of(const std::string& url, Millis timeout = Millis(20'000)) {
    auto options = Wire::options(url);
    options.connect_timeout = timeout;
    const auto socket = wire_.open(std::move(options), recorder_);
    net::End end = recorder_.wait_closed();
    EXPECT_EQ(recorder_.closings(), 1U);
    return end;
  }

  Wire wire_;
  Recorder recorder_;
};

TEST_F(HostileTest, NobodyListens) {
  EXPECT_EQ(end_of("ws://127.0.0.1:" + std::to_string(free_port()) + "/").reason,
            "connect_refused");
}

TEST_F(HostileTest, AcceptsAndSaysNothing) {
  RawServer server(&wait_for_end);
  const net::End end = end_of(server.url(), Millis(100));
  EXPECT_EQ(end.reason, "timeout");
  EXPECT_EQ(end.code, Code::Timeout);
}

TEST_F(HostileTest, AcceptsAndNeverShakesHandsInTls) {
  RawServer server(&wait_for_end);
  const net::End end =
      end_of("wss://127.0.0.1:" + std::to_string(server.port()) + "/", Millis(100));
  EXPECT_EQ(end.reason, "timeout");
  EXPECT_THAT(end.text, ::testing::HasSubstr("TLS"));
}

TEST_F(HostileTest, ClosesAtOnce) {
  RawServer server([](int) {});
  EXPECT_THAT(end_of(server.url()).reason, AnyOf("handshake_refused", "connection_reset"));
}

TEST_F(HostileTest, ACaptivePortalAnswersWithAPage) {
  RawServer server([](int descriptor) {
    read_head(descriptor);
    write_all(descriptor, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>log in</html>");
  });
  const net::End end = end_of(server.url());
  EXPECT_EQ(end.reason, "handshake_refused");
  EXPECT_EQ(end.http_code, 200);
}

TEST_F(HostileTest, AnswersWithSomethingElse) {
  RawServer server([](int descriptor) {
    write_all(descriptor, "220 mail.example ESMTP\r\n");
    wait_for_end(descriptor);
  });
  EXPECT_EQ(end_of(server.url()).reason, "protocol_error");
}

TEST_F(HostileTest, AHeadWithoutEnd) {
  RawServer server([](int descriptor) {
    write_all(descriptor, "HTTP/1.1 101 Switching Protocols\r\nX: ");
    while (write_all(descriptor, std::string(4096, 'x'))) {
    }
  });
  EXPECT_EQ(end_of(server.url()).reason, "protocol_error");
}

TEST_F(HostileTest, AnAcceptOfAnotherKey) {
  RawServer server([](int descriptor) {
    read_head(descriptor);
    write_all(descriptor, accept_websocket("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="));
    wait_for_end(descriptor);
  });
  EXPECT_EQ(end_of(server.url()).reason, "protocol_error");
}

TEST_F(HostileTest, AHundredMegabytesWithoutAFrameEnd) {
  RawServer server([](int descriptor) {
    write_all(descriptor, accept_websocket(read_head(descriptor)));
    // Fragments of 64 KB, each of the message and never the last.
    const std::string piece =
        std::string("\x00\x7F\x00\x00\x00\x00\x00\x01\x00\x00", 10) + std::string(65536, 'x');
    bool going = write_all(descriptor, std::string("\x02\x00", 2));
    for (int i = 0; going && i < 1600; ++i) {
      going = write_all(descriptor, piece);
    }
  });
  EXPECT_EQ(end_of(server.url()).reason, "message_too_long");
}

TEST_F(HostileTest, BreaksTheRulesOfFrames) {
  RawServer server([](int descriptor) {
    write_all(descriptor, accept_websocket(read_head(descriptor)) + "\x83\x01x");
    wait_for_end(descriptor);
  });
  EXPECT_EQ(end_of(server.url()).reason, "protocol_error");
}

TEST_F(HostileTest, FramesOctetByOctet) {
  RawServer server([](int descriptor) {
    std::string octets = accept_websocket(read_head(descriptor)) + "\x01\x02he\x80\x03llo";
    net::ws_append_close(octets, net::WsRole::Server, 1000, "bye");
    for (const char octet : octets) {
      write_all(descriptor, {&octet, 1});
    }
    wait_for_end(descriptor);
  });
  EXPECT_EQ(end_of(server.url()).text, "bye");
  EXPECT_EQ(recorder_.next_message(), "text:hello");
}

TEST_F(HostileTest, ManyFramesInOnePiece) {
  RawServer server([](int descriptor) {
    std::string octets = accept_websocket(read_head(descriptor));
    for (int i = 0; i < 1000; ++i) {
      octets += "\x82\x01x";
    }
    net::ws_append_close(octets, net::WsRole::Server, 1000, "");
    write_all(descriptor, octets);
    wait_for_end(descriptor);
  });
  EXPECT_TRUE(end_of(server.url()).is_ok());
  EXPECT_EQ(recorder_.message_count(), 1000U);
}

TEST_F(HostileTest, HalfClosesAfterTheHandshake) {
  RawServer server([](int descriptor) {
    write_all(descriptor, accept_websocket(read_head(descriptor)) + "\x81\x05hel");
    ::shutdown(descriptor, SHUT_WR);
    wait_for_end(descriptor);
  });
  EXPECT_EQ(end_of(server.url()).reason, "connection_closed");
  EXPECT_EQ(recorder_.message_count(), 0U);
}

TEST_F(HostileTest, ResetsTheConnection) {
  RawServer server([](int descriptor) {
    write_all(descriptor, accept_websocket(read_head(descriptor)));
    const linger now{1, 0};
    ::setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    ::close(::dup(descriptor));
  });
  EXPECT_THAT(end_of(server.url()).reason, AnyOf("connection_reset", "connection_closed"));
}

TEST_F(HostileTest, PingsWithoutEndAreAnsweredWithinBounds) {
  RawServer server([](int descriptor) {
    write_all(descriptor, accept_websocket(read_head(descriptor)));
    // It never reads the answers.
    std::string pings;
    for (int i = 0; i < 1000; ++i) {
      pings += "\x89\x7D" + std::string(125, 'p');
    }
    for (int i = 0; i < 200; ++i) {
      write_all(descriptor, pings);
    }
    std::string bye;
    net::ws_append_close(bye, net::WsRole::Server, 1000, "done");
    write_all(descriptor, bye);
    wait_for_end(descriptor);
  });
  EXPECT_EQ(end_of(server.url()).text, "done");
}

// Names ------------------------------------------------------------------------------------------

Result<net::Addresses> nothing_known(const std::string&) {
  return Status(Code::Unavailable, "Name or service not known");
}

// What is first in the list of addresses takes no connections: a documentation network of IPv6.
Result<net::Addresses> one_dead_one_alive(const std::string&) {
  net::Addresses addresses = net::literal_addresses("2001:db8::1");
  addresses.push_back(net::literal_addresses("127.0.0.1").front());
  return addresses;
}

TEST(HostileNames, AnUnknownNameIsAReason) {
  Wire wire(&nothing_known);
  Recorder recorder;
  const auto socket = wire.open(Wire::options("ws://nowhere.test/"), recorder);
  const net::End end = recorder.wait_closed();
  EXPECT_EQ(end.reason, "dns_failed");
  EXPECT_THAT(end.text, ::testing::HasSubstr("not known"));
}

TEST(HostileNames, OneDeadAddressDoesNotMatter) {
  Wire wire(&one_dead_one_alive);
  RawServer server([](int descriptor) {
    write_all(descriptor, accept_websocket(read_head(descriptor)));
    wait_for_end(descriptor);
  });
  Recorder recorder;
  const auto socket =
      wire.open(Wire::options("ws://two.test:" + std::to_string(server.port()) + "/"), recorder);
  EXPECT_TRUE(recorder.wait_opened()) << recorder.wait_closed().text;
}

}  // namespace
}  // namespace waxwing::testing
