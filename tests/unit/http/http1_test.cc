// SPDX-License-Identifier: Apache-2.0
// HTTP/1 without a socket: order, keep-alive, filters, limits and timeouts, on a clock moved by
// hand.
#include "http/http1.hpp"

#include <optional>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/http/fake_channel.hpp"

namespace waxwing::http {
namespace {

using std::chrono::seconds;
using test::FakeChannel;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

struct Http1Test : testing::Test {
  void SetUp() override {
    add("GET", "/hello", [](Request&&, Responder&& responder) { responder.send_json(200, "{}"); });
    add("POST", "/echo", [](Request&& request, Responder&& responder) {
      responder.send(Response::of_type(201, "text/plain", request.take_body()));
    });
    add("GET", "/later", [this](Request&&, Responder&& responder) {
      responder.on_cancel([this] { ++cancelled; });
      held.emplace(std::move(responder));
    });
    add("GET", "/throw", [](Request&&, Responder&&) { throw std::runtime_error("secret"); });
    add("GET", "/throw-int", [](Request&&, Responder&&) { throw 42; });
    add("GET", "/drop", [](Request&&, Responder&&) {});
    add("GET", "/param/{id}", [](Request&& request, Responder&& responder) {
      const Request moved = std::move(request);
      std::string text(moved.param("id"));
      text.append("|").append(moved.query("q").value_or("none")).append("|");
      text.append(moved.header_or_empty("x-thing")).append("|").append(moved.path());
      responder.send(Response::of_type(200, "text/plain", text));
    });
    http = std::make_shared<Http1>(channel, service, mailbox, "127.0.0.1:9");
  }
  void TearDown() override { http->on_closed(); }

  void add(std::string method, std::string pattern, Handler handler) {
    ASSERT_TRUE(
        service.router.add({std::move(method), std::move(pattern), std::move(handler), {}}));
  }

  // What a connection does with octets.
  void feed(std::string_view data) {
    input += data;
    for (;;) {
      drain();
      if (channel.finished || !http->wants_input() || input.empty()) {
        return;
      }
      input.erase(0, http->on_input(input));
      if (http->starved()) {
        drain();
        return;
      }
    }
  }
  void drain() {
    if (!channel.drained) {
      channel.drained = true;
      http->on_drained();
    }
  }
  // What a worker does with answers from elsewhere.
  void deliver() {
    for (auto& answer : mailbox->take().answers) {
      if (const auto sink = answer.sink.lock()) {
        sink->on_answer(answer.serial, std::move(answer.response));
      }
    }
    feed("");
  }
  void expire() {
    channel.time = channel.deadline + seconds(1);
    http->on_timeout();
    drain();
  }
  std::string take_output() { return std::exchange(channel.output, {}); }

  Service service;
  FakeChannel channel;
  std::shared_ptr<Mailbox> mailbox = std::make_shared<Mailbox>();
  std::shared_ptr<Http1> http;
  std::string input;
  std::optional<Responder> held;
  int cancelled = 0;
};

std::string get(std::string_view path, std::string_view extra = {}) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: h\r\n" + std::string(extra) + "\r\n";
}

TEST_F(Http1Test, AnswersPipelinedRequestsInOrder) {
  feed(get("/later") + get("/hello") +
       "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab");
  EXPECT_THAT(channel.output, IsEmpty());
  held->send_json(202, "{\"first\":1}");
  deliver();
  const std::string out = take_output();
  const auto first = out.find("202 Accepted");
  const auto second = out.find("200 OK");
  const auto third = out.find("201 Created");
  ASSERT_NE(third, std::string::npos) << out;
  EXPECT_LT(first, second);
  EXPECT_LT(second, third);
  EXPECT_THAT(out, EndsWith("\r\n\r\nab"));
  EXPECT_FALSE(channel.finished);
}

TEST_F(Http1Test, GivesHandlersWhatTheyAskFor) {
  feed(get("/param/a%40b/?q=x+y&q=z", "X-THING: one\r\nx-thing: two\r\n"));
  EXPECT_THAT(take_output(), EndsWith("\r\n\r\na@b|x y|one|/param/a%40b/"));
  feed("GET http://proxy/param/1?q=2 HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(take_output(), EndsWith("\r\n\r\n1|2||/param/1"));
}

TEST_F(Http1Test, KnowsNoSuchPath) {
  feed(get("/no\"where?x-api-key=secret"));
  const std::string out = take_output();
  EXPECT_THAT(out, StartsWith("HTTP/1.1 404 Not Found\r\n"));
  EXPECT_THAT(
      out,
      HasSubstr(R"({"statusCode":404,"message":"Cannot GET /no\"where","error":"Not Found"})"));
  EXPECT_THAT(out, Not(HasSubstr("secret")));
  feed("PATCH /hello HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(channel.output, HasSubstr("Cannot PATCH /hello"));
  EXPECT_THAT(take_output(), HasSubstr("\r\nAllow: GET, HEAD\r\n"));
  feed("GET nonsense HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(take_output(), StartsWith("HTTP/1.1 400 "));
  feed(get("/param/%zz"));
  EXPECT_THAT(take_output(), HasSubstr("Failed to decode param '%zz'"));
  feed(get("/hello"));
  EXPECT_THAT(take_output(), StartsWith("HTTP/1.1 200 "));
}

TEST_F(Http1Test, AnswersHeadWithoutABody) {
  feed("HEAD /hello HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(channel.output, HasSubstr("Content-Length: 2\r\n"));
  EXPECT_THAT(take_output(), EndsWith("\r\n\r\n"));
}

TEST_F(Http1Test, SpeaksHttp10) {
  feed("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_THAT(take_output(), HasSubstr("Connection: keep-alive\r\n"));
  EXPECT_FALSE(channel.finished);
  feed("GET /hello HTTP/1.0\r\n\r\n");
  EXPECT_THAT(take_output(), HasSubstr("Connection: close\r\n"));
  EXPECT_TRUE(channel.finished);
}

TEST_F(Http1Test, ClosesWhenAsked) {
  feed(get("/hello", "Connection: close\r\n") + get("/hello"));
  EXPECT_THAT(channel.output, HasSubstr("Connection: close\r\n"));
  EXPECT_TRUE(channel.finished);
  EXPECT_EQ(channel.output.find("HTTP/1.1", 1), std::string::npos) << "answered once only";
}

TEST_F(Http1Test, AnswersAParseErrorOnceAndCloses) {
  feed("BROKEN\r\n\r\n" + get("/hello"));
  EXPECT_THAT(channel.output, StartsWith("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_THAT(channel.output, HasSubstr("Connection: close\r\n"));
  EXPECT_EQ(channel.output.find("HTTP/1.1", 1), std::string::npos);
  EXPECT_TRUE(channel.finished);
  EXPECT_EQ(service.stats.bad_requests, 1U);
}

TEST_F(Http1Test, TurnsExceptionsIntoPlain500s) {
  for (const char* path : {"/throw", "/throw-int", "/drop"}) {
    feed(get(path));
    deliver();
    EXPECT_THAT(channel.output, StartsWith("HTTP/1.1 500 ")) << path;
    EXPECT_THAT(take_output(), EndsWith(R"({"statusCode":500,"message":"Internal Server Error"})"));
  }
  EXPECT_FALSE(channel.finished);
  EXPECT_EQ(service.stats.requests_in_flight, 0U);
}

TEST_F(Http1Test, TellsTheClientToContinue) {
  feed("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(take_output(), "HTTP/1.1 100 Continue\r\n\r\n");
  feed("a");
  EXPECT_THAT(take_output(), IsEmpty());
  feed("b");
  EXPECT_THAT(take_output(), StartsWith("HTTP/1.1 201 "));
  // A client that did not wait needs no word.
  feed("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nab");
  EXPECT_THAT(take_output(), StartsWith("HTTP/1.1 201 "));
}

TEST_F(Http1Test, RefusesABodyBeforeItComes) {
  feed("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 9999999\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_THAT(take_output(), StartsWith("HTTP/1.1 413 "));
  EXPECT_TRUE(channel.finished);
}

TEST_F(Http1Test, RunsFiltersBeforeTheBody) {
  std::vector<std::string> seen;
  service.router.add_filter([&](Request& request, Responder& responder) {
    seen.emplace_back(request.route() != nullptr ? request.route()->pattern : "none");
    if (request.header("X-Api-Key") == "good") {
      return true;
    }
    responder.send(error_response(401));
    EXPECT_EQ(request.method().empty(), false) << "still usable after the answer";
    return false;
  });
  feed("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n");
  EXPECT_THAT(take_output(), IsEmpty()) << "a short body is read past first";
  feed("ab");
  EXPECT_THAT(take_output(), EndsWith(R"({"statusCode":401,"message":"Unauthorized"})"));
  EXPECT_FALSE(channel.finished);
  feed(get("/nowhere"));
  EXPECT_THAT(take_output(), StartsWith("HTTP/1.1 401 "));
  feed(get("/hello", "X-Api-Key: good\r\n"));
  EXPECT_THAT(take_output(), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(seen, (std::vector<std::string>{"/echo", "none", "/hello"}));
  feed("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n");
  EXPECT_THAT(take_output(), StartsWith("HTTP/1.1 401 "));
  EXPECT_TRUE(channel.finished) << "a long one costs the connection";
  EXPECT_EQ(service.stats.body_bytes, 0U);
}

TEST_F(Http1Test, ReadsPastAChunkedBodyUpToALimit) {
  const std::string start =
      "POST /nowhere HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  feed(start + "2\r\nab\r\n0\r\n\r\n");
  EXPECT_THAT(take_output(), StartsWith("HTTP/1.1 404 "));
  EXPECT_FALSE(channel.finished);
  feed(start + "fffff\r\n");
  EXPECT_THAT(take_output(), StartsWith("HTTP/1.1 404 "));
  EXPECT_TRUE(channel.finished);
}

TEST_F(Http1Test, LetsAFilterAnswerLater) {
  service.router.add_filter([&](Request&, Responder& responder) {
    held.emplace(std::move(responder));
    return false;
  });
  feed(get("/hello"));
  EXPECT_THAT(channel.output, IsEmpty());
  held->send(error_response(403));
  deliver();
  EXPECT_THAT(take_output(), StartsWith("HTTP/1.1 403 "));
}

TEST_F(Http1Test, SurvivesABadFilter) {
  service.router.add_filter([](Request&, Responder&) -> bool { throw 1; });
  feed(get("/hello"));
  EXPECT_THAT(take_output(), StartsWith("HTTP/1.1 500 "));
}

TEST_F(Http1Test, RunsNoHandlerAfterAFilterAnswered) {
  service.router.add_filter([](Request&, Responder& responder) {
    responder.send(error_response(403));
    return true;
  });
  feed(get("/hello"));
  EXPECT_THAT(take_output(), StartsWith("HTTP/1.1 403 "));
}

TEST_F(Http1Test, AnswersOptionsInOnePlace) {
  feed("OPTIONS /echo HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(channel.output, StartsWith("HTTP/1.1 204 "));
  EXPECT_THAT(take_output(), HasSubstr("\r\nAllow: POST\r\n"));
  service.router.add_filter([](Request&, Responder& responder) {
    responder.send(error_response(401));
    return false;
  });
  service.router.set_options_handler([](const Request&, std::string_view allow) {
    return Response::empty(200).header("X-Allow", std::string(allow));
  });
  feed("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(channel.output, StartsWith("HTTP/1.1 200 "));
}

TEST_F(Http1Test, ShowsEveryAnswerToTheHook) {
  struct Seen {
    std::string method, path, pattern, id;
    int status;
  };
  std::vector<Seen> seen;
  service.router.add_response_hook([&](const Exchange& exchange, Response& response) {
    seen.push_back({std::string(exchange.method), std::string(exchange.path),
                    std::string(exchange.pattern), std::string(exchange.request_id),
                    response.status});
    response.header("Access-Control-Allow-Origin", "*");
  });
  feed(get("/param/1?secret=2", "X-Request-Id: my-id\r\n"));
  EXPECT_THAT(channel.output, HasSubstr("\r\nAccess-Control-Allow-Origin: *\r\n"));
  EXPECT_THAT(take_output(), HasSubstr("\r\nX-Request-Id: my-id\r\n"));
  feed("nonsense\r\n\r\n");
  EXPECT_THAT(take_output(), HasSubstr("\r\nAccess-Control-Allow-Origin: *\r\n"));
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].path, "/param/1");
  EXPECT_EQ(seen[0].pattern, "/param/{id}");
  EXPECT_EQ(seen[0].id, "my-id");
  EXPECT_EQ(seen[1].method, "");
  EXPECT_EQ(seen[1].status, 400);
}

TEST_F(Http1Test, TimesOutInEveryPhase) {
  feed("GET /hel");
  EXPECT_EQ(channel.deadline, channel.time + service.limits.header_timeout);
  expire();
  EXPECT_THAT(channel.output, StartsWith("HTTP/1.1 408 "));
  EXPECT_THAT(channel.output, EndsWith(R"({"statusCode":408,"message":"Request Timeout"})"));
  EXPECT_TRUE(channel.finished);
}

TEST_F(Http1Test, TimesOutABody) {
  feed("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\nx");
  EXPECT_GE(channel.deadline, channel.time + service.limits.body_timeout);
  EXPECT_LT(channel.deadline, channel.time + service.limits.body_timeout + seconds(1));
  feed(std::string(40960, 'x'));
  EXPECT_GE(channel.deadline, channel.time + service.limits.body_timeout + seconds(10))
      << "a steady sender earns time";
  expire();
  EXPECT_THAT(channel.output, StartsWith("HTTP/1.1 408 "));
  EXPECT_TRUE(channel.finished);
  EXPECT_EQ(service.stats.body_bytes, 0U);
}

TEST_F(Http1Test, ClosesIdleConnectionsWithoutAWord) {
  feed(get("/hello"));
  take_output();
  EXPECT_EQ(channel.deadline, channel.time + service.limits.idle_timeout);
  expire();
  EXPECT_THAT(channel.output, IsEmpty());
  EXPECT_TRUE(channel.finished);
}

TEST_F(Http1Test, GivesUpOnAHandlerThatNeverAnswers) {
  feed(get("/later"));
  EXPECT_EQ(channel.deadline, channel.time + service.limits.answer_timeout);
  expire();
  EXPECT_THAT(take_output(), StartsWith("HTTP/1.1 504 "));
  EXPECT_EQ(cancelled, 1);
  EXPECT_TRUE(held->cancelled());
  held->send_json(200, "{}");
  feed(get("/hello"));
  deliver();
  const std::string out = take_output();
  EXPECT_EQ(out.find("HTTP/1.1", 1), std::string::npos)
      << "the late answer reaches nobody: " << out;
}

TEST_F(Http1Test, CancelsWhenTheClientIsGone) {
  feed(get("/later"));
  EXPECT_EQ(service.stats.requests_in_flight, 1U);
  http->on_closed();
  EXPECT_EQ(cancelled, 1);
  EXPECT_EQ(service.stats.requests_in_flight, 0U);
  held->send_json(200, "{}");
  deliver();
  EXPECT_THAT(channel.output, IsEmpty());
}

TEST_F(Http1Test, AnswersAHalfClosedClient) {
  feed(get("/hello"));
  http->on_end_of_input();
  EXPECT_THAT(take_output(), StartsWith("HTTP/1.1 200 "));
  EXPECT_TRUE(channel.finished);
}

TEST_F(Http1Test, TellsAHalfClosedClientThatMoreWasDue) {
  feed("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc");
  http->on_end_of_input();
  drain();
  EXPECT_THAT(take_output(), StartsWith("HTTP/1.1 400 "));
  EXPECT_TRUE(channel.finished);
}

TEST_F(Http1Test, RefusesWhatIsTooMuchAtOnce) {
  service.limits.requests_in_flight = 1;
  feed(get("/later"));
  FakeChannel second_channel;
  const auto second = std::make_shared<Http1>(second_channel, service, mailbox, "127.0.0.1:10");
  second->on_input(get("/hello"));
  EXPECT_THAT(second_channel.output, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(second_channel.output, HasSubstr("\r\nRetry-After: 1\r\n"));
  second->on_closed();
  EXPECT_EQ(service.stats.overloads, 1U);
}

TEST_F(Http1Test, RefusesBodiesThatAreTooMuchTogether) {
  service.limits.body_bytes_in_flight = 10;
  feed("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n" + std::string(50, 'x'));
  EXPECT_THAT(take_output(), StartsWith("HTTP/1.1 503 "));
  EXPECT_TRUE(channel.finished);
  EXPECT_EQ(service.stats.body_bytes, 0U);
}

TEST_F(Http1Test, FinishesWhatRunsWhenTheServerStops) {
  feed(get("/later"));
  service.phase = Service::Phase::Draining;
  http->on_drain();
  EXPECT_FALSE(channel.finished);
  held->send_json(200, "{}");
  deliver();
  EXPECT_THAT(take_output(), HasSubstr("Connection: close\r\n"));
  EXPECT_TRUE(channel.finished);
}

TEST_F(Http1Test, LeavesIdleWhenTheServerStops) {
  feed(get("/hello"));
  http->on_drain();
  EXPECT_TRUE(channel.finished);
}

TEST_F(Http1Test, CountsByMethodAndClass) {
  feed(get("/hello") + get("/nowhere") + get("/hello"));
  EXPECT_EQ(service.stats.requests[Stats::method_index("GET")][2], 2U);
  EXPECT_EQ(service.stats.requests[Stats::method_index("GET")][4], 1U);
}

}  // namespace
}  // namespace waxwing::http
