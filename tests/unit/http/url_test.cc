// SPDX-License-Identifier: Apache-2.0
// Percent-decoding, query strings and request targets.
#include "http/url.hpp"

#include <gtest/gtest.h>

namespace waxwing::http {
namespace {

using std::string_literals::operator""s;

TEST(Url, DecodesSegments) {
  EXPECT_EQ(decode_segment("plain"), "plain");
  EXPECT_EQ(decode_segment("a%40b%2Fc%20d"), "a@b/c d");
  EXPECT_EQ(decode_segment("a+b"), "a+b");
  EXPECT_EQ(decode_segment("%c3%a4"), "\xc3\xa4");
}

TEST(Url, RefusesBadEscapes) {
  for (const char* bad : {"%", "%4", "%zz", "%4g", "a%", "%%41", "%00", "a%00b"}) {
    EXPECT_EQ(decode_segment(bad), std::nullopt) << bad;
  }
}

TEST(Url, RefusesWhatIsNotUtf8) {
  for (const char* bad : {"%ff", "%c3", "%c3%28", "%c0%af", "%e0%80%af", "%ed%a0%80",
                          "%f5%80%80%80", "%f4%90%80%80", "%80"}) {
    EXPECT_EQ(decode_segment(bad), std::nullopt) << bad;
  }
  EXPECT_TRUE(is_utf8("\xf0\x9f\x90\xa6"));
  EXPECT_FALSE(is_utf8("\xf0\x9f\x90"));
}

TEST(Url, ParsesQueriesInOrder) {
  const auto query = parse_query("a=1&b=x+y&a=%32&flag&=v&&c=a%3Db");
  ASSERT_TRUE(query);
  const Query expected = {{"a", "1"},   {"b", "x y"}, {"a", "2"},
                          {"flag", ""}, {"", "v"},    {"c", "a=b"}};
  EXPECT_EQ(*query, expected);
  EXPECT_TRUE(parse_query("")->empty());
}

TEST(Url, KeepsMalformedEscapesInQueries) {
  EXPECT_EQ(*parse_query("text=100%&b=%zz"), (Query{{"text", "100%"}, {"b", "%zz"}}));
  EXPECT_FALSE(parse_query("a=%00"));
  EXPECT_FALSE(parse_query("a\0=1"s));
}

TEST(Url, SplitsTargets) {
  EXPECT_EQ(split_target("/a/b?c=d?e").path, "/a/b");
  EXPECT_EQ(split_target("/a/b?c=d?e").query, "c=d?e");
  EXPECT_EQ(split_target("*").path, "*");
  EXPECT_EQ(split_target("http://host:1/a?b").path, "/a");
  EXPECT_EQ(split_target("HTTPS://host/a?b").query, "b");
  EXPECT_EQ(split_target("http://host").path, "/");
  EXPECT_EQ(split_target("http://host?q").query, "q");
  for (const char* bad : {"", "a/b", "host:80", "ftp://host/a", "?a", "://x/"}) {
    EXPECT_EQ(split_target(bad).path, "") << bad;
  }
}

}  // namespace
}  // namespace waxwing::http
