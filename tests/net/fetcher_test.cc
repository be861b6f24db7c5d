// SPDX-License-Identifier: Apache-2.0
// Our HTTP client against node's server, directly and through proxies.
#include "net/fetcher.hpp"

#include <atomic>
#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/harness.hpp"
#include "support/patience.hpp"

namespace waxwing::testing {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

struct Outcome {
  net::End end;
  net::HttpHead head;
  std::string body;
};

std::string octets(std::size_t size) {
  std::string out(size, '\0');
  for (std::size_t i = 0; i < size; ++i) {
    out[i] = static_cast<char>(i % 251);
  }
  return out;
}

class FetcherTest : public ::testing::Test {
 protected:
  FetcherTest() {
    wire_.on_loop([this] { client_ = std::make_unique<net::Fetcher>(wire_.network, wire_.loop); });
  }
  ~FetcherTest() override {
    wire_.on_loop([this] { client_.reset(); });
  }

  net::FetchRequest get(const std::string& url) {
    net::FetchRequest request;
    request.url = url;
    request.ca_pem = authority_.pem();
    request.deadline = kPatience;
    return request;
  }
  [[nodiscard]] std::string at(const std::string& path, bool tls = false) const {
    const WsServer& server = tls ? tls_ : plain_;
    return (tls ? "https" : "http") + std::string("://127.0.0.1:") + std::to_string(server.port()) +
           path;
  }
  // `late`: bodies move by tasks of their own instead of at once.
  Outcome fetch(net::FetchRequest request, const std::string& body = "", bool late = false) {
    auto outcome = std::make_shared<Outcome>();
    std::promise<void> done;
    wire_.on_loop([&] {
      request.body_bytes = body.size();
      if (!body.empty()) {
        request.pull = [&body, late, this](std::uint64_t offset, std::size_t most,
                                           UniqueFunction<void(Result<std::string>)> give) {
          if (late) {
            wire_.loop.post(
                [piece = body.substr(offset, most), give = std::move(give)] { give(piece); });
          } else {
            give(body.substr(offset, most));
          }
        };
      }
      request.push = [outcome, late, this](const std::string& piece,
                                           UniqueFunction<void(Status)> taken) {
        outcome->body += piece;
        if (late) {
          wire_.loop.post([taken = std::move(taken)] { taken(Status::ok()); });
        } else {
          taken(Status::ok());
        }
      };
      client_->start(std::move(request), [&, outcome](net::End end, net::HttpHead head) {
        outcome->end = std::move(end);
        outcome->head = std::move(head);
        done.set_value();
      });
    });
    done.get_future().wait();
    return *outcome;
  }

  Authority authority_;
  WsServer tls_{authority_.good()};
  WsServer plain_;
  Wire wire_;
  std::unique_ptr<net::Fetcher> client_;
};

TEST_F(FetcherTest, AnswersOfAllSizesComeWhole) {
  for (const bool late : {false, true}) {
    for (const std::size_t size : {0U, 1U, 1000U, 300'000U, 2'000'000U}) {
      const Outcome outcome = fetch(get(at("/bytes/" + std::to_string(size), true)), "", late);
      ASSERT_TRUE(outcome.end.is_ok()) << outcome.end.reason << ": " << outcome.end.text;
      EXPECT_EQ(outcome.head.code, 200);
      EXPECT_TRUE(outcome.body == octets(size)) << size;
    }
  }
}

TEST_F(FetcherTest, BodiesOfAllSizesGoWhole) {
  for (const bool late : {false, true}) {
    for (const std::size_t size : {1U, 1000U, 300'000U, 2'000'000U}) {
      net::FetchRequest request = get(at("/echo", true));
      request.method = "PUT";
      const Outcome outcome = fetch(std::move(request), octets(size), late);
      ASSERT_TRUE(outcome.end.is_ok()) << outcome.end.reason << ": " << outcome.end.text;
      EXPECT_EQ(outcome.head.find("x-method"), "PUT");
      EXPECT_EQ(outcome.head.find("x-length"), std::to_string(size));
      EXPECT_TRUE(outcome.body == octets(size)) << size;
    }
  }
}

TEST_F(FetcherTest, Ranges) {
  net::FetchRequest request = get(at("/bytes/1000"));
  request.headers = {{"range", "bytes=10-19"}};
  const Outcome outcome = fetch(std::move(request));
  EXPECT_EQ(outcome.head.code, 206);
  EXPECT_EQ(outcome.head.find("content-range"), "bytes 10-19/1000");
  EXPECT_EQ(outcome.body, octets(1000).substr(10, 10));
}

TEST_F(FetcherTest, HeadersGoAsTheyAre) {
  net::FetchRequest request = get(at("/echo"));
  request.method = "POST";
  request.headers = {
      {"X-Empty", ""}, {"X-Own", "a: b"}, {"Host", "never"}, {"Content-Length", "9"}};
  const Outcome outcome = fetch(std::move(request));
  const std::string seen(outcome.head.find("x-seen"));
  EXPECT_THAT(seen, HasSubstr(R"("x-empty":"")"));
  EXPECT_THAT(seen, HasSubstr(R"("x-own":"a: b")"));
  EXPECT_THAT(seen, Not(HasSubstr("never")));
  EXPECT_THAT(seen, Not(HasSubstr("content-type")));
  EXPECT_EQ(outcome.head.find("x-length"), "0");
}

TEST_F(FetcherTest, EveryCodeIsAnAnswerAndRedirectsAreNotFollowed) {
  for (const int code : {204, 302, 404, 500}) {
    const Outcome outcome = fetch(get(at("/code/" + std::to_string(code))));
    EXPECT_TRUE(outcome.end.is_ok());
    EXPECT_EQ(outcome.head.code, code);
  }
}

TEST_F(FetcherTest, ConnectionsAreKeptForTheirOwner) {
  const auto connection = [&] {
    return std::string(fetch(get(at("/echo", true))).head.find("x-connection"));
  };
  const std::string first = connection();
  EXPECT_EQ(connection(), first);
  wire_.on_loop([this] { client_ = std::make_unique<net::Fetcher>(wire_.network, wire_.loop); });
  EXPECT_NE(connection(), first);
}

TEST_F(FetcherTest, ManyAtOnce) {
  constexpr int kMany = 50;
  std::atomic<int> good{0};
  std::promise<void> done;
  std::atomic<int> left{kMany};
  wire_.on_loop([&] {
    for (int i = 0; i < kMany; ++i) {
      client_->start(get(at("/bytes/10000", i % 2 == 0)), [&](const net::End& end, net::HttpHead) {
        good += end.is_ok() ? 1 : 0;
        if (--left == 0) {
          done.set_value();
        }
      });
    }
  });
  done.get_future().wait();
  EXPECT_EQ(good, kMany);
}

TEST_F(FetcherTest, AnAnswerLongerThanAllowedIsAFailure) {
  net::FetchRequest request = get(at("/bytes/100000"));
  request.max_response_bytes = 99'999;
  EXPECT_EQ(fetch(std::move(request)).end.reason, "message_too_long");
}

TEST_F(FetcherTest, ADeadlineIsKept) {
  net::FetchRequest request = get(at("/hang"));
  request.deadline = Millis(50);
  const Outcome outcome = fetch(std::move(request));
  EXPECT_EQ(outcome.end.code, Code::Timeout);
  EXPECT_EQ(outcome.end.reason, "timeout");
}

TEST_F(FetcherTest, FailuresHaveTheReasonsOfWebSockets) {
  EXPECT_EQ(fetch(get(at("/cut"))).end.reason, "connection_closed");
  EXPECT_EQ(fetch(get("http://127.0.0.1:" + std::to_string(free_port()) + "/")).end.reason,
            "connect_refused");
  EXPECT_EQ(fetch(get("http://nowhere.invalid/")).end.reason, "dns_failed");
  EXPECT_EQ(fetch(get("ftp://h/")).end.reason, "bad_url");
  net::FetchRequest split = get(at("/echo"));
  split.headers = {{"x", "a\r\nb: c"}};
  EXPECT_EQ(fetch(std::move(split)).end.code, Code::Invalid);
  net::FetchRequest stranger = get(at("/echo", true));
  stranger.ca_pem.clear();
  EXPECT_EQ(fetch(std::move(stranger)).end.reason, "certificate_invalid");
  WsServer expired(authority_.expired());
  EXPECT_EQ(fetch(get("https://127.0.0.1:" + std::to_string(expired.port()) + "/echo")).end.reason,
            "certificate_expired");
  WsServer other(authority_.for_another_host());
  EXPECT_EQ(fetch(get("https://127.0.0.1:" + std::to_string(other.port()) + "/echo")).end.reason,
            "certificate_wrong_host");
  RawServer no_http([](int descriptor) {
    write_all(descriptor, "220 mail.example ESMTP\r\n");
    wait_for_end(descriptor);
  });
  EXPECT_THAT(fetch(get("http://127.0.0.1:" + std::to_string(no_http.port()) + "/")).end.reason,
              AnyOf("protocol_error", "connection_closed"));
}

TEST_F(FetcherTest, CancelledItIsSilent) {
  RawServer silent(&wait_for_end);
  std::atomic<bool> called{false};
  wire_.on_loop([&] {
    const auto id = client_->start(get("http://127.0.0.1:" + std::to_string(silent.port()) + "/"),
                                   [&](const net::End&, net::HttpHead) { called = true; });
    client_->cancel(id);
    client_->cancel(id);
    EXPECT_EQ(client_->running(), 0U);
  });
  EXPECT_TRUE(fetch(get(at("/echo"))).end.is_ok());
  EXPECT_FALSE(called);
}

// Through proxies --------------------------------------------------------------------------------

TEST_F(FetcherTest, ThroughAnHttpProxy) {
  if (!is_installed("tinyproxy")) {
    FAIL() << "tinyproxy is not installed: tools/install-deps --tests";
  }
  TempDir files;
  const std::uint16_t port = free_port();
  write_file(files / "conf", "Port " + std::to_string(port) +
                                 "\nListen 127.0.0.1\nLogLevel Critical\nBasicAuth wax secret\n");
  Program proxy({"tinyproxy", "-d", "-c", files / "conf"});
  ASSERT_TRUE(wait_for_port(port));
  const auto via = [&](net::FetchRequest request, const std::string& password) {
    request.route = *net::parse_route("http://localhost:" + std::to_string(port));
    request.route.username = password.empty() ? "" : "wax";
    request.route.password = password;
    return fetch(std::move(request)).end;
  };
  EXPECT_TRUE(via(get(at("/echo", true)), "secret").is_ok());
  EXPECT_TRUE(via(get(at("/echo")), "secret").is_ok());
  EXPECT_EQ(via(get(at("/echo", true)), "wrong").reason, "proxy_authentication");
  EXPECT_EQ(via(get(at("/bytes/7", true)), "").reason, "proxy_authentication");
  proxy.kill();
  const net::End dead = via(get(at("/echo", true)), "wrong");
  EXPECT_EQ(dead.reason, "proxy_unreachable");
  EXPECT_TRUE(dead.at_proxy);
}

TEST_F(FetcherTest, ThroughASocksProxy) {
  if (!is_installed("microsocks")) {
    FAIL() << "microsocks is not installed: tools/install-deps --tests";
  }
  const std::uint16_t port = free_port();
  Program proxy(
      {"microsocks", "-i", "127.0.0.1", "-p", std::to_string(port), "-u", "wax", "-P", "secret"});
  ASSERT_TRUE(wait_for_port(port));
  const auto via = [&](net::FetchRequest request, const std::string& password) {
    request.route = *net::parse_route("socks5://127.0.0.1:" + std::to_string(port));
    request.route.username = "wax";
    request.route.password = password;
    return fetch(std::move(request)).end;
  };
  EXPECT_TRUE(via(get(at("/bytes/100000", true)), "secret").is_ok());
  EXPECT_EQ(via(get("http://127.0.0.1:" + std::to_string(free_port()) + "/"), "secret").reason,
            "connect_refused");
  wire_.on_loop([this] { client_ = std::make_unique<net::Fetcher>(wire_.network, wire_.loop); });
  EXPECT_EQ(via(get(at("/bytes/7", true)), "wrong").reason, "proxy_authentication");
}

}  // namespace
}  // namespace waxwing::testing
