// SPDX-License-Identifier: Apache-2.0
// WebSockets and event streams over real sockets: taking over a connection, slow clients, many of
// them, and the end of the server.
#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/websocket_codec.hpp"
#include "unit/http/fixture.hpp"

namespace waxwing::http::test {
namespace {

using net::WsEvent;
using net::WsOpcode;
using net::WsRole;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

constexpr std::string_view kUpgrade =
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

std::string frame(WsOpcode opcode, std::string_view payload) {
  std::string out;
  net::ws_append_frame(out, WsRole::Client, opcode, payload);
  return out;
}

class Streams : public ServerTest {
 protected:
  Client open(const std::string& path, std::string_view extra, int status,
              int receive_buffer_bytes = 0) {
    Client client(port(), receive_buffer_bytes);
    client.send(get(path, extra));
    const auto reply = client.receive();
    EXPECT_TRUE(reply && reply->status == status);
    return client;
  }
  Client open_websocket(int receive_buffer_bytes = 0) {
    return open("/ws", kUpgrade, 101, receive_buffer_bytes);
  }
  // The next `count` things the server says, as "1:text" (kind:data) or "5:1001" (a close code).
  static std::vector<std::string> hear(Client& client, net::WsReader& reader, std::size_t count) {
    std::vector<std::string> out;
    while (out.size() < count) {
      const std::string octet = client.receive_octets(1);
      std::string_view input = octet;
      if (input.empty()) {
        out.emplace_back("nothing more");
        break;
      }
      const WsEvent event = reader.next(input);
      if (event.kind != WsEvent::Kind::NeedMore) {
        out.push_back(std::to_string(static_cast<int>(event.kind)) + ":" +
                      (event.code != 0 ? std::to_string(event.code) : std::string(event.data)));
      }
    }
    return out;
  }
  const StreamStats& sockets() { return server->stats().websockets; }

  net::WsReader reader{WsRole::Client, 100 * kMiB};
};

using Heard = std::vector<std::string>;

TEST_F(Streams, AWebSocketTakesTheConnectionOver) {
  Client client = open_websocket();
  const auto feed = await_feed();
  feed->post(message("one"));
  feed->post(message(std::string(1000, 'x')));
  EXPECT_EQ(hear(client, reader, 2), (Heard{"1:one", "1:" + std::string(1000, 'x')}));
  client.send(frame(WsOpcode::Ping, "p"));
  EXPECT_EQ(hear(client, reader, 1), (Heard{"4:p"}));
  client.send(frame(WsOpcode::Close, "\x03\xE8"));
  EXPECT_EQ(hear(client, reader, 1), (Heard{"5:1000"}));
  EXPECT_TRUE(client.ended());
  EXPECT_TRUE(eventually([&] { return sockets().open == 0 && listening == 0; }));
  EXPECT_EQ(server->stats().requests_in_flight, 0U);
  EXPECT_FALSE(feed->post(message("late")));
}

TEST_F(Streams, TakesFramesThatCameWithTheHandshake) {
  Client client = connect();
  client.send(get("/ws", kUpgrade) + frame(WsOpcode::Ping, "early") + frame(WsOpcode::Text, "x"));
  ASSERT_EQ(client.receive()->status, 101);
  EXPECT_EQ(hear(client, reader, 1), (Heard{"4:early"}));
}

TEST_F(Streams, AnswersEarlierRequestsFirst) {
  Client client = connect();
  client.send(get("/hello") + get("/async/7") + get("/ws", kUpgrade) + frame(WsOpcode::Ping, "p"));
  EXPECT_EQ(client.receive()->status, 200);
  EXPECT_EQ(client.receive()->body, "7");
  EXPECT_EQ(client.receive()->status, 101);
  EXPECT_EQ(hear(client, reader, 1), (Heard{"4:p"}));
}

TEST_F(Streams, ARefusedUpgradeLeavesAnHttpConnection) {
  Client client = connect();
  auto reply = client.roundtrip(get("/ws"));
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 426);
  EXPECT_THAT(reply->head, HasSubstr("\r\nUpgrade: websocket\r\n"));
  EXPECT_THAT(reply->body, HasSubstr("Upgrade"));
  reply = client.roundtrip(get("/ws", "Upgrade: websocket\r\nConnection: Upgrade\r\n"));
  EXPECT_EQ(reply->status, 426);
  reply = client.roundtrip(get("/hello"));
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200);
}

TEST_F(Streams, AnEventStreamIsABodyWithoutEnd) {
  Client client = connect();
  client.send(get("/events"));
  const auto reply = client.receive();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(reply->header("content-type"), "text/event-stream");
  EXPECT_EQ(reply->header("content-length"), "");
  EXPECT_EQ(reply->header("connection"), "close");
  const auto feed = await_feed();
  feed->post(message("{}", "evt_1"));
  const std::string expected = "retry: 3000\n\nid: evt_1\ndata: {}\n\n";
  EXPECT_EQ(client.receive_octets(expected.size()), expected);
  feed->end(0, "");
  EXPECT_TRUE(client.ended());
}

TEST_F(Streams, AHeadOfAStreamIsOnlyAHead) {
  Client client = connect();
  client.send("HEAD /events HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(client.receive(true)->status, 200);
  EXPECT_EQ(client.roundtrip(get("/hello"))->status, 200);
  EXPECT_EQ(listening, 0);
}

TEST_F(Streams, AClientWhoLeavesIsForgotten) {
  for (const bool by_reset : {true, false}) {
    Client socket = open_websocket();
    Client stream = open("/events", "", 200);
    ASSERT_TRUE(eventually([&] { return listening == 2; }));
    if (by_reset) {
      socket.reset();
      stream.reset();
    } else {
      socket.close();
      stream.close();
    }
    EXPECT_TRUE(eventually([&] { return listening == 0; }));
  }
  EXPECT_TRUE(eventually([&] { return server->stats().connections_open == 0; }));
  EXPECT_EQ(sockets().opened, 2U);
}

TEST_F(Streams, GivesUpWhoDoesNotRead) {
  feed_limits = {kMiB, 100};
  Client slow = open_websocket(4096);
  const auto feed = await_feed();
  const Message big = message(std::string(100'000, 'x'));
  int sent = 0;
  while (feed->post(big) && sent < 100'000) {
    ++sent;
  }
  EXPECT_LT(sent, 1000) << "the kernel's buffers and a MiB";
  expect_service();
  // Who reads after all is told why.
  net::WsReader own(WsRole::Client, 100 * kMiB);
  std::string last;
  for (bool told = false; !told;) {
    const std::string octets = slow.receive_octets(50'000, seconds(1));
    ASSERT_FALSE(octets.empty()) << "no close frame";
    std::string_view input = octets;
    for (WsEvent event = own.next(input); event.kind != WsEvent::Kind::NeedMore;
         event = own.next(input)) {
      told = event.kind == WsEvent::Kind::Close;
      last = std::to_string(event.code);
    }
  }
  EXPECT_EQ(last, "1013");
  EXPECT_EQ(sockets().too_slow, 1U);
}

TEST_F(Streams, DropsWhoAnswersNoPing) {
  pulse = milliseconds(300);
  Client deaf = open_websocket();
  EXPECT_EQ(hear(deaf, reader, 2), (Heard{"3:", "5:1008"}));
  EXPECT_TRUE(deaf.ended());
  EXPECT_EQ(sockets().silent, 1U);
}

TEST_F(Streams, StopsWithAGoodbye) {
  Client socket = open_websocket();
  Client stream = open("/events", "", 200);
  await_feed(2);
  auto stopped = std::async(std::launch::async, [&] { return server->stop(seconds(20)); });
  EXPECT_EQ(hear(socket, reader, 1), (Heard{"5:1001"}));
  socket.send(frame(WsOpcode::Close, "\x03\xE9"));
  EXPECT_TRUE(socket.ended());
  EXPECT_EQ(stream.receive_octets(100), "retry: 3000\n\n");
  EXPECT_TRUE(stream.ended());
  EXPECT_TRUE(stopped.get());
  EXPECT_EQ(listening, 0);
}

TEST_F(Streams, StopsWithoutAnAnswerToIt) {
  Client socket = open_websocket();
  ASSERT_TRUE(eventually([&] { return sockets().open == 1; }));
  EXPECT_TRUE(server->stop(milliseconds(50)));
  EXPECT_EQ(hear(socket, reader, 1), (Heard{"5:1001"}));
}

// Every message reaches every client once and in order, from two threads at a time.
TEST_F(Streams, ServesManyFromManyThreads) {
  const std::size_t clients = scaled(200);
  constexpr int kMessages = 50;
  std::vector<Client> sockets;
  for (std::size_t i = 0; i < clients; ++i) {
    sockets.push_back(open_websocket());
  }
  await_feed(clients);
  std::vector<std::thread> threads;
  for (const char name : {'a', 'b'}) {
    threads.emplace_back([&, name] {
      for (int i = 0; i < kMessages; ++i) {
        const Message one = message(name + std::to_string(i));
        for (const auto& feed : feeds) {
          EXPECT_TRUE(feed->post(one));
        }
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  for (Client& socket : sockets) {
    net::WsReader own(WsRole::Client, kMiB);
    int a = 0;
    int b = 0;
    for (const std::string& told : hear(socket, own, 2 * kMessages)) {
      ASSERT_GT(told.size(), 3U);
      int& next = told[2] == 'a' ? a : b;
      ASSERT_EQ(told.substr(3), std::to_string(next++));
    }
    EXPECT_EQ(a + b, 2 * kMessages);
  }
}

}  // namespace
}  // namespace waxwing::http::test
