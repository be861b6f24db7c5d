// SPDX-License-Identifier: Apache-2.0
// An event that is longer than a value of the store may be: from the engine to the webhook, over a
// kill, and as a dead letter.
#include "shared_server.hpp"
#include "support/receiver.hpp"

namespace waxwing::testing {
namespace {

constexpr std::size_t kLong = 3'000'000;

class LongEvents : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(server_.start()); }

  // So many long messages come in when it is WORKING.
  void make(const Receiver& receiver, int count, const std::string& retries) {
    const Reply made = server_.client().post(
        "/api/sessions", R"({"name":"s","config":{"echo":{"loginAfterMs":0,"burst":{"count":)" +
                             std::to_string(count) + ",\"size\":" + std::to_string(kLong) +
                             R"(}},"webhooks":[{"url":")" + receiver.url() +
                             R"(","events":["message"],"retries":)" + retries + "}]}}");
    ASSERT_EQ(made.status, 201) << made;
  }

  ServerProcess server_{
      {.yaml = "http: {limits: {body_bytes: 8000000}}\n", .env = {}, .arguments = {}}};
};

TEST_F(LongEvents, ArriveInOrderAlsoAfterAKill) {
  Receiver receiver([](const Received&) { return Reaction{.status = 503}; });
  make(receiver, 3, R"({"delaySeconds":0,"attempts":1000})");
  HttpClient http = server_.client();
  ASSERT_TRUE(
      wait_until([&] { return http.get("/api/s/webhooks").json().at("0.pending").number() == 3; }));
  ASSERT_TRUE(receiver.wait_count(1));
  server_.kill9();
  const std::size_t before = receiver.count();
  receiver.react_with({});
  ASSERT_TRUE(server_.start());
  ASSERT_TRUE(receiver.wait_count(before + 3));
  const auto all = receiver.all();
  for (std::size_t i = 0; i < 3; ++i) {
    const std::string body = all[before + i].json().at("payload.body").text();
    EXPECT_EQ(body.size(), kLong);
    EXPECT_TRUE(body.starts_with("burst " + std::to_string(i + 1))) << body.substr(0, 20);
  }
  EXPECT_EQ(all[before].body, all[0].body);
}

TEST_F(LongEvents, AreKeptAsDeadLettersAndReplayed) {
  Receiver receiver([](const Received&) { return Reaction{.status = 500}; });
  make(receiver, 1, R"({"delaySeconds":0,"attempts":0})");
  HttpClient http = server_.client();
  const auto dead = [&] { return http.get("/api/s/webhooks/dead").json()["items"]; };
  ASSERT_TRUE(wait_until([&] { return dead().size() == 1; }));
  EXPECT_EQ(dead().at("0.event.payload.body").text().size(), kLong);
  receiver.react_with({});
  const Reply replayed = http.post("/api/s/webhooks/replay");
  EXPECT_EQ(replayed.json()["replayed"].number(), 1) << replayed.status;
  ASSERT_TRUE(receiver.wait_count(2));
  EXPECT_EQ(receiver.all()[1].body, receiver.all()[0].body);
  EXPECT_TRUE(wait_until([&] { return dead().size() == 0; }));
}

}  // namespace
}  // namespace waxwing::testing
