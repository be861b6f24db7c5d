// SPDX-License-Identifier: Apache-2.0
// GOWS and NOWEB against a local WhatsApp: linked, killed, unlinked, lied to.
#include "native_engines.hpp"

namespace waxwing::testing {
namespace {

TEST_P(NativeEngines, LinkStopStartAndSurviveAKill) {
  link();
  const Value me = session()["me"];
  EXPECT_EQ(me["id"].text(), phone_ + "@c.us");
  EXPECT_EQ(me["jid"].text(), phone_ + ":1@s.whatsapp.net");
  EXPECT_EQ(me["pushName"].text(), "Alice");
  EXPECT_EQ(session().at("engine.engine").text(), GetParam());

  EXPECT_EQ(http_->post(session_path("one", "/stop")).status, 201);
  EXPECT_EQ(http_->post(session_path("one", "/start")).status, 201);
  EXPECT_TRUE(wait_for_status(*http_, "one", "WORKING"));

  server_.kill9();
  reconnect();
  EXPECT_TRUE(wait_for_status(*http_, "one", "WORKING"));
  EXPECT_EQ(session()["me"], me);
}

TEST_P(NativeEngines, SayWhyWhenUnlinkedOnThePhone) {
  link();
  EXPECT_EQ(whatsapp_.http().del(device_path()).status, 200);
  expect_failed("logged_out");
  EXPECT_TRUE(session()["me"].is_null());
  // Anew, with a code.
  EXPECT_EQ(http_->post(session_path("one", "/restart")).status, 201);
  EXPECT_TRUE(wait_for_status(*http_, "one", "SCAN_QR_CODE"));
}

TEST_P(NativeEngines, KnowWhenTheyWereUnlinkedWhileAway) {
  link();
  server_.kill9();
  EXPECT_EQ(whatsapp_.http().del(device_path()).status, 200);
  reconnect();
  expect_failed("logged_out");
}

TEST_P(NativeEngines, LinkByCodeAndLogOut) {
  create();
  phone_ = whatsapp_.add_account();
  const Reply code = ask_for_code();
  ASSERT_EQ(code.status, 201) << code;
  const Reply typed = whatsapp_.type_code(phone_, code.json()["code"].text());
  ASSERT_EQ(typed.status, 200) << typed;
  EXPECT_TRUE(wait_for_status(*http_, "one", "WORKING"));
  EXPECT_EQ(http_->post(session_path("one", "/logout")).status, 201);
  EXPECT_EQ(whatsapp_.http().get("/accounts/" + phone_).json()["devices"].size(), 1U);
  EXPECT_TRUE(wait_for_status(*http_, "one", "SCAN_QR_CODE"));
}

TEST_P(NativeEngines, StayWorkingThroughALostConnection) {
  link();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(whatsapp_.http().post("/drop").status, 200);
    EXPECT_TRUE(wait_until([&] {
      const Value devices = whatsapp_.http().get("/accounts/" + phone_).json()["devices"];
      return devices[1]["connected"].flag();
    }));
    EXPECT_EQ(status_of(*http_, "one"), "WORKING");
  }
}

TEST_P(NativeEngines, FailWhenAnotherTookOver) {
  link();
  EXPECT_EQ(
      whatsapp_.http().post(device_path() + "/stream-error", R"({"conflict":"replaced"})").status,
      200);
  expect_failed("replaced");
  EXPECT_FALSE(session()["me"].is_null());
}

TEST_P(NativeEngines, NeedTheFlagForAnotherWhatsApp) {
  ServerProcess careful({.yaml = "",
                         .env = whatsapp_.environment(),
                         .arguments = {},
                         .engine_plugin = server_.options().engine_plugin});
  EXPECT_EQ(careful.run().code, 1);
  EXPECT_NE(careful.log().find("--allow-test-endpoint"), std::string::npos);
  const std::string engine = GetParam();
  const std::string section = engine == "GOWS" ? "gows" : "noweb";
  const Reply reply =
      http_->post("/api/sessions", R"({"name":"two","engine":")" + engine + R"(","config":{")" +
                                       section + R"(":{"endpoint":"ws://elsewhere"}}})");
  EXPECT_EQ(reply.status, 201) << reply;
  EXPECT_EQ(reply.body.find("elsewhere"), std::string::npos) << reply;
}

INSTANTIATE_TEST_SUITE_P(All, NativeEngines, ::testing::Values("GOWS", "NOWEB"),
                         [](const auto& engine) { return std::string(engine.param); });

}  // namespace
}  // namespace waxwing::testing
