// SPDX-License-Identifier: Apache-2.0
// The session object of the API.
#include "session/view.hpp"

#include <atomic>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.hpp"

namespace waxwing::session {
namespace {

Json object(const View& view) {
  auto parsed = json::parse(*view.json());
  EXPECT_TRUE(parsed.has_value()) << *view.json();
  return parsed.has_value() ? *parsed : Json();
}

TEST(View, ShowsAStoppedSession) {
  View view("support");
  view.change([](Snapshot& s) {
    s.config_json = R"({"debug":true})";
    s.engine = "ECHO";
  });
  EXPECT_EQ(object(view), *json::parse(R"({
    "name": "support", "status": "STOPPED", "config": {"debug": true}, "me": null,
    "presence": null, "timestamps": {"activity": null}, "engine": {},
    "configuredEngine": "ECHO"})"));
  EXPECT_EQ(view.me_json(), "null");
}

TEST(View, ShowsAWorkingSessionWithAllItHas) {
  View view("support");
  view.change([](Snapshot& s) {
    s.state = State::Working;
    s.engine = "ECHO";
    s.me = plugin_host::Me{"1@c.us", "Ana \"A\"", "2@lid", "1:3@s.whatsapp.net"};
    s.online = false;
    s.activity_ms = 1'700'000'000'123;
    s.worker = "";
    s.engine_info_json = R"( {"proxy": null, "grpc": {"client": "IDLE"}} )";
  });
  EXPECT_EQ(object(view), *json::parse(R"({
    "name": "support", "status": "WORKING", "config": {},
    "me": {"id": "1@c.us", "pushName": "Ana \"A\"", "lid": "2@lid", "jid": "1:3@s.whatsapp.net"},
    "presence": "offline", "timestamps": {"activity": 1700000000123}, "assignedWorker": "",
    "engine": {"engine": "ECHO", "proxy": null, "grpc": {"client": "IDLE"}}, "configuredEngine": "ECHO"})"));
  EXPECT_EQ(*json::parse(view.me_json()), object(view)["me"]);
}

TEST(View, LeavesOutWhatIsNotKnownOfTheAccount) {
  View view("a");
  view.change([](Snapshot& s) { s.me = plugin_host::Me{"1@c.us", "", "", ""}; });
  EXPECT_EQ(object(view)["me"], *json::parse(R"({"id": "1@c.us", "pushName": ""})"));
}

TEST(View, ShowsTheReasonOfAFailure) {
  View view("a");
  view.change([](Snapshot& s) {
    s.state = State::Failed;
    s.reason = Reason{"qr_timeout", "nobody scanned"};
  });
  EXPECT_EQ(object(view)["status"], "FAILED");
  EXPECT_EQ(object(view)["reason"],
            *json::parse(R"({"id": "qr_timeout", "text": "nobody scanned"})"));
  view.change([](Snapshot& s) { s.reason.reset(); });
  EXPECT_FALSE(object(view).contains("reason"));
}

TEST(View, StaysJsonWhateverTheEngineTellsOfItself) {
  for (const char* info : {"{}", " { } ", "", "{\n}", R"({"a":{"b":{}}})"}) {
    View view("a");
    view.change([&](Snapshot& s) {
      s.state = State::Working;
      s.engine = "ECHO";
      s.engine_info_json = info;
    });
    EXPECT_EQ(object(view)["engine"]["engine"], "ECHO") << info;
  }
}

TEST(View, KeepsItsTextUntilSomethingChanges) {
  View view("a");
  const auto first = view.json();
  EXPECT_EQ(view.json(), first);
  view.change([](Snapshot& s) { s.state = State::Starting; });
  EXPECT_NE(view.json(), first);
  EXPECT_EQ(*json::parse(*first), *json::parse(*first)) << "an old text stays readable";
  EXPECT_EQ(view.state(), State::Starting);
}

TEST(View, IsReadWhileItChanges) {
  View view("a");
  std::atomic<bool> stop{false};
  std::thread reader([&] {
    while (!stop) {
      EXPECT_TRUE(json::parse(*view.json()).has_value());
      (void)view.snapshot();
    }
  });
  for (int i = 0; i < 2'000; ++i) {
    view.change([&](Snapshot& s) { s.activity_ms = i; });
  }
  stop = true;
  reader.join();
}

}  // namespace
}  // namespace waxwing::session
