// SPDX-License-Identifier: Apache-2.0
// The built server with the WebSocket example engine: connections through proxies of each session.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/harness.hpp"
#include "support/server_process.hpp"
#include "support/sessions.hpp"

namespace waxwing::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kUser = "wax";
constexpr const char* kPassword = "secret-of-the-proxy-91";

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    out += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return out + '"';
}

constexpr const char* kYaml = R"(
plugins:
  load:
    - {id: example-websocket}
    - {id: storage-local}
    - {id: proxy-static}
    - {id: proxy-pool}
)";

class EngineNetTest : public ::testing::Test {
 protected:
  explicit EngineNetTest(const std::string& more = "defaults: {engine: WEBSOCKET}\n")
      : server_({.yaml = kYaml + more, .env = {}, .arguments = {}}) {}

  void SetUp() override { ASSERT_TRUE(server_.start()); }

  Reply create(const std::string& name, const std::string& url, const std::string& proxy) {
    HttpClient http = server_.client();
    return http.post("/api/sessions",
                     "{\"name\":\"" + name +
                         "\",\"start\":true,\"config\":{\"websocket\":{\"url\":" + quoted(url) +
                         ",\"caPem\":" + quoted(authority_.pem()) + "},\"proxy\":" + proxy + "}}");
  }
  static std::string proxy_json(const std::string& server, const std::string& password) {
    return R"({"server":")" + server + R"(","username":")" + kUser + R"(","password":")" +
           password + "\"}";
  }
  // The reason that the session gives for being where it is.
  bool wait_for_reason(const std::string& name, const std::string& reason) {
    HttpClient http = server_.client();
    return wait_until([&] {
      return http.get(session_path(name)).body.find("\"" + reason + "\"") != std::string::npos;
    });
  }
  std::string say(const std::string& session, const std::string& text) {
    HttpClient http = server_.client();
    return http
        .post("/api/sendText",
              R"({"session":")" + session + R"(","chatId":"1@c.us","text":")" + text + "\"}")
        .body;
  }

  Authority authority_;
  WsServer echo_{authority_.good()};
  ServerProcess server_;
};

TEST_F(EngineNetTest, EachSessionGoesThroughItsOwnProxy) {
  if (!is_installed("microsocks") || !is_installed("tinyproxy")) {
    FAIL() << "microsocks and tinyproxy are needed: tools/install-deps --tests";
  }
  const std::uint16_t socks_port = free_port();
  Program socks({"microsocks", "-i", "127.0.0.1", "-p", std::to_string(socks_port), "-u", kUser,
                 "-P", kPassword});
  ASSERT_TRUE(wait_for_port(socks_port));
  TempDir files;
  const std::uint16_t http_port = free_port();
  write_file(files / "tinyproxy.conf", "Port " + std::to_string(http_port) +
                                           "\nListen 127.0.0.1\nLogLevel Critical\nBasicAuth " +
                                           kUser + " " + kPassword + "\n");
  Program tiny({"tinyproxy", "-d", "-c", files / "tinyproxy.conf"});
  ASSERT_TRUE(wait_for_port(http_port));

  const std::string socks_url = "socks5://127.0.0.1:" + std::to_string(socks_port);
  const std::string http_url = "127.0.0.1:" + std::to_string(http_port);
  HttpClient http = server_.client();
  ASSERT_EQ(create("socks", echo_.url("/echo"), proxy_json(socks_url, kPassword)).status, 201);
  ASSERT_EQ(create("tiny", echo_.url("/echo"), proxy_json(http_url, kPassword)).status, 201);
  ASSERT_EQ(create("direct", echo_.url("/echo"), "null").status, 201);
  for (const char* name : {"socks", "tiny", "direct"}) {
    EXPECT_TRUE(wait_for_status(http, name, "WORKING"));
    EXPECT_THAT(say(name, std::string("hello ") + name), HasSubstr(std::string("hello ") + name));
  }

  ASSERT_EQ(create("wrong", echo_.url("/echo"), proxy_json(socks_url, "not it")).status, 201);
  EXPECT_TRUE(wait_for_reason("wrong", "proxy_authentication"));
  ASSERT_EQ(create("wrong-http", echo_.url("/echo"), proxy_json(http_url, "not it")).status, 201);
  EXPECT_TRUE(wait_for_reason("wrong-http", "proxy_authentication"));

  // A proxy that dies takes its session down and nobody else's.
  socks.kill();
  EXPECT_TRUE(wait_for_reason("socks", "proxy_unreachable"));
  EXPECT_THAT(say("tiny", "still here"), HasSubstr("still here"));

  for (const char* name : {"socks", "wrong", "tiny"}) {
    EXPECT_THAT(http.get(session_path(name)).body, Not(HasSubstr(kPassword)));
  }
  EXPECT_THAT(server_.log(), Not(HasSubstr(kPassword)));
}

TEST_F(EngineNetTest, TheReasonOfAFailedConnectionIsTheSessions) {
  ASSERT_EQ(create("refused", "ws://127.0.0.1:" + std::to_string(free_port()), "null").status, 201);
  EXPECT_TRUE(wait_for_reason("refused", "connect_refused"));
  ASSERT_EQ(create("portal", echo_.url("/nowhere"), "null").status, 201);
  EXPECT_TRUE(wait_for_reason("portal", "handshake_refused"));
  WsServer expired(authority_.expired());
  ASSERT_EQ(create("expired", expired.url("/echo"), "null").status, 201);
  EXPECT_TRUE(wait_for_reason("expired", "certificate_expired"));
}

TEST_F(EngineNetTest, StoppingClosesTheConnectionAndStartingOpensItAgain) {
  HttpClient http = server_.client();
  RawServer silent(&wait_for_end);
  ASSERT_EQ(create("dialling", silent.url(), "null").status, 201);
  EXPECT_TRUE(wait_until([&] { return silent.connections() == 1; }));
  ASSERT_EQ(create("main", echo_.url("/echo"), "null").status, 201);
  ASSERT_TRUE(wait_for_status(http, "main", "WORKING"));
  for (const char* name : {"main", "dialling"}) {
    EXPECT_EQ(http.post(session_path(name, "/stop")).status, 201);
    EXPECT_TRUE(wait_for_status(http, name, "STOPPED"));
  }
  EXPECT_EQ(http.post(session_path("main", "/start")).status, 201);
  EXPECT_TRUE(wait_for_status(http, "main", "WORKING"));
  EXPECT_THAT(say("main", "again"), HasSubstr("again"));
  // The server ends with connections open.
  server_.terminate();
}

// Two proxies in a pool; the session is on one of them.
class PoolOfTwo : public EngineNetTest {
 protected:
  PoolOfTwo() : PoolOfTwo(free_port(), free_port()) {}
  PoolOfTwo(std::uint16_t one, std::uint16_t two)
      : EngineNetTest(
            "defaults: {engine: WEBSOCKET, proxy: pool}\nproxy: {pool: {config: {proxies: [\"" +
            url(one) + "\", \"" + url(two) + "\"]}}}\n"),
        ports_{one, two} {}
  void SetUp() override {
    if (!is_installed("microsocks")) {
      FAIL() << "microsocks is not installed: tools/install-deps --tests";
    }
    for (const std::uint16_t port : ports_) {
      proxies_.push_back(std::make_unique<Program>(
          std::vector<std::string>{"microsocks", "-i", "127.0.0.1", "-p", std::to_string(port),
                                   "-u", kUser, "-P", kPassword}));
      ASSERT_TRUE(wait_for_port(port));
    }
    EngineNetTest::SetUp();
  }
  static std::string url(std::uint16_t port) {
    return std::string("socks5://") + kUser + ":" + kPassword +
           "@127.0.0.1:" + std::to_string(port);
  }
  // The index of the proxy that the session holds.
  std::size_t current() {
    HttpClient http = server_.client();
    const std::string body = http.get("/api/pooled/proxy").body;
    EXPECT_THAT(body, Not(HasSubstr(kPassword)));
    EXPECT_THAT(body, HasSubstr(R"("module":"pool")"));
    return body.find("\"socks5://127.0.0.1:" + std::to_string(ports_[0]) + "\"") !=
                   std::string::npos
               ? 0
               : 1;
  }

  std::vector<std::uint16_t> ports_;
  std::vector<std::unique_ptr<Program>> proxies_;
};

TEST_F(PoolOfTwo, RotationAndDeathMoveTheSession) {
  HttpClient http = server_.client();
  const Reply made = create("pooled", echo_.url("/echo"), "null");
  ASSERT_EQ(made.status, 201) << made << server_.log();
  ASSERT_TRUE(wait_for_status(http, "pooled", "WORKING"));
  const std::size_t first = current();
  EXPECT_EQ(http.post("/api/pooled/proxy/rotate").status, 200);
  EXPECT_TRUE(wait_until([&] { return current() != first; }));
  ASSERT_TRUE(wait_for_status(http, "pooled", "WORKING"));
  EXPECT_THAT(say("pooled", "moved"), HasSubstr("moved"));
  proxies_[current()]->kill();
  EXPECT_TRUE(wait_until([&] { return current() == first; }));
  EXPECT_TRUE(wait_for_status(http, "pooled", "WORKING"));
  EXPECT_THAT(say("pooled", "and back"), HasSubstr("and back"));
  EXPECT_THAT(server_.log(), Not(HasSubstr(kPassword)));
}

TEST_F(EngineNetTest, ASessionWithoutProxySaysSo) {
  HttpClient http = server_.client();
  ASSERT_EQ(create("direct", echo_.url("/echo"), "null").status, 201);
  ASSERT_TRUE(wait_for_status(http, "direct", "WORKING"));
  const Reply reply = http.get("/api/direct/proxy");
  EXPECT_EQ(reply.status, 200);
  EXPECT_THAT(reply.body, HasSubstr(R"("url":null)"));
  EXPECT_EQ(http.post("/api/direct/proxy/rotate").status, 422);
  EXPECT_EQ(http.get("/api/nobody/proxy").status, 404);
}

}  // namespace
}  // namespace waxwing::testing
