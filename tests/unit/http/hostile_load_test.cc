// SPDX-License-Identifier: Apache-2.0
// Peers that are many, or come and go too fast, and the limits that hold against them.
#include <atomic>
#include <sys/resource.h>
#include <thread>

#include <gtest/gtest.h>

#include "unit/http/fixture.hpp"

namespace waxwing::http::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class HostileLoad : public ServerTest {
 protected:
  void SetUp() override { scaled(1); }  // raises the limit of open files
  void start_with(const std::function<void(ServerOptions&)>& change) {
    ServerOptions options;
    change(options);
    start(options);
  }
  void expect_everything_returned(std::size_t descriptors) {
    EXPECT_TRUE(eventually([&] { return server->stats().connections_open == 0; }));
    EXPECT_TRUE(eventually([&] { return open_descriptors() <= descriptors; }));
    EXPECT_EQ(server->stats().requests_in_flight, 0U);
    EXPECT_EQ(server->stats().body_bytes, 0U);
  }
};

TEST_F(HostileLoad, ThousandsOfIdleConnections) {
  start_with([](ServerOptions&) {});
  const std::size_t base = open_descriptors();
  {
    std::vector<Client> idle;
    const std::size_t count = scaled(5000);
    for (std::size_t i = 0; i < count; ++i) {
      idle.push_back(connect());
      ASSERT_TRUE(idle.back().connected()) << i;
    }
    ASSERT_TRUE(eventually([&] { return server->stats().connections_open == count; }));
    const auto before = cpu_time();
    EXPECT_TRUE(idle.front().silent(milliseconds(400)));
    EXPECT_LT(cpu_time() - before, milliseconds(200));
    expect_service();
    for (std::size_t i = 0; i < count; i += 100) {
      ASSERT_TRUE(idle[i].roundtrip(get("/hello"))) << i;
    }
  }
  expect_everything_returned(base);
}

TEST_F(HostileLoad, ThousandsOfHalfSentRequests) {
  start_with([](ServerOptions& options) { options.limits.header_timeout = seconds(2); });
  const std::size_t base = open_descriptors();
  std::vector<Client> half;
  const std::size_t count = scaled(2000);
  for (std::size_t i = 0; i < count; ++i) {
    half.push_back(connect());
    half.back().send(i % 2 == 0 ? "GET /hel" : "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Le");
  }
  expect_service();
  std::size_t told = 0;
  for (auto& client : half) {
    const auto reply = client.receive();
    told += reply && reply->status == 408 ? 1U : 0U;
  }
  EXPECT_EQ(told, count);
  half.clear();
  expect_everything_returned(base);
}

// The socket number of a client that is gone soon belongs to another one. An answer under way must
// not reach that one.
TEST_F(HostileLoad, AnswersNeverReachTheWrongClient) {
  start_with([](ServerOptions& options) { options.threads = 2; });
  const std::size_t base = open_descriptors();
  std::atomic<bool> over{false};
  std::atomic<int> wrong{0};
  std::atomic<int> unasked{0};
  {
    std::vector<std::jthread> threads;
    threads.emplace_back([&] {
      for (int i = 0; !over; ++i) {
        Client client = connect();
        client.send(get(i % 2 == 0 ? "/async/gone" : "/id/gone"));
        client.reset();
      }
    });
    threads.emplace_back([&] {
      while (!over) {
        Client client = connect();
        unasked += client.silent(milliseconds(1)) ? 0 : 1;
      }
    });
    const int rounds = kSanitized ? 200 : 1000;
    for (int i = 0; i < rounds; ++i) {
      Client client = connect();
      const std::string id = std::to_string(i);
      const auto reply = client.roundtrip(get((i % 2 == 0 ? "/async/" : "/id/") + id));
      wrong += reply && reply->body == id ? 0 : 1;
    }
    over = true;
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(unasked, 0);
  expect_everything_returned(base);
}

TEST_F(HostileLoad, ResetsWhileAnAnswerIsPending) {
  start_with([](ServerOptions&) {});
  const std::size_t base = open_descriptors();
  for (int i = 0; i < 100; ++i) {
    Client client = connect();
    client.send(get("/held"));
    await_held(static_cast<std::size_t>(i) + 1);
    client.reset();
  }
  {
    std::unique_lock lock(mutex);
    EXPECT_TRUE(changed.wait_for(lock, kPatience, [&] { return cancelled == 100; }));
  }
  std::vector<Client> heirs;  // of their socket numbers
  for (int i = 0; i < 100; ++i) {
    heirs.push_back(connect());
  }
  expect_service();
  answer_held();
  for (auto& client : heirs) {
    const auto reply = client.roundtrip(get("/id/heir"));
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->body, "heir");
  }
  heirs.clear();
  expect_everything_returned(base);
  EXPECT_EQ(server->stats().cancelled, 100U);
}

TEST_F(HostileLoad, ResetsInTheMiddleOfEverything) {
  start_with([](ServerOptions&) {});
  const std::size_t base = open_descriptors();
  const std::string texts[] = {
      get("/blob/3000000"), post("/echo", std::string(5000, 'x')),
      get("/async/1") + get("/held") + get("/hello"),
      "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\n0\r\n\r\n"};
  for (int i = 0; i < 600; ++i) {
    const std::string& text = texts[static_cast<std::size_t>(i) % std::size(texts)];
    Client client = connect();
    client.send(text.substr(0, text.size() * static_cast<std::size_t>(i % 11) / 10));
    if (i % 3 == 0) {
      client.receive_octets(1, milliseconds(2));
    }
    if (i % 2 == 0) {
      client.reset();
    }
  }
  drop_held();
  expect_service();
  expect_everything_returned(base);
}

TEST_F(HostileLoad, AFloodOfConnectionsAndResets) {
  start_with([](ServerOptions&) {});
  const std::size_t base = open_descriptors();
  Client steady = connect();
  {
    std::atomic<bool> over{false};
    std::jthread flood([&] {
      for (int i = 0; i < (kSanitized ? 2000 : 10'000) && !over; ++i) {
        connect().reset();
      }
    });
    for (int i = 0; i < 200; ++i) {
      const auto reply = steady.roundtrip(get("/id/" + std::to_string(i)));
      ASSERT_TRUE(reply) << i;
      EXPECT_EQ(reply->body, std::to_string(i));
    }
    over = true;
  }
  expect_service();
  steady.close();
  expect_everything_returned(base);
}

TEST_F(HostileLoad, OverTheConnectionLimit) {
  start_with([](ServerOptions& options) { options.limits.connections = 20; });
  const std::size_t base = open_descriptors();
  std::vector<Client> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(connect());
    ASSERT_TRUE(clients.back().roundtrip(get("/hello")));
  }
  Client surplus = connect();
  const auto reply = surplus.receive();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 503);
  EXPECT_EQ(reply->header("retry-after"), "1");
  EXPECT_TRUE(surplus.ended());
  surplus.close();
  for (int i = 0; i < 200; ++i) {
    clients.push_back(connect());
  }
  ASSERT_TRUE(clients.front().roundtrip(get("/hello"))) << "who is in stays in";
  EXPECT_TRUE(eventually([&] { return server->stats().connections_total == 221; }));
  // Refused ones are on their way out; only a few may linger.
  EXPECT_TRUE(eventually([&] { return server->stats().connections_open <= 20U + 16U + 2U; }));
  clients.clear();
  EXPECT_TRUE(eventually([&] { return server->stats().connections_open == 0; }));
  expect_service();
  expect_everything_returned(base);
}

TEST_F(HostileLoad, OverTheRequestLimit) {
  start_with([](ServerOptions& options) { options.limits.requests_in_flight = 3; });
  std::vector<Client> clients;
  for (std::size_t i = 0; i < 3; ++i) {
    clients.push_back(connect());
    clients.back().send(get("/held"));
    await_held(i + 1);
  }
  Client surplus = connect();
  auto reply = surplus.roundtrip(get("/hello"));
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 503);
  EXPECT_EQ(reply->header("retry-after"), "1");
  answer_held();
  for (auto& client : clients) {
    ASSERT_TRUE(client.receive());
  }
  reply = surplus.roundtrip(get("/hello"));
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200) << "the same connection, later";
}

TEST_F(HostileLoad, OverTheBodyMemoryLimit) {
  start_with([](ServerOptions& options) { options.limits.body_bytes_in_flight = 4 * kMiB; });
  std::vector<Client> uploads;
  for (int i = 0; i < 4; ++i) {
    uploads.push_back(connect());
    uploads.back().send("POST /big HTTP/1.1\r\nHost: h\r\nContent-Length: 40000000\r\n\r\n");
    uploads.back().send_some(std::string(kMiB, 'x'));
  }
  std::size_t refused = 0;
  const std::string more(64 * kKiB, 'x');
  ASSERT_TRUE(eventually([&] {
    for (auto& upload : uploads) {
      upload.send_some(more);
    }
    refused = server->stats().overloads;
    return refused >= 3;
  }));
  EXPECT_LE(server->stats().body_bytes, 5 * kMiB);
  uploads.clear();
  EXPECT_TRUE(eventually([&] { return server->stats().body_bytes == 0; }));
  const auto reply = connect().roundtrip(post("/echo", "fits"));
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->body, "fits");
}

TEST_F(HostileLoad, LowersItsLimitToWhatTheProcessMayOpen) {
  rlimit old{};
  ::getrlimit(RLIMIT_NOFILE, &old);
  rlimit low = old;
  low.rlim_cur = 256;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  start_with([](ServerOptions&) {});
  EXPECT_EQ(server->limits().connections, 256U - 64U);
  ::setrlimit(RLIMIT_NOFILE, &old);
  expect_service();
}

TEST_F(HostileLoad, NoDescriptorLeft) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the sanitizer opens files to look at objects";
#endif
  start_with([](ServerOptions&) {});
  Client served = connect();
  ASSERT_TRUE(served.roundtrip(get("/hello")));
  // Sockets of the clients first: they come out of the same purse.
  std::vector<Client> waiting(30);
  rlimit old{};
  ::getrlimit(RLIMIT_NOFILE, &old);
  rlimit low = old;
  low.rlim_cur = open_descriptors() + 2;  // the listing itself, and one to spare
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  for (auto& client : waiting) {
    client.connect(port());
  }
  EXPECT_TRUE(eventually([&] { return server->stats().accept_errors > 0; }));
  const auto before = cpu_time();
  EXPECT_TRUE(served.silent(milliseconds(400)));
  EXPECT_LT(cpu_time() - before, milliseconds(200)) << "it spins";
  ASSERT_TRUE(served.roundtrip(get("/hello"))) << "who is in is served";
  ::setrlimit(RLIMIT_NOFILE, &old);
  for (auto& client : waiting) {
    const auto reply = client.roundtrip(get("/hello"));
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 200);
  }
}

}  // namespace
}  // namespace waxwing::http::test
