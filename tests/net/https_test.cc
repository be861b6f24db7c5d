// SPDX-License-Identifier: Apache-2.0
// The API's server over HTTPS, asked by libcurl.
#include <unistd.h>

#include <arpa/inet.h>
#include <future>
#include <netinet/in.h>
#include <sys/socket.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/request.hpp"
#include "http/responder.hpp"
#include "http/server.hpp"
#include "net/fetcher.hpp"
#include "net/harness.hpp"
#include "support/patience.hpp"

namespace waxwing::testing {
namespace {

class HttpsTest : public ::testing::Test {
 protected:
  HttpsTest() {
    install(authority_.good());
    wire_.on_loop([this] { fresh_client(); });
  }
  ~HttpsTest() override {
    wire_.on_loop([this] { client_.reset(); });
    for (const int descriptor : open_) {
      ::close(descriptor);
    }
  }

  void install(const Certificate& certificate) {
    write_file(files_ / "key.pem", certificate.key_pem);
    write_file(files_ / "cert.pem", certificate.chain_pem);
  }
  Status start() {
    http::Router router;
    router
        .add({"POST",
              "/echo",
              [](http::Request&& request, http::Responder&& responder) {
                responder.send(
                    http::Response::of_type(200, "text/plain", std::string(request.body())));
              },
              {64 << 20}})
        .ignore();
    http::ServerOptions options;
    options.threads = 1;
    options.tls = http::TlsFiles{files_ / "key.pem", files_ / "cert.pem", files_ / "none.pem"};
    server_ = std::make_unique<http::Server>(options, std::move(router));
    return server_->start();
  }
  void fresh_client() { client_ = std::make_unique<net::Fetcher>(wire_.network, wire_.loop); }

  struct Outcome {
    net::End end;
    int code = 0;
    std::string body;
  };
  Outcome post(const std::string& body, const std::string& ca_pem,
               const std::string& scheme = "https") {
    Outcome outcome;
    std::promise<void> done;
    wire_.on_loop([&] {
      net::FetchRequest request;
      request.method = "POST";
      request.url = scheme + "://127.0.0.1:" + std::to_string(server_->port()) + "/echo";
      request.ca_pem = ca_pem;
      request.deadline = kPatience;
      request.body_bytes = body.size();
      request.pull = [&body](std::uint64_t offset, std::size_t most,
                             const UniqueFunction<void(Result<std::string>)>& give) {
        give(body.substr(offset, most));
      };
      request.push = [&](const std::string& piece, const UniqueFunction<void(Status)>& taken) {
        outcome.body += piece;
        taken(Status::ok());
      };
      client_->start(std::move(request), [&](net::End end, const net::HttpHead& head) {
        outcome.end = std::move(end);
        outcome.code = head.code;
        done.set_value();
      });
    });
    done.get_future().wait();
    return outcome;
  }
  // A client that connects and says `text`.
  int connect_and_say(std::string_view text) {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server_->port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address),
              0);
    write_all(descriptor, text);
    open_.push_back(descriptor);
    return descriptor;
  }

  Authority authority_;
  TempDir files_;
  Wire wire_;
  std::unique_ptr<net::Fetcher> client_;
  std::unique_ptr<http::Server> server_;
  std::vector<int> open_;
};

TEST_F(HttpsTest, BodiesOfAllSizesComeBack) {
  ASSERT_TRUE(start().is_ok());
  for (const std::size_t size : {1U, 1000U, 16384U, 100'000U, 20'000'000U}) {
    const std::string body(size, 'x');
    const Outcome outcome = post(body, authority_.pem());
    ASSERT_TRUE(outcome.end.is_ok()) << size << " " << outcome.end.text;
    EXPECT_EQ(outcome.code, 200);
    EXPECT_TRUE(outcome.body == body) << size;
  }
}

TEST_F(HttpsTest, SilentAndStupidClientsDelayNobody) {
  ASSERT_TRUE(start().is_ok());
  for (int i = 0; i < 20; ++i) {
    connect_and_say("");
    connect_and_say(std::string_view("\x16\x03\x01\x02\x00\x01", 6));  // a handshake's beginning
  }
  EXPECT_TRUE(post("x", authority_.pem()).end.is_ok());
  const int plain = connect_and_say("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  wait_for_end(plain);  // it is hung up on
  EXPECT_FALSE(post("x", "", "http").end.is_ok());
  EXPECT_TRUE(server_->stop(std::chrono::milliseconds(100)).is_ok());
}

TEST_F(HttpsTest, ANewCertificateIsTakenAndABrokenOneIsNot) {
  ASSERT_TRUE(start().is_ok());
  const Authority other;
  EXPECT_TRUE(post("x", authority_.pem()).end.is_ok());
  const auto is_served_by = [&](const Authority& authority) {
    wire_.on_loop([this] { fresh_client(); });
    return post("x", authority.pem()).end.is_ok();
  };
  EXPECT_FALSE(is_served_by(other));
  install(other.good());
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (!is_served_by(other) && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(
        std::chrono::milliseconds(50));  // files are looked at once a second
  }
  EXPECT_TRUE(is_served_by(other));
  write_file(files_ / "cert.pem", "nothing");
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  EXPECT_TRUE(is_served_by(other));
}

TEST_F(HttpsTest, AnUnusablePairIsNamedAtTheStart) {
  write_file(files_ / "key.pem", Authority().good().key_pem);
  const Status wrong_key = start();
  EXPECT_EQ(wrong_key.code(), Code::Invalid);
  EXPECT_THAT(wrong_key.message(), ::testing::HasSubstr("key.pem"));
  write_file(files_ / "cert.pem", "");
  EXPECT_THAT(start().message(), ::testing::HasSubstr("cert.pem"));
}

}  // namespace
}  // namespace waxwing::testing
