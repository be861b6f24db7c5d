// SPDX-License-Identifier: Apache-2.0
// Peers that send what they should not, or send it in strange pieces.
#include <gtest/gtest.h>

#include "unit/http/fixture.hpp"

namespace waxwing::http::test {
namespace {

class HostileSyntax : public ServerTest {
 protected:
  // One answer of that status, then the connection ends; the server serves others.
  void expect_refusal(std::string_view request, int status) {
    Client client = connect();
    client.send(request);
    const auto reply = client.receive();
    ASSERT_TRUE(reply) << request;
    EXPECT_EQ(reply->status, status) << request;
    EXPECT_EQ(reply->header("connection"), "close") << request;
    EXPECT_TRUE(client.ended()) << request;
    expect_service();
  }
};

std::string with_fields(std::string_view fields) {
  return "POST /echo HTTP/1.1\r\nHost: h\r\n" + std::string(fields) + "\r\n";
}

TEST_F(HostileSyntax, IsRefusedOnceAndClosed) {
  expect_refusal(with_fields("Content-Length: 1\r\nContent-Length: 2\r\n") + "ab", 400);
  expect_refusal(with_fields("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n",
                 400);
  expect_refusal(with_fields("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n") + "0\r\n\r\n",
                 400);
  expect_refusal(with_fields("Transfer-Encoding: gzip\r\n"), 501);
  expect_refusal(with_fields("Content-Length: abc\r\n"), 400);
  expect_refusal("GET /hello HTTP/1.1\nHost: h\n\n", 400);
  expect_refusal("GET /hello HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n", 400);
  expect_refusal("GET /hello HTTP/3.7\r\nHost: h\r\n\r\n", 400);
  expect_refusal("GET /hello HTTP/\r\nHost: h\r\n\r\n", 400);
  expect_refusal("GET /hello HTTP/1.1\r\nHost: h\r\nno colon\r\n\r\n", 400);
  expect_refusal("GET /hello HTTP/1.1\r\n\r\n", 400);
  expect_refusal(std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x00\r\n\r\n", 16), 400);
}

TEST_F(HostileSyntax, HeadersThatOtherServersChokeOn) {
  Client client = connect();
  for (const char* field :
       {"Accept: json\r\n", "Accept:\r\n", "Content-Type: json\r\n", "Cookie: a=b; c\r\n",
        "Cache-Control: foo\r\n", "Date: x\r\n", "Host2: a:b\r\n", "X-Api-Key:\tvalue \t\r\n"}) {
    const auto reply = client.roundtrip(get("/hello", field));
    ASSERT_TRUE(reply) << field;
    EXPECT_EQ(reply->status, 200) << field;
  }
}

TEST_F(HostileSyntax, SmugglesNothingBehindARefusal) {
  Client client = connect();
  client.send(with_fields("Content-Length: 2000000\r\n") + get("/hello") + get("/hello"));
  auto reply = client.receive();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 413);
  EXPECT_TRUE(client.ended());
}

TEST_F(HostileSyntax, OversizedHeaders) {
  expect_refusal(get("/hello", "X: " + std::string(256 * kKiB, 'a') + "\r\n"), 431);
  expect_refusal("GET /" + std::string(40 * kKiB, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n", 431);
  std::string many;
  for (int i = 0; i < 5000; ++i) {
    many += "X-" + std::to_string(i) + ": y\r\n";
  }
  expect_refusal(get("/hello", many), 431);
}

TEST_F(HostileSyntax, OversizedBodies) {
  const std::string body(kMiB + 1, 'a');
  expect_refusal(post("/echo", body), 413);
  expect_refusal("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n100001\r\n" +
                     body + "\r\n0\r\n\r\n",
                 413);
  std::string pieces = "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 20; ++i) {
    pieces += "10000\r\n" + std::string(64 * kKiB, 'a') + "\r\n";
  }
  expect_refusal(pieces, 413);
  expect_refusal(with_fields("Content-Length: 9223372036854775807\r\n"), 413);
  EXPECT_TRUE(eventually([&] { return server->stats().body_bytes == 0; }));
}

TEST_F(HostileSyntax, EveryPieceOfEveryRequest) {
  const std::string requests[] = {
      get("/id/7", "X-Request-Id: a\r\n"),
      post("/echo", "hello"),
      "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\n1;x=y\r\n!\r\n0\r\nTrailer: t\r\n\r\n",
  };
  const std::string bodies[] = {"7", "hello", "hello!"};
  for (std::size_t r = 0; r < std::size(requests); ++r) {
    Client client = connect();
    for (std::size_t cut = 1; cut < requests[r].size(); ++cut) {
      const auto second = std::string_view(requests[r]).substr(cut);
      ASSERT_TRUE(client.send(std::string_view(requests[r]).substr(0, cut)));
      // The server shall see the pieces apart: its side of the socket is empty when it waits.
      if (cut % 7 == 0) {
        EXPECT_TRUE(client.silent(std::chrono::milliseconds(1)));
      }
      ASSERT_TRUE(client.send(second));
      const auto reply = client.receive();
      ASSERT_TRUE(reply) << requests[r] << " cut at " << cut;
      EXPECT_EQ(reply->body, bodies[r]);
    }
  }
}

TEST_F(HostileSyntax, ChunkDataAndItsLineEndInDifferentPackets) {
  Client client = connect();
  client.send("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r");
  EXPECT_TRUE(client.silent(std::chrono::milliseconds(30)));
  const auto before = cpu_time();
  EXPECT_TRUE(client.silent(std::chrono::milliseconds(200)));
  EXPECT_LT(cpu_time() - before, std::chrono::milliseconds(100)) << "it spins";
  client.send("\n0\r\n\r\n");
  const auto reply = client.receive();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->body, "hello");
}

TEST_F(HostileSyntax, PipelinesAreAnsweredInOrder) {
  std::string all;
  for (int i = 0; i < 500; ++i) {
    all += get((i % 3 == 0 ? "/async/" : "/id/") + std::to_string(i));
  }
  Client client = connect();
  ASSERT_TRUE(client.send(all));
  for (int i = 0; i < 500; ++i) {
    const auto reply = client.receive();
    ASSERT_TRUE(reply) << i;
    ASSERT_EQ(reply->body, std::to_string(i));
  }
  EXPECT_TRUE(client.silent(std::chrono::milliseconds(10)));
}

TEST_F(HostileSyntax, HalfClosedClientsGetTheirAnswers) {
  for (const char* path : {"/id/7", "/async/7"}) {
    Client client = connect();
    client.send(get(path) + get(path));
    client.finish();
    for (int i = 0; i < 2; ++i) {
      const auto reply = client.receive();
      ASSERT_TRUE(reply) << path;
      EXPECT_EQ(reply->body, "7");
    }
    EXPECT_TRUE(client.ended());
  }
  Client client = connect();
  client.send(get("/held"));
  client.finish();
  await_held(1);
  EXPECT_TRUE(client.silent(std::chrono::milliseconds(20)));
  answer_held();
  ASSERT_TRUE(client.receive());
  EXPECT_TRUE(client.ended());
  EXPECT_EQ(cancelled, 0);
}

TEST_F(HostileSyntax, Http10) {
  Client client = connect();
  auto reply = client.roundtrip("GET /hello HTTP/1.0\r\n\r\n");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->body, "{\"hello\":true}");
  EXPECT_TRUE(client.ended());
  client = connect();
  for (int i = 0; i < 2; ++i) {
    reply = client.roundtrip("GET /async/1 HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n");
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->header("connection"), "keep-alive");
  }
}

TEST_F(HostileSyntax, ExpectContinue) {
  Client client = connect();
  const std::string body(100'000, 'b');
  client.send(
      "POST /echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 100000\r\n\r\n");
  auto reply = client.receive();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 100);
  reply = client.roundtrip(body);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->body, body);
  expect_refusal(
      "POST /echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n",
      413);
  expect_refusal(get("/hello", "Expect: a miracle\r\n"), 417);
}

TEST_F(HostileSyntax, HeadHasNoBody) {
  Client client = connect();
  client.send("HEAD /blob/1000000 HTTP/1.1\r\nHost: h\r\n\r\n" + get("/id/1"));
  auto reply = client.receive(true);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->header("content-length"), "1000000");
  reply = client.receive();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->body, "1");
}

TEST_F(HostileSyntax, BadEscapesCostNothingButTheRequest) {
  Client client = connect();
  for (const char* path : {"/id/%", "/id/%zz", "/id/%00", "/id/%ff", "/%2"}) {
    const auto reply = client.roundtrip(get(path));
    ASSERT_TRUE(reply) << path;
    EXPECT_EQ(reply->status, 400) << path;
  }
  const auto reply = client.roundtrip(get("/id/a%40b"));
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->body, "a@b");
}

TEST_F(HostileSyntax, UnknownMethodsAndPaths) {
  Client client = connect();
  for (const char* line : {"TRACE /hello", "CONNECT host:80", "FOO /hello", "OPTIONS *",
                           "GET /hello//", "GET //hello", "GET /hello#x"}) {
    const auto reply = client.roundtrip(std::string(line) + " HTTP/1.1\r\nHost: h\r\n\r\n");
    ASSERT_TRUE(reply) << line;
    EXPECT_GE(reply->status, 200) << line;
    EXPECT_LT(reply->status, 500) << line;
  }
}

}  // namespace
}  // namespace waxwing::http::test
