// SPDX-License-Identifier: Apache-2.0
// Tests of the header below.
#include "net/http_body.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace waxwing::net {
namespace {

using State = HttpBodyReader::State;

HttpHead head(int code, std::vector<std::pair<std::string, std::string>> headers) {
  HttpHead out;
  out.code = code;
  out.headers = std::move(headers);
  return out;
}

struct Read {
  State state;
  std::string body;
  std::string left;
  bool ends_by_close;
};

// In pieces of every size; they must not matter.
Read read(const HttpHead& head, const std::string& octets) {
  Read whole{};
  for (std::size_t piece = 1; piece <= octets.size() + 1; ++piece) {
    HttpBodyReader reader(head);
    Read now{State::More, "", "", false};
    std::string_view none;
    now.state = reader.feed(none, now.body);
    std::size_t at = 0;
    while (now.state == State::More && at < octets.size()) {
      std::string_view input = std::string_view(octets).substr(at, piece);
      const std::size_t given = input.size();
      now.state = reader.feed(input, now.body);
      at += given - input.size();
    }
    now.left = octets.substr(at);
    now.ends_by_close = reader.ends_by_close();
    if (piece > 1 && now.state != State::Bad) {
      EXPECT_EQ(now.body, whole.body) << piece;
      EXPECT_EQ(now.left, whole.left) << piece;
      EXPECT_EQ(now.state, whole.state) << piece;
    }
    whole = now;
  }
  return whole;
}

TEST(HttpBody, CountsAndLeavesWhatFollows) {
  const Read got = read(head(200, {{"content-length", "5"}}), "helloHTTP/1.1");
  EXPECT_EQ(got.state, State::Done);
  EXPECT_EQ(got.body, "hello");
  EXPECT_EQ(got.left, "HTTP/1.1");
  EXPECT_EQ(read(head(200, {{"content-length", "0"}}), "x").state, State::Done);
  EXPECT_EQ(read(head(200, {{"content-length", "6"}}), "hello").state, State::More);
}

TEST(HttpBody, ReadsChunks) {
  const HttpHead chunked = head(200, {{"transfer-encoding", "chunked"}, {"content-length", "3"}});
  const Read got =
      read(chunked, "5;name=value\r\nhello\r\n00A \r\n, world!!!\r\n0\r\nX: y\r\n\r\nrest");
  EXPECT_EQ(got.state, State::Done);
  EXPECT_EQ(got.body, "hello, world!!!");
  EXPECT_EQ(got.left, "rest");
  EXPECT_EQ(read(chunked, "5\r\nhello\r\n0\r\n").state, State::More);
}

TEST(HttpBody, RefusesWhatIsNone) {
  const HttpHead chunked = head(200, {{"transfer-encoding", "chunked"}});
  for (const char* octets :
       {"x\r\n", "\r\n", "-1\r\n", "5\r\nhelloo\r\n", "11111111111111111\r\n"}) {
    EXPECT_EQ(read(chunked, octets).state, State::Bad) << octets;
  }
  EXPECT_EQ(read(chunked, std::string(5000, '0')).state, State::Bad);
  for (const char* size : {"", "-1", "1x", "99999999999999999999999"}) {
    EXPECT_EQ(read(head(200, {{"content-length", size}}), "a").state, State::Bad) << size;
  }
  EXPECT_EQ(read(head(200, {{"content-length", "1"}, {"content-length", "2"}}), "a").state,
            State::Bad);
}

TEST(HttpBody, MayHaveNoneOrEndWithTheConnection) {
  EXPECT_EQ(read(head(204, {{"content-length", "5"}}), "x").state, State::Done);
  EXPECT_EQ(read(head(304, {}), "x").state, State::Done);
  const Read got = read(head(200, {}), "until the end");
  EXPECT_EQ(got.state, State::More);
  EXPECT_TRUE(got.ends_by_close);
  EXPECT_EQ(got.body, "until the end");
}

}  // namespace
}  // namespace waxwing::net
