// SPDX-License-Identifier: Apache-2.0
// Requests to webhooks: connections that are kept, ends that come at bad moments, and what is left
// to libcurl.
#include "net/http_client.hpp"

#include <atomic>
#include <future>
#include <sys/socket.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/harness.hpp"
#include "support/receiver.hpp"

namespace waxwing::testing {
namespace {

using ::testing::HasSubstr;

class HttpClientTest : public ::testing::Test {
 protected:
  HttpClientTest() {
    wire_.on_loop(
        [this] { client_ = std::make_unique<net::HttpClient>(wire_.network, wire_.loop, 4); });
  }
  ~HttpClientTest() override {
    wire_.on_loop([this] { client_.reset(); });
  }

  static net::HttpRequest post(const std::string& url, std::string body = "{}") {
    net::HttpRequest request;
    request.url = url;
    request.headers = {"Content-Type: application/json", "X-Empty;"};
    request.body = std::make_shared<const std::string>(std::move(body));
    request.timeout = kPatience;
    return request;
  }
  using Outcome = Result<net::HttpResponse>;
  std::future<Outcome> start(net::HttpRequest request) {
    auto promise = std::make_shared<std::promise<Outcome>>();
    auto future = promise->get_future();
    wire_.on_loop([&] {
      client_->send(std::move(request),
                    [promise](Outcome outcome) { promise->set_value(std::move(outcome)); });
    });
    return future;
  }
  Outcome send(net::HttpRequest request) { return start(std::move(request)).get(); }

  Wire wire_;
  std::unique_ptr<net::HttpClient> client_;
};

std::string http(const RawServer& server) {
  return "http://127.0.0.1:" + std::to_string(server.port()) + "/";
}

std::string answer(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

TEST_F(HttpClientTest, KeepsItsConnection) {
  Receiver receiver([](const Received&) { return Reaction{.status = 201, .body = "yes"}; });
  for (int i = 0; i < 20; ++i) {
    const Outcome outcome = send(post(receiver.url("/a?b=c"), std::to_string(i)));
    ASSERT_TRUE(outcome.has_value()) << outcome.error().message();
    EXPECT_EQ(outcome->status, 201);
    EXPECT_EQ(outcome->body, "yes");
  }
  EXPECT_EQ(receiver.connections(), 1U);
  const auto all = receiver.all();
  ASSERT_EQ(all.size(), 20U);
  EXPECT_EQ(all[7].path, "/a?b=c");
  EXPECT_EQ(all[7].body, "7");
  EXPECT_EQ(all[7].header("content-type"), "application/json");
  EXPECT_EQ(all[7].header("accept"), "*/*");
  EXPECT_EQ(all[7].header("host"), "127.0.0.1:" + std::to_string(receiver.port()));
  EXPECT_TRUE(all[7].headers.contains("x-empty"));
}

TEST_F(HttpClientTest, SendsBodiesOfAnySize) {
  Receiver receiver;
  for (const std::size_t size : {std::size_t{0}, std::size_t{70'000}, std::size_t{9'000'000}}) {
    ASSERT_TRUE(send(post(receiver.url(), std::string(size, 'x'))).has_value());
    EXPECT_EQ(receiver.all().back().body.size(), size);
  }
  EXPECT_EQ(receiver.connections(), 1U);
}

TEST_F(HttpClientTest, ReadsAnswersOfEveryForm) {
  std::atomic<int> next{0};
  RawServer server([&](int descriptor) {
    while (!read_head(descriptor).empty()) {
      switch (next++) {
        case 0:
          write_all(descriptor,
                    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"
                    "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
          break;
        case 1:
          write_all(descriptor, "HTTP/1.1 204 No Content\r\n\r\n");
          break;
        case 2:
          write_all(descriptor,
                    "HTTP/1.1 429 Slow down\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n");
          break;
        default:
          write_all(descriptor, "HTTP/1.0 200 OK\r\n\r\nto the end");
          return;
      }
    }
  });
  net::HttpRequest get;
  get.url = http(server);
  EXPECT_EQ(send(get)->body, "abc");
  EXPECT_EQ(send(get)->status, 204);
  const Outcome slow = send(get);
  EXPECT_EQ(slow->status, 429);
  EXPECT_EQ(slow->retry_after, Millis(7'000));
  EXPECT_EQ(server.connections(), 1U);
  EXPECT_EQ(send(get)->body, "to the end");
  EXPECT_EQ(send(get)->body, "to the end");
  EXPECT_EQ(server.connections(), 2U) << "one that ends its answer by closing is not kept";
}

TEST_F(HttpClientTest, AsksAnewWhenAKeptConnectionIsClosedUnderTheRequest) {
  std::atomic<int> requests{0};
  RawServer server([&](int descriptor) {
    for (int served = 0; !read_head(descriptor).empty(); ++served) {
      ++requests;
      if (served == 1) {
        return;  // it came and nobody answers
      }
      write_all(descriptor, answer("once"));
    }
  });
  net::HttpRequest get;
  get.url = http(server);
  EXPECT_EQ(send(get)->body, "once");
  EXPECT_EQ(send(get)->body, "once");
  EXPECT_EQ(server.connections(), 2U);
  EXPECT_EQ(requests, 3);
}

TEST_F(HttpClientTest, SaysWhyThereIsNoAnswer) {
  RawServer closes([](int descriptor) { read_head(descriptor); });
  RawServer half([](int descriptor) {
    read_head(descriptor);
    write_all(descriptor, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
  });
  RawServer other([](int descriptor) {
    read_head(descriptor);
    write_all(descriptor, "220 mail.example ESMTP\r\n");
    wait_for_end(descriptor);
  });
  RawServer silent([](int descriptor) { wait_for_end(descriptor); });
  EXPECT_THAT(send(post(http(closes))).error().message(), HasSubstr("closed the connection"));
  EXPECT_EQ(closes.connections(), 1U) << "a first request is not sent twice";
  EXPECT_THAT(send(post(http(half))).error().message(), HasSubstr("closed the connection"));
  EXPECT_THAT(send(post(http(other))).error().message(), HasSubstr("does not answer with HTTP"));
  EXPECT_EQ(send(post("http://127.0.0.1:1/")).error().code(), Code::Unavailable);
  net::HttpRequest impatient = post(http(silent));
  impatient.timeout = Millis(50);
  EXPECT_EQ(send(std::move(impatient)).error().code(), Code::Timeout);
  const Authority authority;
  Receiver untrusted(authority.good());
  EXPECT_THAT(send(post(untrusted.url())).error().message(), HasSubstr("certificate"));
  net::HttpRequest trusting = post(untrusted.url());
  trusting.verify_tls = false;
  EXPECT_EQ(send(std::move(trusting))->status, 200);
}

TEST_F(HttpClientTest, FollowsAndCutsOff) {
  Receiver there([](const Received&) { return Reaction{.body = std::string(3'000, 'x')}; });
  Receiver here([&](const Received&) {
    return Reaction{.status = 307, .headers = {"Location: " + there.url("/there")}};
  });
  Receiver beside([](const Received& got) {
    return got.path == "/a/b" ? Reaction{.status = 308, .headers = {"Location: ../c"}} : Reaction{};
  });
  for (int i = 0; i < 2; ++i) {
    net::HttpRequest request = post(here.url(), "carried");
    request.max_response_bytes = 1'000;
    request.headers.push_back("Authorization: Bearer x");
    request.headers.push_back("X-Key: y");
    const Outcome outcome = send(std::move(request));
    EXPECT_EQ(outcome->status, 200);
    EXPECT_EQ(outcome->body, std::string(1'000, 'x'));
    EXPECT_EQ(there.all().back().body, "carried");
  }
  EXPECT_EQ(here.count(), 2U);
  EXPECT_EQ(here.all().back().header("authorization"), "Bearer x");
  EXPECT_EQ(there.all().back().header("authorization"), "") << "another server";
  EXPECT_EQ(there.all().back().header("x-key"), "y");
  net::HttpRequest relative = post(beside.url("/a/b"));
  relative.headers.push_back("Authorization: Bearer x");
  EXPECT_EQ(send(std::move(relative))->status, 200);
  EXPECT_EQ(beside.all().back().path, "/c");
  EXPECT_EQ(beside.all().back().header("authorization"), "Bearer x");
  net::HttpRequest stays = post(there.url());
  stays.max_redirects = 0;
  stays.max_response_bytes = 1'000;
  EXPECT_EQ(send(std::move(stays))->body.size(), 1'000U);
}

TEST_F(HttpClientTest, KeepsNoMoreThanItMay) {
  std::vector<std::unique_ptr<RawServer>> servers;
  for (int i = 0; i < 6; ++i) {
    servers.push_back(std::make_unique<RawServer>([](int descriptor) {
      while (!read_head(descriptor).empty()) {
        write_all(descriptor, answer("x"));
      }
    }));
    net::HttpRequest get;
    get.url = http(*servers.back());
    ASSERT_TRUE(send(std::move(get)).has_value());
  }
  std::size_t opened = 0;
  for (const auto& server : servers) {
    net::HttpRequest get;
    get.url = http(*server);
    ASSERT_TRUE(send(std::move(get)).has_value());
    opened += server->connections();
  }
  EXPECT_GT(opened, servers.size()) << "the first ones had to make room";
}

// The callback of one request ends the client in the midst of others.
TEST_F(HttpClientTest, MayEndInsideOfACallback) {
  RawServer server([](int descriptor) {
    while (!read_head(descriptor).empty()) {
      write_all(descriptor, answer("x"));
    }
  });
  RawServer silent([](int descriptor) { wait_for_end(descriptor); });
  std::promise<void> ended;
  std::atomic<int> answers{0};
  wire_.on_loop([&] {
    client_->send(post(http(silent)), [&](const Outcome&) { ++answers; });
    client_->send(post(http(server)), [&](const Outcome&) {
      ++answers;
      client_.reset();
      ended.set_value();
    });
  });
  ended.get_future().wait();
  wire_.on_loop([] {});
  EXPECT_EQ(answers, 1);
}

}  // namespace
}  // namespace waxwing::testing
