// SPDX-License-Identifier: Apache-2.0
// Deadlines of sessions, and engines that never answer or fail.
#include <thread>

#include "shared_server.hpp"

namespace waxwing::testing {
namespace {

using Clock = std::chrono::steady_clock;

constexpr Millis kOperationTimeout = Millis(1'000) * kTimeScale;
constexpr Millis kStopTimeout(1'000);

class Lifecycle : public SharedServer<Lifecycle> {
 public:
  static ServerOptions options() {
    return {.yaml = "lifecycle: {start_timeout_s: " + std::to_string(2 * kTimeScale) +
                    ", stop_timeout_s: 1}\nlimits: {operation_timeout_ms: " +
                    std::to_string(kOperationTimeout.count()) + "}\n",
            .env = {},
            .arguments = {}};
  }

 protected:
  Value reason_of(const std::string& name) {
    return http_.get(session_path(name)).json()["reason"];
  }

  // How long a call took; `reply` is its answer.
  template <class Ask>
  static Millis time_of(Ask ask, Reply& reply) {
    const auto from = Clock::now();
    reply = ask();
    return std::chrono::duration_cast<Millis>(Clock::now() - from);
  }
};

TEST_F(Lifecycle, StartingHasADeadline) {
  const std::string name = own_name();
  create_echo(http_, name, R"({"startDelayMs":3600000})");
  EXPECT_EQ(status_of(http_, name), "STARTING");
  ASSERT_TRUE(wait_for_status(http_, name, "FAILED"));
  EXPECT_EQ(reason_of(name)["id"].text(), "start_timeout");
  EXPECT_NE(reason_of(name)["text"].text(), "");
}

TEST_F(Lifecycle, AStartThatIsNeverAnsweredHasADeadline) {
  const std::string name = own_name();
  create_echo(http_, name, R"({"neverAnswer":["start"]})");
  ASSERT_TRUE(wait_for_status(http_, name, "FAILED"));
  EXPECT_EQ(reason_of(name)["id"].text(), "start_timeout");
  EXPECT_EQ(http_.del(session_path(name)).status, 200);
}

TEST_F(Lifecycle, AStartThatFailsSaysWhy) {
  const std::string name = own_name();
  create_echo(http_, name, R"({"failStart":"the moon is wrong"})");
  ASSERT_TRUE(wait_for_status(http_, name, "FAILED"));
  EXPECT_EQ(reason_of(name)["id"].text(), "start_failed");
  EXPECT_EQ(reason_of(name)["text"].text(), "the moon is wrong");
  // FAILED is running for lists, and its engine is gone.
  EXPECT_TRUE(http_.get("/api/sessions").json().item("name", name).exists());
}

TEST_F(Lifecycle, StartLeavesFailedOnceTheCauseIsGone) {
  const std::string name = own_name();
  create_echo(http_, name, R"({"failStart":"scripted"})");
  ASSERT_TRUE(wait_for_status(http_, name, "FAILED"));
  ASSERT_EQ(http_.put(session_path(name), R"({"config":{"echo":{"loginAfterMs":0}}})").status, 200);
  ASSERT_TRUE(wait_for_status(http_, name, "WORKING"));
  EXPECT_FALSE(reason_of(name).exists());
}

TEST_F(Lifecycle, QrCodesRunOut) {
  const std::string name = own_name();
  create_echo(http_, name, R"({"loginAfterMs":null,"qr":{"firstMs":40,"nextMs":20,"count":3}})");
  ASSERT_TRUE(wait_for_status(http_, name, "FAILED"));
  EXPECT_EQ(reason_of(name)["id"].text(), "qr_timeout");
  EXPECT_EQ(http_.get("/api/" + name + "/auth/qr").status, 422);
  EXPECT_EQ(http_.post(session_path(name, "/start")).status, 201);
  ASSERT_TRUE(wait_for_status(http_, name, "FAILED"));
}

TEST_F(Lifecycle, AStopThatIsNeverAnsweredIsBounded) {
  for (const char* operation : {"stop", "restart", "logout", "update", "delete"}) {
    const std::string name = own_name(std::string("-") + operation);
    create_echo(http_, name, R"({"loginAfterMs":0,"neverAnswer":["stop","logout"]})");
    ASSERT_TRUE(wait_for_status(http_, name, "WORKING"));
    Reply reply;
    const std::string what = operation;
    const Millis took = time_of(
        [&] {
          return what == "update"   ? http_.put(session_path(name), "{}")
                 : what == "delete" ? http_.del(session_path(name))
                                    : http_.post(session_path(name, "/" + what));
        },
        reply);
    EXPECT_EQ(reply.status, what == "update" || what == "delete" ? 200 : 201) << what << reply;
    EXPECT_GE(took, kStopTimeout) << what;
    EXPECT_LT(took, kStopTimeout * 6 * kTimeScale) << what;
    EXPECT_EQ(http_.del(session_path(name)).status, 200);
  }
}

TEST_F(Lifecycle, AnOperationThatIsNeverAnsweredIs504) {
  const std::string name = own_name();
  create_echo(http_, name, R"({"loginAfterMs":0,"neverAnswer":["messages.sendText"]})");
  bring_to(http_, own_name("-other"), "WORKING");
  ASSERT_TRUE(wait_for_status(http_, name, "WORKING"));
  const std::string text = ",\"chatId\":\"12345@c.us\",\"text\":\"x\"}";
  Reply silent;
  Millis took(0);
  std::thread waiting([&] {
    HttpClient own = server().client();
    took =
        time_of([&] { return own.post("/api/sendText", "{\"session\":" + json_text(name) + text); },
                silent);
  });
  // Meanwhile other sessions, and other calls of this one, are answered.
  int answered = 0;
  const auto until = Clock::now() + kOperationTimeout / 2;
  while (Clock::now() < until) {
    EXPECT_EQ(
        http_.post("/api/sendText", "{\"session\":" + json_text(own_name("-other")) + text).status,
        201);
    EXPECT_EQ(http_.get("/api/contacts/check-exists?phone=123456&session=" + name).status, 200);
    ++answered;
  }
  waiting.join();
  EXPECT_GT(answered, 0);
  expect_error(silent, 504, "");
  EXPECT_EQ(silent.json()["error"].text(), "Gateway Timeout");
  EXPECT_GE(took, kOperationTimeout);
  EXPECT_LT(took, kOperationTimeout * 6 * kTimeScale);
  EXPECT_EQ(status_of(http_, name), "WORKING");
  const Value plugins = http_.get("/api/plugins").json();
  EXPECT_GE(plugins.item("id", "example-echo").at("counters.failedCalls").number(), 1) << plugins;
}

TEST_F(Lifecycle, AStuckSessionCanBeDeletedAndMadeAgain) {
  const std::string name = own_name();
  create_echo(http_, name, R"({"neverAnswer":["start","stop","logout"]})");
  EXPECT_EQ(http_.del(session_path(name)).status, 200);
  EXPECT_EQ(status_of(http_, name), "(404)");
  create_echo(http_, name, R"({"loginAfterMs":0})");
  EXPECT_TRUE(wait_for_status(http_, name, "WORKING"));
}

TEST_F(Lifecycle, CallsThatWaitForAStatusEndWithIt) {
  const std::string name = own_name();
  create_echo(http_, name, R"({"startDelayMs":3600000})");
  Reply reply;
  std::thread waiting([&] {
    HttpClient own = server().client();
    reply = own.get("/api/" + name + "/auth/qr");
  });
  EXPECT_EQ(http_.del(session_path(name)).status, 200);
  waiting.join();
  EXPECT_TRUE(reply.status == 404 || reply.status == 422) << reply;
}

// An engine that floods: the queue has a bound, and the session lives on.
TEST_F(Lifecycle, ABurstOfEventsIsTakenUnderBackPressure) {
  const std::string name = own_name();
  create_echo(http_, name, R"({"loginAfterMs":0,"burst":{"count":20000,"size":200}})");
  ASSERT_TRUE(wait_for_status(http_, name, "WORKING"));
  EXPECT_EQ(http_.post(session_path(name, "/stop")).status, 201);
}

}  // namespace
}  // namespace waxwing::testing
