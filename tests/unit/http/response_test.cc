// SPDX-License-Identifier: Apache-2.0
// Answers as texts.
#include "http/response.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/wire.hpp"

namespace waxwing::http {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Response, ErrorsHaveTheShapeOfTheContract) {
  EXPECT_EQ(error_response(404, "Cannot GET /x").body.view(),
            R"({"statusCode":404,"message":"Cannot GET /x","error":"Not Found"})");
  EXPECT_EQ(error_response(500).body.view(),
            R"({"statusCode":500,"message":"Internal Server Error"})");
  EXPECT_EQ(error_response(401).body.view(), R"({"statusCode":401,"message":"Unauthorized"})");
  EXPECT_EQ(error_response(400, "a \"b\"\n").body.view(),
            R"({"statusCode":400,"message":"a \"b\"\n","error":"Bad Request"})");
}

TEST(Response, SharesBodiesWithoutACopy) {
  const auto cached = std::make_shared<const std::string>("cached");
  const Response response = Response::json(200, cached);
  EXPECT_EQ(response.body.view().data(), cached->data());
}

TEST(Response, HasNoContentTypeWithoutABody) {
  const std::string head = serialise_head(Response::empty(200), {});
  EXPECT_THAT(head, HasSubstr("\r\nContent-Length: 0\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("Content-Type")));
  EXPECT_THAT(serialise_head(Response::json(200, "{}"), {}),
              HasSubstr("\r\nContent-Type: application/json; charset=utf-8\r\n"));
}

TEST(Response, AnnouncesNoBodyWhereNoneCanBe) {
  for (const int status : {204, 304}) {
    EXPECT_THAT(serialise_head(Response::empty(status), {}), Not(HasSubstr("Content-Length")));
  }
}

TEST(Response, KeepsHeaderValuesOnTheirLine) {
  const std::string head =
      serialise_head(Response::empty(200).header("X-A", "a\r\nSet-Cookie: b\n\0c"), {});
  EXPECT_THAT(head, HasSubstr("\r\nX-A: a  Set-Cookie: b "));
  EXPECT_THAT(head, Not(HasSubstr("\nSet-Cookie")));
}

TEST(Response, SaysWhetherTheConnectionStays) {
  EXPECT_THAT(serialise_head({}, {11, true, {}}), Not(HasSubstr("Connection")));
  EXPECT_THAT(serialise_head({}, {11, false, {}}), HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_THAT(serialise_head({}, {10, true, {}}), HasSubstr("\r\nConnection: keep-alive\r\n"));
  EXPECT_THAT(
      serialise_head({}, {11, true, {}}),
      testing::ContainsRegex("\r\nDate: [A-Z][a-z]+, [0-9]+ [A-Z][a-z]+ [0-9]+ .* GMT\r\n"));
}

TEST(RequestId, KeepsWhatIsSane) {
  EXPECT_EQ(request_id_for("abc-123_X.y:z"), "abc-123_X.y:z");
  for (const std::string& bad : {std::string(), std::string("a b"), std::string(129, 'a'),
                                 std::string("a\"b"), std::string("a\xff")}) {
    EXPECT_EQ(request_id_for(bad).size(), 16U);
    EXPECT_NE(request_id_for(bad), request_id_for(bad));
  }
}

}  // namespace
}  // namespace waxwing::http
