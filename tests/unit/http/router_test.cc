// SPDX-License-Identifier: Apache-2.0
// Which route a request gets.
#include "http/router.hpp"

#include <gtest/gtest.h>

namespace waxwing::http {
namespace {

using Outcome = Router::Match::Outcome;

Route route(std::string method, std::string pattern) {
  return {std::move(method), std::move(pattern), [](Request&&, Responder&&) {}, {}};
}

Router sessions_router() {
  Router router;
  for (const auto& [method, pattern] : std::initializer_list<std::pair<const char*, const char*>>{
           {"GET", "/"},
           {"GET", "/api/sessions"},
           {"POST", "/api/sessions"},
           {"POST", "/api/sessions/start"},
           {"GET", "/api/sessions/{session}"},
           {"DELETE", "/api/sessions/{session}"},
           {"POST", "/api/sessions/{session}/start"},
           {"GET", "/api/sessions/{session}/me"},
           {"GET", "/api/{session}/auth/qr"},
           {"GET", "/api/{session}/chats/{chatId}/messages/{messageId}"}}) {
    EXPECT_TRUE(router.add(route(method, pattern)));
  }
  return router;
}

std::string found(const Router& router, std::string_view method, std::string_view path) {
  const auto match = router.match(method, path);
  switch (match.outcome) {
    case Outcome::Found: {
      std::string out = match.route->pattern;
      for (const auto& [name, value] : match.params) {
        out.append(" ").append(name).append("=").append(value);
      }
      return out;
    }
    case Outcome::WrongMethod:
      return "wrong method";
    case Outcome::BadEscape:
      return "bad escape " + match.bad_segment;
    case Outcome::UnknownPath:
      break;
  }
  return "unknown";
}

TEST(Router, FixedBeatsParameter) {
  const Router router = sessions_router();
  EXPECT_EQ(found(router, "POST", "/api/sessions/start"), "/api/sessions/start");
  EXPECT_EQ(found(router, "GET", "/api/sessions/bob"), "/api/sessions/{session} session=bob");
  EXPECT_EQ(found(router, "POST", "/api/sessions/start/start"),
            "/api/sessions/{session}/start session=start");
}

TEST(Router, TriesOtherwiseWhenTheFixedWayEnds) {
  const Router router = sessions_router();
  EXPECT_EQ(found(router, "GET", "/api/sessions/start"), "/api/sessions/{session} session=start");
  EXPECT_EQ(found(router, "GET", "/api/sessions/auth/qr"),
            "/api/{session}/auth/qr session=sessions");
  EXPECT_EQ(found(router, "GET", "/api/bob/chats/1/messages/2"),
            "/api/{session}/chats/{chatId}/messages/{messageId} session=bob chatId=1 messageId=2");
}

TEST(Router, AcceptsOneTrailingSlash) {
  const Router router = sessions_router();
  EXPECT_EQ(found(router, "GET", "/api/sessions/"), "/api/sessions");
  EXPECT_EQ(found(router, "GET", "/api/sessions/bob/"), "/api/sessions/{session} session=bob");
  EXPECT_EQ(found(router, "GET", "/"), "/");
  EXPECT_EQ(found(router, "GET", "/api/sessions//"), "unknown");
  EXPECT_EQ(found(router, "GET", "//api/sessions"), "unknown");
  EXPECT_EQ(found(router, "GET", "/api//sessions"), "unknown");
  EXPECT_EQ(found(router, "GET", "//"), "unknown");
  EXPECT_EQ(found(router, "GET", ""), "unknown");
  EXPECT_EQ(found(router, "GET", "*"), "unknown");
}

TEST(Router, DecodesAfterSplitting) {
  const Router router = sessions_router();
  EXPECT_EQ(found(router, "GET", "/api/sessions/a%2Fb%20c"),
            "/api/sessions/{session} session=a/b c");
  EXPECT_EQ(found(router, "GET", "/api/%73essions"), "/api/sessions");
  EXPECT_EQ(found(router, "GET", "/api/sessions/%zz"), "bad escape %zz");
  EXPECT_EQ(found(router, "GET", "/api/sessions/a%00"), "bad escape a%00");
  EXPECT_EQ(found(router, "GET", "/api/sessions/\xff"), "bad escape \xff");
  EXPECT_EQ(found(router, "GET", "/nowhere/%zz"), "bad escape %zz");
}

TEST(Router, FindsGetForHeadAndTellsMethods) {
  const Router router = sessions_router();
  EXPECT_EQ(found(router, "HEAD", "/api/sessions"), "/api/sessions");
  EXPECT_EQ(found(router, "PATCH", "/api/sessions"), "wrong method");
  EXPECT_EQ(found(router, "HEAD", "/api/sessions/bob/start"), "wrong method");
  EXPECT_EQ(router.allowed("/api/sessions"), "GET, HEAD, POST");
  EXPECT_EQ(router.allowed("/api/sessions/start"), "DELETE, GET, HEAD, POST");
  EXPECT_EQ(router.allowed("/nothing"), "");
  EXPECT_EQ(router.allowed("/api/%zz"), "");
}

TEST(Router, KeepsTheOrderOfItsTable) {
  const Router router = sessions_router();
  ASSERT_EQ(router.routes().size(), 10U);
  EXPECT_EQ(router.routes()[3]->pattern, "/api/sessions/start");
}

TEST(Router, RefusesBadTables) {
  Router router = sessions_router();
  EXPECT_EQ(router.add(route("GET", "/api/sessions/{other}")).code(), Code::Conflict);
  EXPECT_EQ(router.add(route("GET", "api")).code(), Code::Invalid);
  EXPECT_EQ(router.add(route("GET", "/a//b")).code(), Code::Invalid);
  EXPECT_EQ(router.add(route("GET", "/a/x{b}")).code(), Code::Invalid);
  EXPECT_EQ(router.add(route("GET", "/a/{}")).code(), Code::Invalid);
  EXPECT_EQ(router.add(route("", "/a")).code(), Code::Invalid);
  EXPECT_EQ(router.add({"GET", "/a", nullptr, {}}).code(), Code::Invalid);
}

TEST(Router, AllowsDifferentNamesAtOneLevel) {
  Router router;
  ASSERT_TRUE(router.add(route("GET", "/{a}/x")));
  ASSERT_TRUE(router.add(route("GET", "/{b}/y")));
  EXPECT_EQ(found(router, "GET", "/1/x"), "/{a}/x a=1");
  EXPECT_EQ(found(router, "GET", "/1/y"), "/{b}/y b=1");
}

TEST(Router, IsNotDeeperThanItsTable) {
  const Router router = sessions_router();
  std::string deep;
  for (int i = 0; i < 10'000; ++i) {
    deep += "/a";
  }
  EXPECT_EQ(found(router, "GET", deep), "unknown");
}

}  // namespace
}  // namespace waxwing::http
