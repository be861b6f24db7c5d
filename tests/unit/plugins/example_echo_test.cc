// SPDX-License-Identifier: Apache-2.0
// The echo engine's life: QR schedule, login, restart, logout, back-pressure, scripted failures.
#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <waxwing/plugin.hpp>
#include <waxwing/plugin/testing.hpp>

namespace {

using namespace waxwing::plugin::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Json = nlohmann::json;

class EchoEngine : public ::testing::Test {
 protected:
  // Whatever a test does, the engine must not have broken a rule on the way.
  void TearDown() override { EXPECT_THAT(host.finish(), IsEmpty()); }

  FakeSession& started(const std::string& config, const std::string& name = "default") {
    FakeSession& session = host.create(name, config);
    EXPECT_TRUE(session.start().ok());
    host.advance(0);
    return session;
  }

  FakeHost host{wax_module_v1()};
};

TEST_F(EchoEngine, ShowsSixCodesIn160SecondsAndThenFails) {
  FakeSession& session = started(R"({"loginAfterMs": null})");
  host.advance(159'999);
  ASSERT_THAT(session.qrs, SizeIs(6));
  EXPECT_EQ(session.state(), WAX_SESSION_SCAN_QR_CODE);
  host.advance(1);
  EXPECT_EQ(session.state(), WAX_SESSION_FAILED);
  EXPECT_EQ(session.last_state().reason, "qr_timeout");
  EXPECT_EQ(session.last_state().at_ms, 160'000);

  std::vector<std::int64_t> shown_at;
  std::vector<std::uint32_t> valid_ms;
  for (const QrRecord& qr : session.qrs) {
    shown_at.push_back(qr.at_ms);
    valid_ms.push_back(qr.valid_ms);
  }
  EXPECT_THAT(shown_at, ElementsAre(0, 60'000, 80'000, 100'000, 120'000, 140'000));
  EXPECT_THAT(valid_ms, ElementsAre(60'000, 20'000, 20'000, 20'000, 20'000, 20'000));
  // SCAN_QR_CODE is announced for each of them.
  std::vector<wax_session_state> expected(6, WAX_SESSION_SCAN_QR_CODE);
  expected.push_back(WAX_SESSION_FAILED);
  EXPECT_EQ(session.state_list(), expected);
}

TEST_F(EchoEngine, QrTextHasFiveFieldsOfWhichTheReferenceRotates) {
  FakeSession& session = started(R"({"loginAfterMs": -1, "qr": {"firstMs": 10, "nextMs": 10}})");
  host.advance(10);
  ASSERT_THAT(session.qrs, SizeIs(2));
  const auto fields = [](const std::string& text) {
    std::vector<std::string> list(1);
    for (const char c : text) {
      if (c == ',') {
        list.emplace_back();
      } else {
        list.back() += c;
      }
    }
    return list;
  };
  const auto first = fields(session.qrs[0].text);
  const auto second = fields(session.qrs[1].text);
  ASSERT_THAT(first, SizeIs(5));
  EXPECT_THAT(first[0], ::testing::StartsWith("2@"));
  EXPECT_NE(first[0], second[0]);
  EXPECT_TRUE(std::equal(first.begin() + 1, first.end(), second.begin() + 1));
  for (int i = 1; i <= 3; ++i) {  // 32 octets in base64
    EXPECT_THAT(first[static_cast<std::size_t>(i)], SizeIs(44));
    EXPECT_EQ(first[static_cast<std::size_t>(i)].back(), '=');
  }
  EXPECT_NE(first[1], first[2]);
}

TEST_F(EchoEngine, LogsInAfterTheDelayAndTellsWhoItIs) {
  FakeSession& session =
      started(R"({"loginAfterMs": 2000, "phone": "15551230000", "pushName": "Eve"})");
  host.advance(1'999);
  EXPECT_EQ(session.state(), WAX_SESSION_SCAN_QR_CODE);
  EXPECT_FALSE(session.me.has_value());
  host.advance(1);
  EXPECT_EQ(session.state(), WAX_SESSION_WORKING);
  ASSERT_TRUE(session.me.has_value());
  EXPECT_EQ(session.me->id, "15551230000@c.us");
  EXPECT_EQ(session.me->push_name, "Eve");
  EXPECT_THAT(session.me->lid, HasSubstr("@lid"));
  EXPECT_EQ(session.me->jid, "15551230000:1@s.whatsapp.net");
  EXPECT_EQ(session.presence, 1);
  host.advance(1'000'000);  // no code comes after the login
  EXPECT_THAT(session.qrs, SizeIs(1));
  EXPECT_EQ(session.state(), WAX_SESSION_WORKING);
}

TEST_F(EchoEngine, AccountsOfTwoSessionsDiffer) {
  FakeSession& a = started(R"({"loginAfterMs": 0})", "a");
  FakeSession& b = started(R"({"loginAfterMs": 0})", "b");
  ASSERT_TRUE(a.me && b.me);
  EXPECT_NE(a.me->id, b.me->id);
}

TEST_F(EchoEngine, RemembersTheLoginAcrossRestarts) {
  FakeSession& first = started(R"({"loginAfterMs": 100})");
  host.advance(100);
  ASSERT_EQ(first.state(), WAX_SESSION_WORKING);
  EXPECT_TRUE(first.stop().ok());
  EXPECT_EQ(host.running_timers(), 0U);
  first.states.clear();
  first.qrs.clear();

  EXPECT_TRUE(first.start().ok());  // the same object again
  host.advance(0);
  EXPECT_THAT(first.state_list(), ElementsAre(WAX_SESSION_WORKING));
  EXPECT_THAT(first.qrs, IsEmpty());
  first.destroy();

  FakeSession& second = started(R"({"loginAfterMs": null})");  // a new process
  EXPECT_THAT(second.state_list(), ElementsAre(WAX_SESSION_WORKING));
  EXPECT_EQ(second.me->id, first.me->id);
}

TEST_F(EchoEngine, LogoutForgets) {
  FakeSession& session = started(R"({"loginAfterMs": 100})");
  host.advance(100);
  ASSERT_EQ(session.state(), WAX_SESSION_WORKING);
  EXPECT_TRUE(session.logout().ok());
  session.states.clear();
  EXPECT_TRUE(session.start().ok());
  host.advance(99);
  EXPECT_THAT(session.state_list(), ElementsAre(WAX_SESSION_SCAN_QR_CODE));
}

TEST_F(EchoEngine, LoginIsDurableBeforeItIsTold) {
  FakeSession& session = started(R"({"loginAfterMs": 100})");
  host.store_status = WAX_E_UNAVAILABLE;
  host.advance(100);
  EXPECT_EQ(session.state(), WAX_SESSION_FAILED);
  EXPECT_EQ(session.last_state().reason, "storage_unavailable");
  EXPECT_FALSE(session.me.has_value());
}

TEST_F(EchoEngine, StopWhilePairingIsQuietAtOnce) {
  FakeSession& session = started(R"({"loginAfterMs": 100})");
  EXPECT_TRUE(session.stop().ok());
  host.advance(1'000'000);
  EXPECT_THAT(session.state_list(), ElementsAre(WAX_SESSION_SCAN_QR_CODE));
  EXPECT_EQ(host.running_timers(), 0U);
}

TEST_F(EchoEngine, StopWhileStartingLeavesNothingBehind) {
  FakeSession& session = host.create("default", R"({"startDelayMs": 500})");
  EXPECT_TRUE(session.start().ok());
  host.advance(499);
  EXPECT_TRUE(session.stop().ok());
  host.advance(10'000);
  EXPECT_THAT(session.states, IsEmpty());
}

TEST_F(EchoEngine, StaysInStartingForTheSetTime) {
  FakeSession& session = host.create("default", R"({"startDelayMs": 500, "loginAfterMs": null})");
  EXPECT_TRUE(session.start().ok());
  host.advance(499);
  EXPECT_THAT(session.states, IsEmpty());
  host.advance(1);
  EXPECT_EQ(session.state(), WAX_SESSION_SCAN_QR_CODE);
}

TEST_F(EchoEngine, SaysWhichProxyItUsesAndFailsWithoutOne) {
  host.proxy_url = "http://127.0.0.1:3128";
  host.proxy_password = "secret";
  FakeSession& session = started(R"({"loginAfterMs": null})");
  EXPECT_EQ(Json::parse(session.engine_info), Json({{"proxy", "http://127.0.0.1:3128"}}));

  host.proxy_status = WAX_E_UNAVAILABLE;
  FakeSession& other = started("{}", "other");
  EXPECT_EQ(other.state(), WAX_SESSION_FAILED);
  EXPECT_EQ(other.last_state().reason, "proxy_unavailable");
}

TEST_F(EchoEngine, FailsToStartWithTheScriptedText) {
  FakeSession& session = host.create("default", R"({"failStart": "no network today"})");
  const Answer& answer = session.start();
  EXPECT_TRUE(answer.done);
  EXPECT_EQ(answer.status, WAX_E_INTERNAL);
  EXPECT_EQ(answer.message, "no network today");
  EXPECT_THAT(session.states, IsEmpty());
}

TEST_F(EchoEngine, KeepsScriptedCallsForEver) {
  FakeSession& session =
      started(R"({"loginAfterMs": 0, "neverAnswer": ["contacts.checkExists", "stop"]})");
  const Answer& check = session.invoke("contacts.checkExists", R"({"phone": "12345"})");
  const Answer& stop = session.stop();
  host.advance(10'000'000);
  EXPECT_FALSE(check.done);
  EXPECT_FALSE(stop.done);
  session.destroy();
  EXPECT_EQ(stop.status, WAX_E_UNAVAILABLE);  // by the host
}

TEST_F(EchoEngine, BurstPausesWhenTheQueueIsFullAndLosesNothing) {
  FakeSession& session =
      host.create("default", R"({"loginAfterMs": 0, "burst": {"count": 10, "size": 300}})");
  session.event_room = 4;
  session.start();
  host.advance(0);
  EXPECT_THAT(session.events, SizeIs(4));
  host.advance(60'000);
  EXPECT_THAT(session.events, SizeIs(4));
  session.make_room(3);
  EXPECT_THAT(session.events, SizeIs(7));
  session.make_room(100);
  ASSERT_THAT(session.events, SizeIs(10));
  for (std::size_t i = 0; i < 10; ++i) {
    const Json message = Json::parse(session.events[i].json);
    EXPECT_EQ(session.events[i].type, "message");
    EXPECT_THAT(message.at("body").get<std::string>(), SizeIs(300));
    EXPECT_THAT(message.at("body").get<std::string>(),
                HasSubstr("burst " + std::to_string(i + 1) + " "));
  }
  EXPECT_EQ(host.metrics["pauses"], 2);
}

TEST_F(EchoEngine, TakesNewSettingsButNotANewAccount) {
  FakeSession& session = started(R"({"loginAfterMs": null})");
  EXPECT_EQ(session.reconfigure(R"({"qr": {"nextMs": 5, "count": 3}})"), WAX_OK);
  EXPECT_EQ(session.reconfigure(R"({"phone": "12345"})"), WAX_E_STATE);
  EXPECT_EQ(session.reconfigure(R"({"qr": 1})"), WAX_E_INVALID);
  host.advance(60'000 + 10);
  EXPECT_EQ(session.last_state().reason, "qr_timeout");
}

TEST_F(EchoEngine, RefusesSettingsAndNamesTheField) {
  const auto reason = [&](const std::string& config) -> std::string {
    try {
      host.create("bad", config);
    } catch (const waxwing::plugin::Error& e) {
      return e.code() == WAX_E_INVALID ? e.what() : "another code";
    }
    return "accepted";
  };
  EXPECT_THAT(reason(R"({"qr": {"count": "six"}})"), HasSubstr("echo.qr.count"));
  EXPECT_THAT(reason(R"({"loginAfterMs": -5})"), HasSubstr("echo.loginAfterMs"));
  EXPECT_THAT(reason(R"({"crash": "later"})"), HasSubstr("echo.crash"));
  EXPECT_THAT(reason(R"({"neverAnswer": [1]})"), HasSubstr("echo.neverAnswer"));
  EXPECT_THAT(reason("[]"), HasSubstr("echo must be an object"));
}

TEST(EchoEngineDescriptor, SchemaIsStrictJsonAndHasEverySetting) {
  FakeHost host{wax_module_v1()};
  const wax_engine_desc& desc = host.engine();
  EXPECT_STREQ(desc.id, "ECHO");
  EXPECT_STREQ(desc.config_section, "echo");
  const Json schema = Json::parse(desc.config_schema);
  EXPECT_EQ(schema.at("additionalProperties"), false);
  for (const char* key : {"phone", "pushName", "loginAfterMs", "echoAfterMs", "qr", "startDelayMs",
                          "failStart", "neverAnswer", "crash", "burst"}) {
    EXPECT_TRUE(schema.at("properties").contains(key)) << key;
  }
}

TEST(EchoEngineDeathTest, CrashesWhereItIsTold) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  FakeHost host{wax_module_v1()};
  EXPECT_DEATH(host.create("a", R"({"crash": "start"})").start(), "");
  FakeSession& session = host.create("b", R"({"crash": "invoke"})");
  session.start();
  EXPECT_DEATH(session.invoke("messages.sendText"), "");
}

}  // namespace
