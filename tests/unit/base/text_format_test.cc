// SPDX-License-Identifier: Apache-2.0
// What counts as a URL, a proxy, a header, a session name, UTF-8.
#include "base/text_format.hpp"

#include <string>

#include <gtest/gtest.h>

namespace waxwing {
namespace {

TEST(TextFormat, HttpUrl) {
  for (const char* good :
       {"http://localhost", "https://localhost:3000/x?y#z", "http://127.0.0.1:1", "HTTP://A.B",
        "https://user:pass@host/path", "http://[::1]:8080/", "http://my_container:80/hook",
        "http://xn--e1afmkfd.example", "https://example.com./", "http://h?q=1"}) {
    EXPECT_TRUE(is_http_url(good)) << good;
  }
  for (const char* bad :
       {"", "localhost", "//localhost", "ftp://host", "http://", "http:///x", "http://ho st",
        "http://host:0", "http://host:65536", "http://host:", "http://host:1a", "http://-a",
        "http://a..b", "http://[::1", "http://[zz::]", "http://h/\n", "javascript:alert(1)"}) {
    EXPECT_FALSE(is_http_url(bad)) << bad;
  }
  EXPECT_FALSE(is_http_url("http://h/" + std::string(3000, 'a')));
  EXPECT_FALSE(is_http_url("http://" + std::string(64, 'a')));
}

TEST(TextFormat, ProxyServer) {
  for (const char* good : {"localhost:3128", "10.0.0.1:1", "[::1]:80", "http://p.example:8080",
                           "socks5://p:1080", "SOCKS5H://p:1080"}) {
    EXPECT_TRUE(is_proxy_server(good)) << good;
  }
  for (const char* bad : {"", "localhost", "localhost:", ":80", "a b:80", "ftp://h:1", "h:99999",
                          "http://h:80/path"}) {
    EXPECT_FALSE(is_proxy_server(bad)) << bad;
  }
}

TEST(TextFormat, HeadersNamesAndKeys) {
  EXPECT_TRUE(is_header_name("X-My-Header"));
  EXPECT_FALSE(is_header_name("X My"));
  EXPECT_FALSE(is_header_name(""));
  EXPECT_TRUE(is_header_value("text, and more"));
  EXPECT_FALSE(is_header_value("a\r\nEvil: 1"));
  EXPECT_TRUE(is_session_name("a_B-9"));
  EXPECT_FALSE(is_session_name(""));
  EXPECT_FALSE(is_session_name("a.b"));
  EXPECT_TRUE(is_session_name(std::string(54, 'a')));
  EXPECT_FALSE(is_session_name(std::string(55, 'a')));
  const TextFormat* key = find_text_format("api-key");
  ASSERT_NE(key, nullptr);
  EXPECT_TRUE(key->check("plain"));
  EXPECT_FALSE(key->check("two words"));
  EXPECT_TRUE(key->check("sha512:" + std::string(128, 'a')));
  EXPECT_FALSE(key->check("sha512:abc"));
  EXPECT_EQ(find_text_format("date"), nullptr);
}

TEST(TextFormat, Utf8) {
  EXPECT_TRUE(is_valid_utf8(""));
  EXPECT_TRUE(is_valid_utf8("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\xa6"));
  for (const char* bad : {"\x80", "\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                          "\xe0\x80\x80", "\xff", "a\xe2\x82"}) {
    EXPECT_FALSE(is_valid_utf8(bad)) << bad;
  }
}

}  // namespace
}  // namespace waxwing
