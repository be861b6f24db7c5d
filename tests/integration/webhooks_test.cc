// SPDX-License-Identifier: Apache-2.0
// Webhooks of real sessions at a real receiver: what is sent, what happens when it fails.
#include <algorithm>
#include <set>

#include "shared_server.hpp"
#include "support/program.hpp"
#include "support/receiver.hpp"

namespace waxwing::testing {
namespace {

std::string webhook(const std::string& url, const std::string& more = "",
                    const std::string& events = R"(["message.any"])") {
  return "{\"url\":\"" + url + "\",\"events\":" + events + (more.empty() ? "" : "," + more) + "}";
}

constexpr const char* kRetryAtOnce = R"("retries":{"delaySeconds":0,"attempts":3})";

class Webhooks : public SharedServer<Webhooks> {
 public:
  static ServerOptions options() {
    return {.yaml = "webhooks: {timeout_s: 1, dead_letters: 50}\n", .env = {}, .arguments = {}};
  }

 protected:
  // A WORKING session with these webhooks, and no echoes.
  void make(const std::string& name, const std::string& webhooks, const std::string& more = "") {
    const Reply made = http_.post(
        "/api/sessions", "{\"name\":\"" + name +
                             R"(","config":{"echo":{"loginAfterMs":0,"echoAfterMs":3600000},)" +
                             more + "\"webhooks\":[" + webhooks + "]}}");
    ASSERT_EQ(made.status, 201) << made;
    ASSERT_TRUE(wait_for_status(http_, name, "WORKING"));
  }
  void send(const std::string& session, const std::string& text,
            const std::string& chat = "15550001111@c.us") {
    const Reply sent =
        http_.post("/api/sendText", "{\"session\":\"" + session + "\",\"chatId\":\"" + chat +
                                        "\",\"text\":\"" + text + "\"}");
    ASSERT_EQ(sent.status, 201) << sent;
  }
  Value report(const std::string& session) {
    return http_.get("/api/" + session + "/webhooks").json();
  }
  Value dead(const std::string& session) {
    return http_.get("/api/" + session + "/webhooks/dead").json();
  }
};

std::vector<std::string> texts(const std::vector<Received>& all) {
  std::vector<std::string> out;
  for (const Received& one : all) {
    out.push_back(one.json().at("payload.body").text());
  }
  return out;
}

TEST_F(Webhooks, SendTheEnvelopeWithTheContractsHeaders) {
  const Receiver receiver;
  make(own_name(), webhook(receiver.url(), R"("hmac":{"key":"my-secret-key"},
               "customHeaders":[{"name":"X-Mine","value":"yes"},{"name":"user-agent","value":"no"}])"),
       R"("metadata":{"team":"a"},)");
  send(own_name(), "hello");
  ASSERT_TRUE(receiver.wait_count(1));
  const Received got = receiver.all().front();
  EXPECT_EQ(got.path, "/hook");
  EXPECT_EQ(got.header("content-type"), "application/json");
  EXPECT_EQ(got.header("x-mine"), "yes");
  EXPECT_TRUE(got.header("user-agent").starts_with("WAHA/")) << got.header("user-agent");
  EXPECT_EQ(got.header("x-webhook-hmac-algorithm"), "sha512");
  EXPECT_EQ(got.header("x-webhook-hmac").size(), 128U);
  EXPECT_FALSE(got.header("x-webhook-request-id").empty());
  const Value body = got.json();
  EXPECT_TRUE(body["id"].text().starts_with("evt_"));
  EXPECT_EQ(body["id"].text().size(), 30U);
  EXPECT_EQ(got.header("x-webhook-timestamp"), std::to_string(body["timestamp"].number()));
  EXPECT_EQ(body["event"].text(), "message.any");
  EXPECT_EQ(body["session"].text(), own_name());
  EXPECT_EQ(body.at("metadata.team").text(), "a");
  EXPECT_EQ(body["engine"].text(), "ECHO");
  EXPECT_EQ(body.at("payload.body").text(), "hello");
  EXPECT_EQ(body.at("environment.engine").text(), "ECHO");
  EXPECT_TRUE(body.at("me.id").text().ends_with("@c.us"));
}

TEST_F(Webhooks, OnlyNamedEventsGoOutAndAWildcardMeansMost) {
  const Receiver named;
  const Receiver all;
  make(own_name(), webhook(named.url(), "", R"(["session.status"])") + "," +
                       webhook(all.url(), "", R"(["*"])"));
  send(own_name(), "x");
  // Those of the session and those of a chat go out side by side.
  ASSERT_TRUE(all.wait([](const auto& got) {
    const auto count = [&](const char* name) {
      return std::count_if(got.begin(), got.end(),
                           [&](const Received& one) { return one.json()["event"].text() == name; });
    };
    return count("message.any") == 1 && count("session.status") == 3;
  }));
  ASSERT_TRUE(named.wait([](const auto& got) { return got.size() >= 3; }));
  std::set<std::string> names;
  std::set<std::string> ids;
  for (const Received& got : named.all()) {
    names.insert(got.json()["event"].text());
    ids.insert(got.json()["id"].text());
  }
  EXPECT_EQ(names, std::set<std::string>{"session.status"});
  EXPECT_EQ(named.count(), 3U);  // STARTING, SCAN_QR_CODE, WORKING
  for (const Received& got : all.all()) {
    ids.erase(got.json()["id"].text());
  }
  EXPECT_TRUE(ids.empty()) << "one event has two ids";
}

TEST_F(Webhooks, IgnoredChatsSendNothing) {
  const Receiver receiver;
  make(own_name(), webhook(receiver.url()), R"("ignore":{"groups":true},)");
  send(own_name(), "in a group", "12345@g.us");
  send(own_name(), "to a person");
  ASSERT_TRUE(receiver.wait_count(1));
  EXPECT_EQ(texts(receiver.all()), std::vector<std::string>{"to a person"});
}

TEST_F(Webhooks, AFailureIsRetriedWithTheSameIdUntilItSucceeds) {
  std::atomic<int> tries{0};
  const Receiver receiver([&](const Received&) -> Reaction {
    switch (tries++) {
      case 0:
        return {.status = 500};
      case 1:
        return {.status = 404};
      case 2:
        return {.reset = true};
      default:
        return {};
    }
  });
  make(own_name(), webhook(receiver.url(), kRetryAtOnce));
  send(own_name(), "again");
  ASSERT_TRUE(receiver.wait_count(4));
  std::set<std::string> ids;
  std::set<std::string> bodies;
  for (const Received& got : receiver.all()) {
    ids.insert(got.header("x-webhook-request-id"));
    bodies.insert(got.body);
  }
  EXPECT_EQ(ids.size(), 1U);
  EXPECT_EQ(bodies.size(), 1U);
  ASSERT_TRUE(wait_until([&] { return report(own_name()).at("0.delivered").number() == 1; }));
  EXPECT_EQ(report(own_name()).at("0.pending").number(), 0);
}

TEST_F(Webhooks, AChatWaitsForItsOwnEventsAndNotForOthers) {
  Receiver receiver([](const Received& got) -> Reaction {
    return {.status = got.json().at("payload.from").text() == "1@c.us" ? 503 : 200};
  });
  make(own_name(), webhook(receiver.url(), R"("retries":{"delaySeconds":0.05,"attempts":1000})"));
  for (int i = 0; i < 3; ++i) {
    send(own_name(), "bad " + std::to_string(i), "1@c.us");
    send(own_name(), "good " + std::to_string(i), "2@c.us");
  }
  const auto good_ones = [](const std::vector<Received>& all) {
    std::vector<std::string> good;
    for (const std::string& text : texts(all)) {
      if (text.starts_with("good")) {
        good.push_back(text);
      }
    }
    return good;
  };
  ASSERT_TRUE(receiver.wait([&](const auto& all) { return good_ones(all).size() == 3; }));
  EXPECT_EQ(good_ones(receiver.all()), (std::vector<std::string>{"good 0", "good 1", "good 2"}));
  const std::vector<std::string> seen = texts(receiver.all());
  EXPECT_EQ(std::count(seen.begin(), seen.end(), "bad 1"), 0) << "overtook the first of its chat";
  receiver.react_with({});
  ASSERT_TRUE(receiver.wait([&](const auto& all) { return texts(all).back() == "bad 2"; }));
}

TEST_F(Webhooks, WhatIsOutOfTriesIsADeadLetterAndCanBeReplayed) {
  Receiver receiver([](const Received&) { return Reaction{.status = 410}; });
  make(own_name(), webhook(receiver.url(), R"("retries":{"delaySeconds":0,"attempts":1})"));
  send(own_name(), "one", "1@c.us");
  send(own_name(), "two", "2@c.us");
  ASSERT_TRUE(receiver.wait_count(4));
  ASSERT_TRUE(wait_until([&] { return dead(own_name())["items"].size() == 2; }));
  const Value letters = dead(own_name());
  EXPECT_EQ(letters.at("items.0.error").text(), "HTTP 410");
  EXPECT_EQ(letters.at("items.0.attempts").number(), 2);
  EXPECT_EQ(letters.at("items.0.event.payload.body").text(), "one");
  EXPECT_EQ(report(own_name()).at("0.lastError.message").text(), "HTTP 410");

  receiver.react_with({});
  const std::string second = letters.at("items.1.id").text();
  const std::string path = "/api/" + own_name() + "/webhooks/replay";
  Reply replayed = http_.post(path, "{\"ids\":[\"" + second + "\"]}");
  EXPECT_EQ(replayed.status, 201) << replayed;
  EXPECT_EQ(replayed.json()["replayed"].number(), 1);
  ASSERT_TRUE(receiver.wait_count(5));
  EXPECT_EQ(receiver.all().back().json()["id"].text(), second);
  replayed = http_.post(path);
  EXPECT_EQ(replayed.json()["replayed"].number(), 1);
  ASSERT_TRUE(receiver.wait_count(6));
  EXPECT_EQ(texts(receiver.all()).back(), "one");
  EXPECT_EQ(dead(own_name())["items"].size(), 0U);
}

TEST_F(Webhooks, AnUpdateMovesWhatIsPendingToTheNewAddress) {
  const Receiver down([](const Received&) { return Reaction{.status = 500}; });
  const Receiver up;
  make(own_name(), webhook(down.url(), R"("retries":{"delaySeconds":3600})"));
  send(own_name(), "follows");
  ASSERT_TRUE(down.wait_count(1));
  const Reply updated =
      http_.put(session_path(own_name()),
                R"({"config":{"echo":{"loginAfterMs":0},"webhooks":[)" + webhook(up.url()) + "]}}");
  ASSERT_EQ(updated.status, 200) << updated;
  ASSERT_TRUE(up.wait_count(1));
  EXPECT_EQ(texts(up.all()).front(), "follows");
}

TEST_F(Webhooks, SlowSilentAndTalkativeReceiversDoNotDelayOthers) {
  const Receiver silent([](const Received&) { return Reaction{.silent = true}; });
  const Receiver talkative(
      [](const Received&) { return Reaction{.body = std::string(8 << 20, 'x')}; });
  Receiver loop([](const Received& got) {
    return Reaction{.status = 302, .headers = {"Location: " + got.path}};
  });
  const Receiver good;
  make(own_name(),
       webhook(silent.url(), R"("retries":{"attempts":0})") + "," + webhook(talkative.url()) + "," +
           webhook(loop.url(), R"("retries":{"attempts":0})") + "," + webhook(good.url()));
  send(own_name(), "x");
  ASSERT_TRUE(good.wait_count(1));
  ASSERT_TRUE(wait_until([&] { return dead(own_name())["items"].size() == 2; }));
  EXPECT_EQ(loop.count(), 6U) << "five redirects";
  EXPECT_EQ(report(own_name()).at("1.delivered").number(), 1);
  const std::string dead_text = http_.get("/api/" + own_name() + "/webhooks/dead").body;
  EXPECT_NE(dead_text.find("imed out"), std::string::npos) << dead_text;
}

TEST_F(Webhooks, ACertificateIsVerifiedUnlessTheWebhookSaysNot) {
  const Authority authority;  // of the test's own, so nobody trusts it
  const Receiver strict(authority.good());
  const Receiver lax(authority.good());
  const Receiver expired(authority.expired());
  const std::string at_once = R"("retries":{"attempts":0})";
  make(own_name(), webhook(strict.url(), at_once) + "," +
                       webhook(lax.url(), at_once + R"(,"verifyTls":false)") + "," +
                       webhook(expired.url(), at_once + R"(,"verifyTls":false)"));
  send(own_name(), "secret");
  ASSERT_TRUE(lax.wait_count(1));
  ASSERT_TRUE(expired.wait_count(1));
  ASSERT_TRUE(wait_until([&] { return dead(own_name())["items"].size() == 1; }));
  EXPECT_EQ(strict.count(), 0U);
  const std::string why = dead(own_name()).at("items.0.error").text();
  EXPECT_NE(why.find("certificate"), std::string::npos) << why;
  EXPECT_EQ(texts(lax.all()), std::vector<std::string>{"secret"});
}

TEST_F(Webhooks, ARetryAfterIsWaitedFor) {
  std::atomic<int> tries{0};
  const Receiver receiver([&](const Received&) -> Reaction {
    return tries++ == 0 ? Reaction{.status = 429, .headers = {"Retry-After: 2"}} : Reaction{};
  });
  make(own_name(), webhook(receiver.url(), kRetryAtOnce));
  send(own_name(), "patience");
  ASSERT_TRUE(receiver.wait_count(2));
  const auto all = receiver.all();
  EXPECT_GE(all[1].at - all[0].at, std::chrono::milliseconds(1900));
}

TEST_F(Webhooks, ADeletedSessionsLastWordsStillGoOut) {
  const Receiver receiver;
  make(own_name(), webhook(receiver.url(), "", R"(["session.status"])"));
  ASSERT_EQ(http_.del(session_path(own_name())).status, 200);
  ASSERT_TRUE(receiver.wait([](const auto& all) {
    return !all.empty() && all.back().json().at("payload.status").text() == "STOPPED";
  }));
  EXPECT_EQ(http_.get("/api/" + own_name() + "/webhooks").status, 404);
}

TEST_F(Webhooks, ALogoutKeepsWhatIsPending) {
  Receiver receiver([](const Received&) { return Reaction{.status = 500}; });
  make(own_name(), webhook(receiver.url(), R"("retries":{"delaySeconds":0.05,"attempts":10000})"));
  send(own_name(), "before the logout");
  ASSERT_TRUE(receiver.wait_count(1));
  ASSERT_EQ(http_.post(session_path(own_name(), "/logout")).status, 201);
  receiver.react_with({});
  ASSERT_TRUE(wait_until([&] { return report(own_name()).at("0.delivered").number() == 1; }));
}

TEST_F(Webhooks, BadQuestionsGetClearErrors) {
  EXPECT_EQ(http_.get("/api/nobody/webhooks").status, 404);
  EXPECT_EQ(http_.get("/api/nobody/webhooks/dead").status, 404);
  EXPECT_EQ(http_.post("/api/nobody/webhooks/replay").status, 404);
  make(own_name(), webhook("http://127.0.0.1:1/"));
  const std::string base = "/api/" + own_name() + "/webhooks";
  expect_error(http_.get(base + "/dead?limit=0"), 400, "limit");
  expect_error(http_.get(base + "/dead?after=xyz"), 400, "after");
  expect_error(http_.post(base + "/replay", R"({"ids":[]})"), 400, "ids");
  expect_error(http_.post(base + "/replay", R"({"ids":[1]})"), 400, "ids");
}

// A server with its own settings.
class WebhookSettings : public ::testing::Test {};

TEST_F(WebhookSettings, TheGlobalWebhookGetsEverySessionAndIsNeverShown) {
  const Receiver receiver;
  ServerProcess server({.yaml = "",
                        .env = {{"WHATSAPP_HOOK_URL", receiver.url("/global")},
                                {"WHATSAPP_HOOK_EVENTS", "session.status"},
                                {"WHATSAPP_HOOK_CUSTOM_HEADERS", "X-From:env"},
                                {"WHATSAPP_HOOK_HMAC_KEY", "k"}},
                        .arguments = {}});
  ASSERT_TRUE(server.start());
  HttpClient http = server.client();
  create_echo(http, "one");
  ASSERT_TRUE(receiver.wait_count(2));
  EXPECT_EQ(receiver.all().front().path, "/global");
  EXPECT_EQ(receiver.all().front().header("x-from"), "env");
  EXPECT_EQ(http.get(session_path("one")).body.find("/global"), std::string::npos);
}

TEST_F(WebhookSettings, AGuardedServerDoesNotTalkToItsOwnNetwork) {
  const Receiver receiver;
  ServerProcess server({.yaml = "webhooks: {public_only: true}\n", .env = {}, .arguments = {}});
  ASSERT_TRUE(server.start());
  HttpClient http = server.client();
  const Reply made = http.post(
      "/api/sessions",
      R"({"name":"s","config":{"webhooks":[)" +
          webhook(receiver.url(), R"("retries":{"attempts":0})", R"(["session.status"])") + "]}}");
  ASSERT_EQ(made.status, 201) << made;
  ASSERT_TRUE(wait_until(
      [&] { return http.get("/api/s/webhooks").body.find("is not public") != std::string::npos; }));
  EXPECT_EQ(receiver.connections(), 0U);
}

TEST_F(WebhookSettings, DeliveriesTakeTheProxyOfTheConfiguration) {
  if (!is_installed("tinyproxy")) {
    FAIL() << "tinyproxy is not installed: tools/install-deps --tests";
  }
  const std::uint16_t port = free_port();
  const TempDir files;
  write_file(files / "tinyproxy.conf", "Port " + std::to_string(port) +
                                           "\nListen 127.0.0.1\nLogLevel Critical\n"
                                           "ViaProxyName \"the-proxy\"\nBasicAuth wax secret-77\n");
  const Program proxy({"tinyproxy", "-d", "-c", files / "tinyproxy.conf"});
  ASSERT_TRUE(wait_for_port(port));
  const Authority authority;
  const Receiver in_clear;
  const Receiver under_tls(authority.good());
  const auto run_until = [&](const std::string& password, const auto& condition) {
    ServerProcess server(
        {.yaml = "webhooks: {proxy: {server: \"http://127.0.0.1:" + std::to_string(port) +
                 "\", username: wax, password: " + password + "}}\n",
         .env = {},
         .arguments = {}});
    ASSERT_TRUE(server.start());
    HttpClient http = server.client();
    const std::string more = R"("retries":{"attempts":0},"verifyTls":false)";
    const std::string events = R"(["session.status"])";
    ASSERT_EQ(http.post("/api/sessions", R"({"name":"s","config":{"webhooks":[)" +
                                             webhook(in_clear.url(), more, events) + "," +
                                             webhook(under_tls.url(), more, events) + "]}}")
                  .status,
              201);
    EXPECT_TRUE(wait_until([&] { return condition(http.get("/api/s/webhooks").json()); }));
    const std::string shown = http.get("/api/s/webhooks").body + server.log();
    EXPECT_EQ(shown.find(password), std::string::npos) << shown;
  };
  run_until("wrong-88", [](const Value& report) {
    return !report.at("0.lastError").is_null() && !report.at("1.lastError").is_null();
  });
  EXPECT_EQ(in_clear.count() + under_tls.count(), 0U);
  run_until("secret-77", [](const Value& report) {
    return report.at("0.delivered").number() > 0 && report.at("1.delivered").number() > 0;
  });
  ASSERT_GT(in_clear.count(), 0U);
  ASSERT_GT(under_tls.count(), 0U);
  EXPECT_NE(in_clear.all().front().header("via").find("the-proxy"), std::string::npos);
}

TEST_F(WebhookSettings, TheOldestGiveWayWhenTooManyWait) {
  std::atomic<bool> up{false};
  const Receiver receiver([&](const Received&) { return Reaction{.status = up ? 200 : 503}; });
  ServerProcess server({.yaml = "webhooks: {max_pending: 5}\n", .env = {}, .arguments = {}});
  ASSERT_TRUE(server.start());
  HttpClient http = server.client();
  const Reply made = http.post(
      "/api/sessions",
      R"({"name":"s","config":{"echo":{"loginAfterMs":0,"burst":{"count":50}},"webhooks":[)" +
          webhook(receiver.url(), R"("retries":{"delaySeconds":1,"attempts":100})",
                  R"(["message","webhook.dropped"])") +
          "]}}");
  ASSERT_EQ(made.status, 201) << made;
  ASSERT_TRUE(wait_until(
      [&] { return http.get("/api/s/webhooks").json().at("0.dropped").number() >= 45; }));
  up = true;
  ASSERT_TRUE(receiver.wait([](const auto& all) {
    return std::any_of(all.begin(), all.end(), [](const Received& got) {
      return got.json()["event"].text() == "webhook.dropped";
    });
  })) << http.get("/api/s/webhooks").body;
}

}  // namespace
}  // namespace waxwing::testing
