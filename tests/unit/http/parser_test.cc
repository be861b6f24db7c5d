// SPDX-License-Identifier: Apache-2.0
// Octets to requests: what is read, what is refused, and that pieces do not matter.
#include "http/parser.hpp"

#include <gtest/gtest.h>

namespace waxwing::http {
namespace {

using State = RequestParser::State;
constexpr std::size_t kHeaderLimit = 16 * 1024;

struct Outcome {
  State state = State::NeedMore;
  int status = 0;  // of a failure
  std::string method;
  std::string target;
  std::string fields;
  std::string body;
  std::size_t used = 0;

  bool operator==(const Outcome&) const = default;
};

// Feeds `text` in pieces of `step` octets, as a connection does.
Outcome parse(std::string_view text, std::size_t step = std::string_view::npos,
              std::size_t body_limit = 1024) {
  RequestParser parser(kHeaderLimit);
  std::string buffer;
  Outcome out;
  while (parser.state() != State::Done && parser.state() != State::Failed) {
    if (parser.state() == State::NeedMore) {
      if (text.empty()) {
        break;
      }
      const std::string_view piece = text.substr(0, step);
      buffer += piece;
      text.remove_prefix(piece.size());
    }
    const std::size_t used = parser.feed(buffer);
    buffer.erase(0, used);
    out.used += used;
    if (parser.state() == State::Head) {
      parser.limit_body(body_limit);
    }
  }
  out.state = parser.state();
  if (out.state == State::Failed) {
    out.status = parser.failure().status;
    out.used = 0;  // may depend on the pieces, and does not matter
    return out;
  }
  const Head& head = *parser.head();
  out.method = head.view(head.method);
  out.target = head.view(head.target);
  for (const auto& [name, value] : head.fields) {
    out.fields.append(head.view(name)).append("=").append(head.view(value)).append(";");
  }
  out.body = parser.take_body();
  return out;
}

int refusal(std::string_view text) {
  const Outcome outcome = parse(text);
  return outcome.state == State::Failed ? outcome.status : 0;
}

std::string chunked(std::string_view rest) {
  return "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(rest);
}

TEST(Parser, ReadsARequest) {
  const Outcome out = parse(
      "POST /a?b HTTP/1.1\r\nHost: h\r\nX-A:  v \r\nX-A:\tw\r\nContent-Length: 3\r\n\r\nabcGET");
  EXPECT_EQ(out.state, State::Done);
  EXPECT_EQ(out.method, "POST");
  EXPECT_EQ(out.target, "/a?b");
  EXPECT_EQ(out.fields, "Host=h;X-A=v;X-A=w;Content-Length=3;");
  EXPECT_EQ(out.body, "abc");
}

TEST(Parser, LeavesTheNextRequestAlone) {
  const std::string one = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  EXPECT_EQ(parse(one + one).used, one.size());
  EXPECT_EQ(parse(chunked("3\r\nabc\r\n0\r\n\r\n") + one).used,
            chunked("3\r\nabc\r\n0\r\n\r\n").size());
}

TEST(Parser, ReadsTheSameInAnyPieces) {
  const std::string texts[] = {
      "\r\n\r\nGET /x HTTP/1.1\r\nHost: h\r\nAccept: */*\r\n\r\n",
      "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\nhello world",
      chunked("5\r\nhello\r\n6;ext=1\r\n world\r\n0\r\n\r\n"),
      chunked("5\r\nhello\r\n0\r\nTrailer: x\r\nOther: y\r\n\r\n"),
      chunked("0\r\n\r\n"),
      chunked("0\r\nTrailer: x\r\n\r\n"),
      "GET / HTTP/1.0\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n folded\r\n\r\n",
      chunked("5\r\nhello!\r\n0\r\n\r\n"),
  };
  for (const auto& text : texts) {
    const Outcome whole = parse(text);
    EXPECT_NE(whole.state, State::NeedMore);
    for (std::size_t step = 1; step < text.size(); ++step) {
      EXPECT_EQ(parse(text, step), whole) << text << " in pieces of " << step;
    }
  }
}

TEST(Parser, JoinsChunks) {
  EXPECT_EQ(parse(chunked("5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n")).body, "hello!");
  EXPECT_EQ(parse(chunked("0005\r\nhello\r\n0\r\n\r\n")).body, "hello");
}

TEST(Parser, RefusesAmbiguousLengths) {
  const std::string start = "POST / HTTP/1.1\r\nHost: h\r\n";
  for (const char* fields : {
           "Content-Length: 1\r\nContent-Length: 2\r\n",
           "Content-Length: 1\r\nContent-Length: 1\r\n",
           "Content-Length: 1, 2\r\n",
           "Content-Length: abc\r\n",
           "Content-Length: -1\r\n",
           "Content-Length: +1\r\n",
           "Content-Length: 0x1\r\n",
           "Content-Length: 1 1\r\n",
           "Content-Length:\r\n",
           "Content-Length: 99999999999999999999\r\n",
           "Content-Length : 1\r\n",
           "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
           "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n",
           "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
       }) {
    EXPECT_EQ(refusal(start + fields + "\r\nabc"), 400) << fields;
  }
  for (const char* fields :
       {"Transfer-Encoding: gzip\r\n", "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: chunked, gzip\r\n", "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: xchunked\r\n", "Transfer-Encoding:\r\n"}) {
    EXPECT_EQ(refusal(start + fields + "\r\nabc"), 501) << fields;
  }
  EXPECT_EQ(refusal("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400);
}

TEST(Parser, RefusesBadChunks) {
  for (const char* rest :
       {"x\r\n", "\r\n", "-1\r\n", "5\r\nhello!\r\n0\r\n\r\n", "5\nhello\r\n",
        "fffffffffffffffff\r\n", "5 \r\nhello\r\n0\r\n\r\n", "0x5\r\nhello\r\n0\r\n\r\n"}) {
    const int status = refusal(chunked(rest));
    EXPECT_EQ(status, 400) << rest;
  }
  EXPECT_EQ(refusal(chunked("1;" + std::string(20'000, 'x'))), 400);
  std::string many;
  for (int i = 0; i < 100; ++i) {
    many += "1;" + std::string(100, 'x') + "\r\na\r\n";
  }
  EXPECT_EQ(refusal(chunked(many)), 400);
}

TEST(Parser, RefusesBadSyntax) {
  for (const char* text : {
           "GET / HTTP/1.1\nHost: h\n\n",
           "GET / HTTP/1.1\r\nHost: h\n\r\n",
           "GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n folded\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n\tfolded\r\n\r\n",
           "GET / HTTP/1.1\r\n Host: h\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: h\r\nno colon\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: h\r\n: empty\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: h\r\nX y: z\r\n\r\n",
           "GET / HTTP/2.0\r\nHost: h\r\n\r\n",
           "GET / HTTP/0.9\r\nHost: h\r\n\r\n",
           "GET / HTTP/1.2\r\nHost: h\r\n\r\n",
           "GET / HTTP/\r\nHost: h\r\n\r\n",
           "GET / http/1.1\r\nHost: h\r\n\r\n",
           "GET /\r\nHost: h\r\n\r\n",
           "GET  / HTTP/1.1\r\nHost: h\r\n\r\n",
           "GET / HTTP/1.1 \r\nHost: h\r\n\r\n",
           "G\x01T / HTTP/1.1\r\nHost: h\r\n\r\n",
           " GET / HTTP/1.1\r\nHost: h\r\n\r\n",
           "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS hello",
           "GET / HTTP/1.1\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
       }) {
    EXPECT_EQ(refusal(text), 400) << text;
  }
  using std::string_literals::operator""s;
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\nHost: h\r\nX: a\0b\r\n\r\n"s), 400);
  EXPECT_EQ(refusal("GET /\0 HTTP/1.1\r\nHost: h\r\n\r\n"s), 400);
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\nHost: h\r\nExpect: magic\r\n\r\n"), 417);
}

TEST(Parser, LimitsTheHeaderHoweverItComes) {
  std::string text = "GET / HTTP/1.1\r\nHost: h\r\n";
  while (text.size() < 2 * kHeaderLimit) {
    text += "X-Field: 0123456789\r\n";
  }
  text += "\r\n";
  for (const std::size_t step : {std::size_t{1}, std::size_t{21}, std::size_t{1000}, text.size()}) {
    const Outcome out = parse(text, step);
    EXPECT_EQ(out.status, 431) << step;
  }
  // Line by line, the way that one read never sees more than one field.
  RequestParser parser(kHeaderLimit);
  std::size_t sent = 0;
  std::string buffer = "GET / HTTP/1.1\r\nHost: h\r\n";
  for (; parser.state() == State::NeedMore && sent < 10 * kHeaderLimit; sent += 21) {
    buffer.erase(0, parser.feed(buffer));
    buffer += "X-Field: 0123456789\r\n";
  }
  EXPECT_EQ(parser.failure().status, 431);
  EXPECT_LT(sent, 2 * kHeaderLimit);

  EXPECT_EQ(refusal("GET /" + std::string(2 * kHeaderLimit, 'a')), 431);
  const std::string blank = "GET / HTTP/1.1\r\nHost: h\r\nX: ";
  const std::string fits = blank + std::string(kHeaderLimit - blank.size() - 4, 'a') + "\r\n\r\n";
  EXPECT_EQ(parse(fits).state, State::Done);
  EXPECT_EQ(parse(fits, 7).state, State::Done);
}

TEST(Parser, LimitsTheBody) {
  const std::string start = "POST / HTTP/1.1\r\nHost: h\r\n";
  EXPECT_EQ(parse(start + "Content-Length: 1025\r\n\r\n").status, 413);
  EXPECT_EQ(parse(start + "Content-Length: 1024\r\n\r\n" + std::string(1024, 'a')).state,
            State::Done);
  EXPECT_EQ(parse(chunked("401\r\n")).status, 413);
  EXPECT_EQ(parse(chunked("400\r\n" + std::string(1024, 'a') + "\r\n1\r\n")).status, 413);
  EXPECT_EQ(parse(chunked("400\r\n" + std::string(1024, 'a') + "\r\n0\r\n\r\n")).state,
            State::Done);
}

TEST(Parser, IgnoresTrailers) {
  const Outcome out = parse(chunked("1\r\na\r\n0\r\nX-Api-Key: stolen\r\n\r\n"));
  EXPECT_EQ(out.state, State::Done);
  EXPECT_EQ(out.fields, "Host=a;Transfer-Encoding=chunked;");
}

TEST(Parser, KnowsWhenTheConnectionStays) {
  const auto keeps = [](std::string_view text) {
    RequestParser parser(kHeaderLimit);
    parser.feed(text);
    return parser.head()->keep_alive;
  };
  EXPECT_TRUE(keeps("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.1\r\nHost: h\r\nConnection: te, Close\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_TRUE(keeps("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
}

}  // namespace
}  // namespace waxwing::http
