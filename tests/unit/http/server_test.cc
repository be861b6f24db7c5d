// SPDX-License-Identifier: Apache-2.0
// The server as a whole over loopback, with clients that behave.
#include "http/server.hpp"

#include <gtest/gtest.h>

#include "unit/http/client.hpp"

namespace waxwing::http {
namespace {

using test::Client;
using test::get;
using test::post;

Router echo_router() {
  Router router;
  EXPECT_TRUE(router.add(
      {"GET",
       "/hello",
       [](Request&&, Responder&& responder) { responder.send_json(200, "{\"hello\":true}"); },
       {}}));
  EXPECT_TRUE(router.add({"POST",
                          "/echo",
                          [](Request&& request, Responder&& responder) {
                            responder.send(
                                Response::of_type(201, "text/plain", request.take_body()));
                          },
                          {}}));
  return router;
}

TEST(Server, AnswersARoute) {
  Server server({}, echo_router());
  ASSERT_TRUE(server.start());
  ASSERT_NE(server.port(), 0);
  Client client(server.port());
  const auto reply = client.roundtrip(get("/hello"));
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(reply->body, "{\"hello\":true}");
  const auto second = client.roundtrip(post("/echo", "abc"));
  ASSERT_TRUE(second);
  EXPECT_EQ(second->status, 201);
  EXPECT_EQ(second->body, "abc");
  EXPECT_TRUE(server.stop(std::chrono::seconds(1)));
}

}  // namespace
}  // namespace waxwing::http
