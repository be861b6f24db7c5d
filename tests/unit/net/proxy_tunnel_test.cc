// SPDX-License-Identifier: Apache-2.0
// Conversations with proxies as octets: RFC 9110 (CONNECT), 7617, 7616, 1928, 1929.
#include "net/proxy_tunnel.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/digest_auth.hpp"
#include "net/http_head.hpp"

namespace waxwing::net {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;
using testing::Not;
using Step = Tunnel::Step;

Target target(const std::string& url = "wss://example.com/chat") {
  return *parse_url(url);
}

Route route(const std::string& url, const std::string& username = {},
            const std::string& password = {}) {
  Route route = *parse_route(url);
  route.username = username;
  route.password = password;
  return route;
}

// Feeds the same octets whole and in single octets, each to a tunnel of its own.
struct Talk {
  Step step = Step::Read;
  std::string sent;
  End end;
};

Talk feed(Tunnel& tunnel, std::string_view octets, std::size_t piece) {
  Talk talk;
  while (!octets.empty() && talk.step == Step::Read) {
    std::string_view input = octets.substr(0, piece);
    octets.remove_prefix(input.size());
    talk.step = tunnel.feed(input, talk.sent);
  }
  talk.end = tunnel.end();
  return talk;
}

Talk http(const std::string& answer, const Route& via = route("http://proxy:3128"),
          std::string* request = nullptr) {
  const auto whole = make_http_tunnel(via, target(), false);
  const auto pieces = make_http_tunnel(via, target(), false);
  std::string out;
  whole->begin(out);
  if (request != nullptr) {
    *request = out;
  }
  pieces->begin(out);
  const Talk talk = feed(*whole, answer, answer.size());
  const Talk other = feed(*pieces, answer, 1);
  EXPECT_EQ(talk.step, other.step);
  EXPECT_EQ(talk.end.reason, other.end.reason);
  return talk;
}

TEST(HttpTunnel, AsksForHostAndPort) {
  std::string request;
  EXPECT_EQ(http("HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n",
                 route("http://proxy:3128", "user", "secret"), &request)
                .step,
            Step::Done);
  EXPECT_THAT(request, testing::StartsWith("CONNECT example.com:443 HTTP/1.1\r\n"
                                           "Host: example.com:443\r\n"));
  EXPECT_THAT(request, testing::EndsWith("\r\n\r\n"));
  EXPECT_THAT(request, Not(HasSubstr("Authorization"))) << "no password before it is asked for";
}

TEST(HttpTunnel, AddressesOfVersionSixStandInBrackets) {
  const auto tunnel = make_http_tunnel(route("http://p"), target("wss://[::1]:8443/"), false);
  std::string out;
  tunnel->begin(out);
  EXPECT_THAT(out, testing::StartsWith("CONNECT [::1]:8443 HTTP/1.1\r\n"));
}

TEST(HttpTunnel, EveryRefusalIsAReason) {
  struct Case {
    const char* answer;
    const char* reason;
    bool at_proxy;
    int code;
  };
  for (const Case& c : {Case{"HTTP/1.1 403 Forbidden\r\n\r\n", "proxy_refused", true, 403},
                        Case{"HTTP/1.0 405 No\r\n\r\n", "proxy_refused", true, 405},
                        Case{"HTTP/1.1 302 Found\r\n\r\n", "proxy_refused", true, 302},
                        Case{"HTTP/1.1 502 Bad Gateway\r\n\r\n", "target_unreachable", false, 502},
                        Case{"HTTP/1.1 503 Busy\r\n\r\n", "target_unreachable", false, 503},
                        Case{"HTTP/1.1 407 Who\r\n\r\n", "proxy_authentication", true, 407},
                        Case{"SSH-2.0-OpenSSH\r\n", "proxy_protocol", true, 0},
                        Case{"HTTP/1.1 abc\r\n\r\n", "proxy_protocol", true, 0}}) {
    const Talk talk = http(c.answer);
    EXPECT_EQ(talk.step, Step::Failed) << c.answer;
    EXPECT_EQ(talk.end.reason, c.reason) << c.answer;
    EXPECT_EQ(talk.end.at_proxy, c.at_proxy) << c.answer;
    EXPECT_EQ(talk.end.http_code, c.code) << c.answer;
  }
}

TEST(HttpTunnel, APageBehindA200IsNoTunnel) {
  const auto tunnel = make_http_tunnel(route("http://p"), target(), false);
  const Talk talk = feed(*tunnel, "HTTP/1.1 200 OK\r\n\r\n<html>", 100);
  EXPECT_EQ(talk.step, Step::Failed);
  EXPECT_EQ(talk.end.reason, "proxy_protocol");
}

TEST(HttpTunnel, AHeadHasABound) {
  const auto tunnel = make_http_tunnel(route("http://p"), target(), false);
  EXPECT_EQ(feed(*tunnel, "HTTP/1.1 200 OK\r\nX: " + std::string(20'000, 'x'), 100).end.reason,
            "proxy_protocol");
}

TEST(HttpTunnel, Rfc7617BasicWhenAskedForAndAtOnceWhenKnown) {
  const Route via = route("http://p", "Aladdin", "open sesame");
  const auto tunnel = make_http_tunnel(via, target(), false);
  std::string out;
  tunnel->begin(out);
  EXPECT_EQ(
      feed(*tunnel, "HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic realm=\"x\"\r\n\r\n", 100).step,
      Step::Reconnect);
  EXPECT_TRUE(tunnel->learnt_basic());
  out.clear();
  tunnel->begin(out);
  EXPECT_THAT(out, HasSubstr("Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"));
  const Talk again =
      feed(*tunnel, "HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic realm=\"x\"\r\n\r\n", 100);
  EXPECT_EQ(again.end.reason, "proxy_authentication");
  EXPECT_THAT(again.end.text, Not(HasSubstr("sesame")));

  const auto knowing = make_http_tunnel(via, target(), true);
  out.clear();
  knowing->begin(out);
  EXPECT_THAT(out, HasSubstr("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
  EXPECT_EQ(feed(*knowing, "HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic\r\n\r\n", 100).step,
            Step::Failed);
}

TEST(HttpTunnel, Rfc7616DigestIsLikedBetterThanBasic) {
  const auto tunnel = make_http_tunnel(route("http://p", "user", "secret"), target(), false);
  const auto challenge = [&](const std::string& digest) {
    return feed(*tunnel,
                "HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic realm=\"x\"\r\n"
                "Proxy-Authenticate: " +
                    digest + "\r\n\r\n",
                1000)
        .step;
  };
  EXPECT_EQ(challenge("Digest realm=\"x\", nonce=\"n1\", qop=\"auth\""), Step::Reconnect);
  std::string out;
  tunnel->begin(out);
  EXPECT_THAT(out, HasSubstr("Proxy-Authorization: Digest username=\"user\""));
  EXPECT_THAT(out, HasSubstr("uri=\"example.com:443\""));
  EXPECT_THAT(out, Not(HasSubstr("secret")));
  EXPECT_FALSE(tunnel->learnt_basic());
  // A nonce may have been too old, once.
  EXPECT_EQ(challenge("Digest realm=\"x\", nonce=\"n2\", qop=\"auth\", stale=true"),
            Step::Reconnect);
  tunnel->begin(out);
  EXPECT_EQ(challenge("Digest realm=\"x\", nonce=\"n3\", qop=\"auth\", stale=true"), Step::Failed);
  EXPECT_EQ(tunnel->end().reason, "proxy_authentication");
}

TEST(HttpTunnel, AnUnknownKindOfAuthenticationIsAReason) {
  const Talk talk =
      http("HTTP/1.1 407 Who\r\nProxy-Authenticate: NTLM\r\n\r\n", route("http://p", "u", "p"));
  EXPECT_EQ(talk.end.reason, "proxy_authentication");
}

// The examples of RFC 7616, 3.9.1 (for a GET; the arithmetic is the same).
TEST(DigestAuth, Rfc7616Section3_9_1) {
  const std::string common = R"(realm="http-auth@example.org", qop="auth, auth-int", )"
                             R"(nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", )"
                             R"(opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS")";
  const auto respond = [&](const std::string& algorithm) {
    const auto challenge = parse_digest_challenge("Digest " + common + ", algorithm=" + algorithm);
    return challenge
               ? digest_response(*challenge, "Mufasa", "Circle of Life", "GET", "/dir/index.html",
                                 "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ")
               : "none";
  };
  EXPECT_THAT(respond("MD5"), HasSubstr("response=\"8ca523f5e9506fed4657c9700eebdbec\""));
  EXPECT_THAT(
      respond("SHA-256"),
      HasSubstr("response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\""));
  EXPECT_EQ(respond("SHA-512-256"), "none");
}

// RFC 2617, 3.5 without its qop: the form of RFC 2069.
TEST(DigestAuth, WithoutQop) {
  const auto challenge = parse_digest_challenge(
      R"(Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093")");
  ASSERT_TRUE(challenge);
  EXPECT_THAT(
      digest_response(*challenge, "Mufasa", "Circle Of Life", "GET", "/dir/index.html", "c"),
      HasSubstr("response=\"670fd8c2df070c60b045671b8b24ff02\""));
}

TEST(DigestAuth, WhatIsNoneIsNone) {
  for (const char* bad : {"", "Digest", "Digest realm=\"x\"", "Basic nonce=\"x\"",
                          "Digest nonce=\"x\", qop=\"auth-int\"", "Digest nonce=\"unclosed"}) {
    EXPECT_FALSE(parse_digest_challenge(bad)) << bad;
  }
  const auto odd =
      parse_digest_challenge("digest NONCE = \"a\\\"b\" ,realm=x,stale=TRUE,algorithm=md5-sess");
  ASSERT_TRUE(odd);
  EXPECT_EQ(odd->nonce, "a\"b");
  EXPECT_TRUE(odd->stale);
}

// SOCKS5 -----------------------------------------------------------------------------------------

std::string begin(Tunnel& tunnel) {
  std::string out;
  tunnel.begin(out);
  return out;
}

TEST(Socks5Tunnel, Rfc1928ANameIsLeftToTheProxy) {
  const auto tunnel = make_socks5_tunnel(route("socks5://p:1080"), target());
  EXPECT_EQ(begin(*tunnel), "\x05\x01\x00"s);
  Talk talk = feed(*tunnel, "\x05\x00"s, 1);
  EXPECT_EQ(talk.step, Step::Read);
  EXPECT_EQ(talk.sent, "\x05\x01\x00\x03\x0B"s + "example.com\x01\xBB"s);
  EXPECT_EQ(feed(*tunnel, "\x05\x00\x00\x01\x01\x02\x03\x04\x00\x50"s, 1).step, Step::Done);
}

TEST(Socks5Tunnel, Rfc1928AddressesGoAsAddresses) {
  for (const auto& [url, expected] :
       {std::pair("ws://10.0.0.1/"s, "\x05\x01\x00\x01\x0A\x00\x00\x01\x00\x50"s),
        std::pair("ws://[::1]/"s, "\x05\x01\x00\x04"s + std::string(15, '\0') + "\x01\x00\x50"s)}) {
    const auto tunnel = make_socks5_tunnel(route("socks5://p"), target(url));
    begin(*tunnel);
    EXPECT_EQ(feed(*tunnel, "\x05\x00"s, 2).sent, expected);
  }
}

TEST(Socks5Tunnel, Rfc1928BoundAddressesOfAllKindsAreRead) {
  for (const std::string& reply :
       {"\x05\x00\x00\x01"s + std::string(6, 'x'), "\x05\x00\x00\x04"s + std::string(18, 'x'),
        "\x05\x00\x00\x03\x04"s + "host" + std::string(2, 'x'),
        "\x05\x00\x00\x03\x00"s + std::string(2, 'x')}) {
    for (const std::size_t piece : {1U, 3U, 100U}) {
      const auto tunnel = make_socks5_tunnel(route("socks5://p"), target());
      begin(*tunnel);
      EXPECT_EQ(feed(*tunnel, "\x05\x00"s + reply, piece).step, Step::Done) << piece;
    }
  }
}

TEST(Socks5Tunnel, Rfc1929Login) {
  const auto tunnel = make_socks5_tunnel(route("socks5://p", "user", "secret"), target());
  EXPECT_EQ(begin(*tunnel), "\x05\x02\x00\x02"s);
  EXPECT_EQ(feed(*tunnel, "\x05\x02"s, 2).sent, "\x01\x04user\x06secret"s);
  EXPECT_THAT(feed(*tunnel, "\x01\x00"s, 2).sent, testing::StartsWith("\x05\x01\x00\x03"s));
}

TEST(Socks5Tunnel, Rfc1929RefusedLogins) {
  const Route via = route("socks5://p", "user", "wrong");
  const auto refused = make_socks5_tunnel(via, target());
  begin(*refused);
  EXPECT_EQ(feed(*refused, "\x05\x02\x01\x01"s, 1).end.reason, "proxy_authentication");
  const auto hung_up = make_socks5_tunnel(via, target());
  begin(*hung_up);
  EXPECT_EQ(feed(*hung_up, "\x05\x02"s, 1).step, Step::Read);
  EXPECT_EQ(hung_up->on_closed(), Step::Failed);
  EXPECT_EQ(hung_up->end().reason, "proxy_authentication");
  const auto none = make_socks5_tunnel(route("socks5://p"), target());
  begin(*none);
  EXPECT_EQ(feed(*none, "\x05\xFF"s, 1).end.reason, "proxy_authentication");
  const auto longer =
      make_socks5_tunnel(route("socks5://p", "user", std::string(256, 'x')), target());
  begin(*longer);
  EXPECT_EQ(feed(*longer, "\x05\x02"s, 1).end.reason, "proxy_authentication");
}

TEST(Socks5Tunnel, Rfc1928Section6EveryReplyIsAReason) {
  const std::vector<std::pair<char, std::string>> replies = {
      {'\x01', "proxy_refused"},      {'\x02', "proxy_refused"},   {'\x03', "target_unreachable"},
      {'\x04', "target_unreachable"}, {'\x05', "connect_refused"}, {'\x06', "target_unreachable"},
      {'\x07', "proxy_refused"},      {'\x63', "proxy_refused"}};
  for (const auto& [code, reason] : replies) {
    const auto tunnel = make_socks5_tunnel(route("socks5://p"), target());
    begin(*tunnel);
    // Some proxies leave the address out when they refuse.
    EXPECT_EQ(feed(*tunnel, "\x05\x00\x05"s + code + "\x00\x01\x00"s, 100).end.reason, reason);
  }
}

TEST(Socks5Tunnel, WhatIsNoneIsAReason) {
  for (const std::string& answer :
       {"HTTP/1.1 400"s, "\x04\x00"s, "\x05\x01"s, "\x05\x02"s, "\x05\x00\x05\x00\x00\x07xxxxxx"s,
        "\x05\x00\x05\x00\x00\x01xxxxxxtoo much"s}) {
    const auto tunnel = make_socks5_tunnel(route("socks5://p"), target());
    begin(*tunnel);
    EXPECT_EQ(feed(*tunnel, answer, 100).end.reason, "proxy_protocol");
  }
}

}  // namespace
}  // namespace waxwing::net
