// SPDX-License-Identifier: Apache-2.0
// The server as a whole over loopback, with clients that behave.
#include "http/server.hpp"

#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "unit/http/fixture.hpp"

namespace waxwing::http::test {
namespace {

TEST_F(ServerTest, AnswersOnOneConnectionAgainAndAgain) {
  Client client = connect();
  for (int i = 0; i < 100; ++i) {
    const auto hello = client.roundtrip(get("/hello"));
    ASSERT_TRUE(hello);
    EXPECT_EQ(hello->body, "{\"hello\":true}");
    const auto async = client.roundtrip(get("/async/" + std::to_string(i)));
    ASSERT_TRUE(async);
    EXPECT_EQ(async->body, std::to_string(i));
  }
  EXPECT_EQ(server->stats().connections_total, 1U);
}

TEST_F(ServerTest, ReportsItsPortAndServesIt) {
  EXPECT_NE(port(), 0);
  expect_service();
}

TEST_F(ServerTest, RefusesATakenPort) {
  ServerOptions options;
  options.port = port();
  Server second(options, Router());
  const Status status = second.start();
  EXPECT_EQ(status.code(), Code::Unavailable);
  EXPECT_NE(status.message().find(std::to_string(port())), std::string::npos) << status.message();
  EXPECT_TRUE(second.stop(std::chrono::seconds(0)));
}

TEST_F(ServerTest, RefusesAHostThatIsNone) {
  ServerOptions options;
  options.host = "no such host";
  EXPECT_FALSE(Server(options, Router()).start());
}

TEST_F(ServerTest, ListensOnIpv6) {
  ServerOptions options;
  options.host = "::";
  Server both(options, Router());
  const Status status = both.start();
  if (!status) {
    GTEST_SKIP() << "no IPv6 here: " << status.message();
  }
  Client client(both.port());  // over IPv4: the socket takes both
  const auto reply = client.roundtrip(get("/hello"));
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 404);
}

TEST_F(ServerTest, TakesLargeBodiesAndGivesLargeAnswers) {
  const std::string big(20 * kMiB, 'b');
  Client client = connect();
  auto reply = client.roundtrip(post("/big", big));
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->body, std::to_string(big.size()));
  reply = client.roundtrip(get("/blob/20000000"));
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->body, std::string(20'000'000, 'x'));
  EXPECT_EQ(server->stats().body_bytes, 0U);
}

TEST_F(ServerTest, AnswersFromManyThreadsReachTheRightClients) {
  std::atomic<int> wrong{0};
  {
    std::vector<std::jthread> clients;
    for (int c = 0; c < 4; ++c) {
      clients.emplace_back([&, c] {
        Client client = connect();
        for (int i = 0; i < 300; ++i) {
          const std::string id = std::to_string(c) + "-" + std::to_string(i);
          const auto reply = client.roundtrip(get((i % 2 == 0 ? "/async/" : "/id/") + id));
          wrong += reply && reply->body == id ? 0 : 1;
        }
      });
    }
  }
  EXPECT_EQ(wrong, 0);
}

TEST_F(ServerTest, SurvivesBadHandlers) {
  Client client = connect();
  for (const char* path : {"/throw", "/throw-int", "/drop"}) {
    const auto reply = client.roundtrip(get(path));
    ASSERT_TRUE(reply) << path;
    EXPECT_EQ(reply->status, 500);
    EXPECT_EQ(reply->body, R"({"statusCode":500,"message":"Internal Server Error"})");
  }
  expect_service();
}

TEST_F(ServerTest, ReturnsItsDescriptors) {
  const std::size_t before = open_descriptors();
  for (int i = 0; i < 50; ++i) {
    expect_service();
  }
  EXPECT_TRUE(eventually([&] { return open_descriptors() == before; }));
  EXPECT_TRUE(eventually([&] { return server->stats().connections_open == 0; }));
}

}  // namespace
}  // namespace waxwing::http::test
