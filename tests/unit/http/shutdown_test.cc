// SPDX-License-Identifier: Apache-2.0
// How the server stops: who gets an answer, who is cut off, and that it never hangs.
#include <future>
#include <latch>

#include <gtest/gtest.h>

#include "unit/http/fixture.hpp"

namespace waxwing::http::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using SteadyClock = std::chrono::steady_clock;

using Shutdown = ServerTest;

TEST_F(Shutdown, LetsRunningRequestsEnd) {
  Client idle = connect();
  ASSERT_TRUE(idle.roundtrip(get("/hello")));
  Client busy = connect();
  busy.send(get("/held"));
  await_held(1);

  auto stopped = std::async(std::launch::async, [&] { return server->stop(seconds(20)); });
  EXPECT_TRUE(idle.ended()) << "nothing runs there";
  EXPECT_TRUE(eventually([&] { return !Client(port()).connected(); })) << "accepts no more";
  answer_held();
  const auto reply = busy.receive();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(reply->header("connection"), "close");
  EXPECT_TRUE(busy.ended());
  EXPECT_TRUE(stopped.get());
  EXPECT_EQ(cancelled, 0);
}

TEST_F(Shutdown, CancelsWhatDoesNotEnd) {
  Client busy = connect();
  busy.send(get("/held"));
  await_held(1);
  const auto begin = SteadyClock::now();
  EXPECT_TRUE(server->stop(milliseconds(100)));
  EXPECT_LT(SteadyClock::now() - begin, seconds(10));
  EXPECT_EQ(cancelled, 1);
  EXPECT_TRUE(busy.ended());
  answer_held();  // too late for anybody, and harmless
}

TEST_F(Shutdown, LetsAnUploadEnd) {
  Client client = connect();
  client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nab");
  ASSERT_TRUE(eventually([&] { return server->stats().body_bytes == 2; }));
  auto stopped = std::async(std::launch::async, [&] { return server->stop(seconds(20)); });
  EXPECT_TRUE(eventually([&] { return !Client(port()).connected(); }));
  client.send("cd");
  const auto reply = client.receive();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->body, "abcd");
  EXPECT_TRUE(stopped.get());
}

TEST_F(Shutdown, DoesNotWaitForSlowReaders) {
  Client client(port(), 4096);
  client.send(get("/blob/50000000"));
  ASSERT_EQ(client.receive_octets(100).size(), 100U);
  EXPECT_TRUE(server->stop(milliseconds(100)));
}

TEST_F(Shutdown, IsFastWithThousandsOfConnections) {
  std::vector<Client> clients;
  for (std::size_t i = 0; i < scaled(2000); ++i) {
    clients.push_back(connect());
  }
  ASSERT_TRUE(eventually([&] { return server->stats().connections_open == clients.size(); }));
  EXPECT_TRUE(server->stop(seconds(10)));
  EXPECT_EQ(server->stats().connections_open, 0U);
}

TEST_F(Shutdown, MayComeTwiceAndAtOnce) {
  EXPECT_TRUE(server->stop(seconds(1)));
  EXPECT_TRUE(server->stop(seconds(1)));
  start({});
  server.reset();
}

TEST_F(Shutdown, LeavesAStuckHandlerAlone) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "threads stay behind, which is the point here and a fault to the sanitizer";
#endif
  // Lives on: the worker that hangs is never joined.
  auto* release = new std::promise<void>();
  static std::shared_future<void> released;
  released = release->get_future().share();
  Router router;
  ASSERT_TRUE(router.add({"GET",
                          "/stuck",
                          [](Request&&, Responder&& responder) {
                            released.wait();
                            responder.send_json(200, "{}");
                          },
                          {}}));
  ServerOptions options;
  options.threads = 1;
  Server stuck(options, std::move(router));
  ASSERT_TRUE(stuck.start());
  Client client(stuck.port());
  client.send(get("/stuck"));
  ASSERT_TRUE(eventually([&] { return stuck.stats().requests_in_flight == 1; }));
  const auto begin = SteadyClock::now();
  EXPECT_EQ(stuck.stop(milliseconds(10)).code(), Code::Timeout);
  EXPECT_LT(SteadyClock::now() - begin, seconds(10));
  release->set_value();
  delete release;
  EXPECT_TRUE(eventually([&] { return stuck.stats().requests_in_flight == 0; }));
}

}  // namespace
}  // namespace waxwing::http::test
