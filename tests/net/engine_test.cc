// SPDX-License-Identifier: Apache-2.0
// The built server with the WebSocket example engine: connections through proxies of each session.
#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

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
metrics: {enabled: true}
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

// Every fault of a far end or a proxy, of real software where there is some that has it.
TEST_F(EngineNetTest, EveryFaultIsOneReasonOfItsSession) {
  const Authority stranger;
  WsServer another_host(authority_.for_another_host());
  WsServer another_authority(stranger.good());
  RawServer hanging(&wait_for_end);
  RawServer portal([](int descriptor) {
    read_head(descriptor);
    write_all(descriptor, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>log in</html>");
  });
  RawServer endless([](int descriptor) {
    write_all(descriptor, accept_websocket(read_head(descriptor)) + std::string("\x02\x00", 2));
    const std::string piece =
        std::string("\x00\x7F\x00\x00\x00\x00\x00\x01\x00\x00", 10) + std::string(65536, 'x');
    for (int i = 0; i < 1600 && write_all(descriptor, piece); ++i) {
    }
  });
  const auto at = [](std::uint16_t port) { return "127.0.0.1:" + std::to_string(port); };
  const auto through = [](const std::string& server) { return R"({"server":")" + server + "\"}"; };
  const struct {
    const char* session;
    std::string url;
    std::string proxy;
    std::vector<std::string> reasons;  // one of these
  } kCases[] = {
      {"down", "ws://" + at(free_port()), "null", {"connect_refused"}},
      {"hangs", hanging.url(), "null", {"timeout"}},
      {"hangs-in-tls", "wss://" + at(hanging.port()), "null", {"timeout"}},
      {"portal", portal.url(), "null", {"handshake_refused"}},
      {"other-host", another_host.url("/echo"), "null", {"certificate_wrong_host"}},
      {"other-authority", another_authority.url("/echo"), "null", {"certificate_invalid"}},
      {"endless", endless.url(), "null", {"message_too_long"}},
      {"no-name", "wss://nowhere.invalid/", "null", {"dns_failed"}},
      // A machine without IPv6 has no way to it.
      {"only-ipv6",
       "ws://[::1]:" + std::to_string(free_port()),
       "null",
       {"connect_refused", "target_unreachable"}},
      {"proxy-down",
       echo_.url("/echo"),
       through("http://" + at(free_port())),
       {"proxy_unreachable"}},
      {"socks-down",
       echo_.url("/echo"),
       through("socks5://" + at(free_port())),
       {"proxy_unreachable"}},
      {"proxy-hangs", echo_.url("/echo"), through("http://" + at(hanging.port())), {"timeout"}},
      {"socks-hangs", echo_.url("/echo"), through("socks5://" + at(hanging.port())), {"timeout"}},
      {"proxy-portal",
       echo_.url("/echo"),
       through("http://" + at(portal.port())),
       {"proxy_protocol", "tls_failed", "connection_closed"}},
      {"proxy-no-name",
       echo_.url("/echo"),
       through("http://proxy.invalid:3128"),
       {"proxy_unreachable"}},
  };
  HttpClient http = server_.client();
  for (const auto& one : kCases) {
    ASSERT_EQ(http.post("/api/sessions", std::string(R"({"name":")") + one.session +
                                             R"(","start":true,"config":{"websocket":{"url":)" +
                                             quoted(one.url) + R"(,"timeoutMs":1500,"caPem":)" +
                                             quoted(authority_.pem()) + R"(},"proxy":)" +
                                             one.proxy + "}}")
                  .status,
              201);
  }
  for (const auto& one : kCases) {
    std::string body;
    EXPECT_TRUE(wait_until([&] {
      body = http.get(session_path(one.session)).body;
      return std::any_of(one.reasons.begin(), one.reasons.end(), [&](const std::string& reason) {
        return body.find("\"id\":\"" + reason + "\"") != std::string::npos;
      });
    })) << one.session
        << ": " << body;
  }
}

// Not where somebody would look, and not where somebody else could.
TEST_F(EngineNetTest, CredentialsOfProxiesAreSeenNowhere) {
  const std::uint16_t port = free_port();
  Program socks(
      {"microsocks", "-i", "127.0.0.1", "-p", std::to_string(port), "-u", kUser, "-P", kPassword});
  ASSERT_TRUE(wait_for_port(port));
  const std::string url = "socks5://127.0.0.1:" + std::to_string(port);
  HttpClient http = server_.client();
  ASSERT_EQ(create("right", echo_.url("/echo"), proxy_json(url, kPassword)).status, 201);
  ASSERT_EQ(create("wrong", echo_.url("/echo"), proxy_json(url, "also-a-secret-17")).status, 201);
  // In the URL itself, as people paste it.
  const Reply pasted = create("pasted", echo_.url("/echo"),
                              R"({"server":"socks5://wax:pasted-secret-23@127.0.0.1:1"})");
  ASSERT_TRUE(wait_for_status(http, "right", "WORKING"));
  ASSERT_TRUE(wait_for_reason("wrong", "proxy_authentication"));
  socks.kill();
  ASSERT_TRUE(wait_for_reason("right", "proxy_unreachable"));

  std::string seen = server_.log() + pasted.body;
  for (const char* path :
       {"/api/sessions", "/api/sessions?all=true", "/api/sessions/right", "/api/sessions/wrong",
        "/api/sessions/pasted", "/api/right/proxy", "/api/wrong/proxy", "/api/right/me",
        "/api/plugins", "/metrics", "/api/server/status", "/api/server/environment?all=true"}) {
    seen += http.get(path).body;
  }
  for (const char* file : {"cmdline", "environ"}) {
    std::ifstream in("/proc/" + std::to_string(server_.pid()) + "/" + file, std::ios::binary);
    seen.append(std::istreambuf_iterator<char>(in), {});
  }
  for (const char* secret : {kPassword, "also-a-secret-17", "pasted-secret-23"}) {
    EXPECT_THAT(seen, Not(HasSubstr(secret)));
  }
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
