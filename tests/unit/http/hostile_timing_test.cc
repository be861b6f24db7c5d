// SPDX-License-Identifier: Apache-2.0
// Peers that are slow, or silent, or never take their answer.
#include <gtest/gtest.h>

#include "unit/http/fixture.hpp"

namespace waxwing::http::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class HostileTiming : public ServerTest {
 protected:
  void SetUp() override {}
  void start_with(const std::function<void(Limits&)>& change, unsigned threads = 2) {
    ServerOptions options;
    options.threads = threads;
    change(options.limits);
    start(options);
  }
};

TEST_F(HostileTiming, SlowHeader) {
  start_with([](Limits& limits) { limits.header_timeout = milliseconds(100); });
  Client client = connect();
  client.send("GET /hello HT");
  const auto reply = client.receive();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 408);
  EXPECT_TRUE(client.ended());
}

TEST_F(HostileTiming, TricklingHeader) {
  start_with([](Limits& limits) { limits.header_timeout = milliseconds(200); });
  Client client = connect();
  std::string text = get("/hello", "X: " + std::string(2000, 'a') + "\r\n");
  std::size_t sent = 0;
  while (sent < text.size() && client.silent(milliseconds(5))) {
    client.send(text.substr(sent++, 1));
  }
  EXPECT_LT(sent, text.size());
  const auto reply = client.receive();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 408);
}

TEST_F(HostileTiming, SlowBody) {
  start_with([](Limits& limits) { limits.body_timeout = milliseconds(100); });
  Client client = connect();
  client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
  auto reply = client.receive();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 408);
  EXPECT_TRUE(client.ended());
  client = connect();
  client.send("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab");
  reply = client.receive();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 408);
}

TEST_F(HostileTiming, Idle) {
  start_with([](Limits& limits) { limits.idle_timeout = milliseconds(100); });
  Client silent = connect();
  Client served = connect();
  ASSERT_TRUE(served.roundtrip(get("/hello")));
  EXPECT_TRUE(silent.ended());
  EXPECT_TRUE(served.ended());
  EXPECT_EQ(server->stats().connections_timed_out, 2U);
}

TEST_F(HostileTiming, HandlerThatNeverAnswers) {
  start_with([](Limits& limits) { limits.answer_timeout = milliseconds(100); });
  Client client = connect();
  client.send(get("/held"));
  auto reply = client.receive();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 504);
  EXPECT_EQ(cancelled, 1);
  reply = client.roundtrip(get("/hello"));
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200);
}

TEST_F(HostileTiming, AnAnswerMayTakeLongerThanTheHeader) {
  start_with([](Limits& limits) {
    limits.header_timeout = limits.body_timeout = limits.idle_timeout = milliseconds(60);
  });
  Client client = connect();
  client.send(get("/held"));
  await_held(1);
  EXPECT_TRUE(client.silent(milliseconds(200)));
  answer_held();
  const auto reply = client.receive();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200);
}

TEST_F(HostileTiming, OthersAreServedBesideSlowReaders) {
  start_with([](Limits&) {}, 1);
  std::vector<Client> slow;
  for (int i = 0; i < 4; ++i) {
    slow.emplace_back(port(), 4096);
    slow.back().send(get("/blob/50000000"));
    ASSERT_EQ(slow.back().receive_octets(1000).size(), 1000U);
  }
  expect_service();
  const auto before = cpu_time();
  EXPECT_TRUE(connect().silent(milliseconds(300)));
  EXPECT_LT(cpu_time() - before, milliseconds(150)) << "it spins";
  for (int i = 0; i < 50; ++i) {
    expect_service();
  }
}

TEST_F(HostileTiming, AReaderThatNeverReadsIsCutOff) {
  start_with([](Limits& limits) { limits.write_timeout = milliseconds(200); });
  Client client(port(), 4096);
  client.send(get("/blob/50000000"));
  ASSERT_TRUE(eventually([&] { return server->stats().connections_open == 1; }));
  EXPECT_TRUE(eventually([&] { return server->stats().connections_open == 0; }));
  EXPECT_EQ(server->stats().connections_timed_out, 1U);
}

TEST_F(HostileTiming, ASlowReaderGetsEverything) {
  start_with([](Limits&) {});
  Client client(port(), 64 * 1024);
  client.send(get("/blob/50000000"));
  std::size_t total = 0;
  while (total < 50'000'000) {
    const std::size_t got = client.receive_octets(1'000'000).size();
    ASSERT_GT(got, 0U);
    total += got;
  }
}

TEST_F(HostileTiming, AClientThatOnlyPipelinesIsHeldBack) {
  start_with([](Limits&) {}, 1);
  Client greedy(port(), 4096);
  const std::string request = get("/blob/24000");
  std::string burst;
  for (int i = 0; i < 600; ++i) {
    burst += request;
  }
  greedy.send_some(burst);
  ASSERT_EQ(greedy.receive_octets(10).size(), 10U);
  const auto before = cpu_time();
  EXPECT_TRUE(connect().silent(milliseconds(200)));
  EXPECT_LT(cpu_time() - before, milliseconds(120)) << "it spins";
  expect_service();
}

TEST_F(HostileTiming, ALivelyClientStarvesNobody) {
  start_with([](Limits&) {}, 1);
  Client greedy = connect();
  std::string burst;
  for (int i = 0; i < 2000; ++i) {
    burst += get("/id/1");
  }
  std::jthread reader([&] {
    for (int i = 0; i < 2000 && greedy.receive(); ++i) {
    }
  });
  std::jthread writer([&] { greedy.send(burst); });
  for (int i = 0; i < 20; ++i) {
    expect_service();
  }
}

TEST_F(HostileTiming, ARefusedUploadIsReadPastButNotForEver) {
  start_with([](Limits& limits) { limits.linger_timeout = milliseconds(200); });
  Client client = connect();
  client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 999999999\r\n\r\n");
  const auto reply = client.receive();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 413);
  const std::string more(64 * kKiB, 'x');
  EXPECT_TRUE(eventually([&] {
    client.send_some(more);
    return server->stats().connections_open == 0;
  }));
}

}  // namespace
}  // namespace waxwing::http::test
