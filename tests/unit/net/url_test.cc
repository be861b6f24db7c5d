// SPDX-License-Identifier: Apache-2.0
// URLs of targets and proxies.
#include "net/url.hpp"

#include <gtest/gtest.h>

namespace waxwing::net {
namespace {

TEST(ParseUrl, TakesItsParts) {
  const auto plain = parse_url("ws://example.com");
  ASSERT_TRUE(plain.has_value());
  EXPECT_FALSE(plain->tls);
  EXPECT_EQ(plain->authority(), "example.com:80");
  EXPECT_EQ(plain->host_header(), "example.com");
  EXPECT_EQ(plain->path, "/");
  const auto full = parse_url("WSS://[2001:db8::1]:8443/a/b?c=d#gone");
  ASSERT_TRUE(full.has_value());
  EXPECT_TRUE(full->tls);
  EXPECT_EQ(full->host, "2001:db8::1");
  EXPECT_EQ(full->host_header(), "[2001:db8::1]:8443");
  EXPECT_EQ(full->path, "/a/b?c=d");
  EXPECT_EQ(parse_url("https://h?x=1")->path, "/?x=1");
  EXPECT_EQ(parse_url("http://h_1.x-y:65535/")->port, 65535);
}

TEST(ParseUrl, RefusesTheRest) {
  for (const char* bad :
       {"", "example.com", "ftp://h/", "ws://", "ws:///x", "ws://h:0/", "ws://h:65536/", "ws://h:/",
        "ws://h:1x/", "ws://u:p@h/", "ws://h /", "ws://h/\r\nX: y", "ws://[::1/", "ws://[]/",
        "ws://[h]/", "ws://a/b c", "ws://h\x7F/", "ws://[::1]8/"}) {
    EXPECT_FALSE(parse_url(bad).has_value()) << bad;
  }
  EXPECT_FALSE(parse_url("ws://h/" + std::string(10'000, 'x')).has_value());
  EXPECT_FALSE(parse_url("ws://" + std::string(300, 'x')).has_value());
}

TEST(ParseRoute, KnowsHttpAndSocks) {
  EXPECT_EQ(parse_route("")->kind, Route::Kind::Direct);
  EXPECT_EQ(parse_route("http://p:3128")->kind, Route::Kind::Http);
  EXPECT_EQ(parse_route("http://p")->port, 80);
  EXPECT_EQ(parse_route("socks5h://p/")->port, 1080);
  EXPECT_EQ(parse_route("SOCKS5://[::1]:9050")->host, "::1");
}

TEST(ParseRoute, RefusesTheRestWithoutRepeatingIt) {
  for (const char* bad :
       {"p:3128", "https://p:1", "socks4://p:1", "http://", "http://secret@p:1"}) {
    const auto route = parse_route(bad);
    ASSERT_FALSE(route.has_value()) << bad;
    EXPECT_EQ(route.error().message().find("secret"), std::string::npos);
  }
}

}  // namespace
}  // namespace waxwing::net
