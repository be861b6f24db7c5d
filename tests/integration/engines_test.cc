// SPDX-License-Identifier: Apache-2.0
// Two engines side by side: which one a session gets, and what is each one's own.
#include "base/digest.hpp"
#include "shared_server.hpp"
#include "support/receiver.hpp"
#include "test_plugins.hpp"

namespace waxwing::testing {
namespace {

std::string load_both() {
  return R"(
plugins:
  load:
    - {id: example-echo}
    - {id: storage-local}
    - {id: proxy-static}
    - {id: second, file: )" +
         test_plugin("second-engine") + ", sha256: " + sha256_of(test_plugin("second-engine")) +
         "}\n";
}

class Engines : public SharedServer<Engines> {
 public:
  static ServerOptions options() {
    return {.yaml = load_both() + R"(
engines:
  SECOND: {config: {number: 9}}
rules:
  - {match: "rule-*", engine: SECOND}
  - {match: "rule-*", engine: ECHO}
sessions:
  by-file: {engine: SECOND}
  rule-but-file: {engine: ECHO}
)",
            .env = {},
            .arguments = {}};
  }

 protected:
  // Creates and starts it; the engine that it got.
  std::string engine_of(const std::string& name, const std::string& more = "") {
    const Reply made = http_.post("/api/sessions", "{\"name\":" + json_text(name) + more + "}");
    EXPECT_EQ(made.status, 201) << made;
    const std::string engine = http_.get(session_path(name)).json().at("engine.engine").text();
    EXPECT_EQ(http_.get("/api/" + name + "/capabilities").json()["engine"].text(), engine);
    return engine;
  }
};

TEST_F(Engines, BothAreListed) {
  const Value engines = http_.get("/api/engines").json();
  EXPECT_EQ(engines.each("id"), (std::vector<std::string>{"ECHO", "SECOND"}));
  const Value plugin = http_.get("/api/plugins").json().item("id", "second");
  EXPECT_TRUE(plugin["loaded"].flag()) << plugin;
  EXPECT_EQ(plugin["module"].text(), "test.second");
  EXPECT_EQ(plugin["version"].text(), "1.2.3");
  EXPECT_EQ(plugin["path"].text(), test_plugin("second-engine"));
  EXPECT_EQ(plugin["sha256"].text(), sha256_of(test_plugin("second-engine")));
  EXPECT_EQ(plugin.at("engines.0.id").text(), "SECOND");
  EXPECT_EQ(plugin.at("engines.0.configSection").text(), "second");
}

TEST_F(Engines, NearestWins) {
  EXPECT_EQ(engine_of("plain"), "ECHO");
  EXPECT_EQ(engine_of("rule-1"), "SECOND");
  EXPECT_EQ(engine_of("by-file"), "SECOND");
  EXPECT_EQ(engine_of("rule-but-file"), "ECHO");
  EXPECT_EQ(engine_of("config-1", R"(,"config":{"engine":"SECOND"})"), "SECOND");
  EXPECT_EQ(engine_of("rule-2", R"(,"config":{"engine":"ECHO"})"), "ECHO");
  EXPECT_EQ(engine_of("top-1", R"(,"engine":"SECOND")"), "SECOND");
  EXPECT_EQ(engine_of("top-2", R"(,"engine":"ECHO","config":{"engine":"SECOND"})"), "ECHO");
  EXPECT_EQ(engine_of("rule-3", R"(,"engine":null)"), "SECOND");
}

TEST_F(Engines, TheStoredChoiceStays) {
  ASSERT_EQ(engine_of("keeps", R"(,"engine":"SECOND")"), "SECOND");
  ASSERT_EQ(http_.put(session_path("keeps"), R"({"config":{"debug":true}})").status, 200);
  EXPECT_EQ(http_.get(session_path("keeps")).json().at("engine.engine").text(), "SECOND");
  ASSERT_EQ(http_.post(session_path("keeps", "/restart")).status, 201);
  EXPECT_TRUE(wait_for_status(http_, "keeps", "WORKING"));
  EXPECT_EQ(http_.get(session_path("keeps", "/me")).json()["id"].text(), "20000@c.us");
}

TEST_F(Engines, OneThatSaysTwiceThatItWorksIsHeardOnceWithItsName) {
  const Receiver receiver;
  engine_of("late",
            R"(,"engine":"SECOND","config":{"second":{"namedLate":true},"webhooks":[{"url":")" +
                receiver.url() + R"(","events":["session.status"]}]})");
  ASSERT_TRUE(receiver.wait([](const auto& got) { return got.size() >= 2; }));
  ASSERT_EQ(http_.post(session_path("late", "/stop")).status, 201);
  ASSERT_TRUE(receiver.wait(
      [](const auto& got) { return got.back().json().at("payload.status").text() == "STOPPED"; }));
  std::vector<std::string> told;
  for (const Received& one : receiver.all()) {
    told.push_back(one.json().at("payload.status").text());
    if (told.back() == "WORKING") {
      EXPECT_EQ(one.json().at("me.id").text(), "20000@c.us");
    }
  }
  EXPECT_EQ(told, (std::vector<std::string>{"STARTING", "WORKING", "STOPPED"}));
}

TEST_F(Engines, AnUpdateMayChangeTheEngine) {
  create_echo(http_, "moves", R"({"loginAfterMs":0})");
  ASSERT_TRUE(wait_for_status(http_, "moves", "WORKING"));
  Reply reply = http_.put(session_path("moves"), R"({"engine":"SECOND"})");
  EXPECT_EQ(reply.status, 200) << reply;
  ASSERT_TRUE(wait_for_status(http_, "moves", "WORKING"));
  EXPECT_EQ(http_.get(session_path("moves")).json().at("engine.engine").text(), "SECOND");
  EXPECT_EQ(http_.get(session_path("moves", "/me")).json()["id"].text(), "20000@c.us");
  // The other engine's login was not left for it, so it is gone on the way back.
  reply = http_.put(session_path("moves"),
                    R"({"config":{"engine":"ECHO","echo":{"loginAfterMs":null}}})");
  EXPECT_EQ(reply.status, 200) << reply;
  EXPECT_TRUE(wait_for_status(http_, "moves", "SCAN_QR_CODE"));
  EXPECT_TRUE(http_.get(session_path("moves")).json()["me"].is_null());
}

TEST_F(Engines, AnUnknownOneIs422WithThoseThatExist) {
  create_echo(http_, "exists", "{}", false);
  for (const Reply& reply :
       {http_.post("/api/sessions", R"({"name":"no","engine":"NOWEB"})"),
        http_.post("/api/sessions", R"({"name":"no","config":{"engine":"NOWEB"}})"),
        http_.put(session_path("exists"), R"({"engine":"NOWEB"})"),
        http_.post("/api/sessions/start", R"({"name":"no","engine":"NOWEB"})")}) {
    expect_error(reply, 422, "NOWEB");
    EXPECT_NE(reply.json()["message"].text().find("ECHO, SECOND"), std::string::npos) << reply;
  }
  expect_error(http_.post("/api/sessions", R"({"name":"no","storage":"tape"})"), 422, "local");
  expect_error(http_.post("/api/sessions", R"({"name":"no","proxyModule":"tor"})"), 422, "static");
  EXPECT_EQ(status_of(http_, "no"), "(404)");
}

TEST_F(Engines, EachChecksItsOwnSection) {
  Reply reply = http_.post("/api/sessions", R"({"name":"no","engine":"SECOND","config":{
      "second":{"colour":"blue","number":0}}})");
  EXPECT_EQ(reply.status, 400) << reply;
  EXPECT_NE(reply.body.find("config.second.colour"), std::string::npos) << reply;
  EXPECT_NE(reply.body.find("config.second.number"), std::string::npos) << reply;
  // The section of the other engine is checked as well: it may be used later.
  reply = http_.post("/api/sessions", R"({"name":"no","config":{"second":{"colour":"blue"}}})");
  EXPECT_EQ(reply.status, 400) << reply;
  reply = http_.post("/api/sessions",
                     R"({"name":"sections","start":false,"config":{"second":{"colour":"red"},
                         "echo":{"loginAfterMs":0}}})");
  ASSERT_EQ(reply.status, 201) << reply;
  EXPECT_EQ(reply.json().at("config.second.colour").text(), "red");
}

TEST_F(Engines, TheServersSettingsLieBelowTheSessions) {
  ASSERT_EQ(engine_of("settings", R"(,"engine":"SECOND","config":{"second":{"colour":"green"}})"),
            "SECOND");
  ASSERT_TRUE(wait_for_status(http_, "settings", "WORKING"));
  Value config = http_.post("/api/settings/ops/second.config").json()["config"];
  EXPECT_EQ(config["colour"].text(), "green") << config;
  ASSERT_EQ(engine_of("settings-2", R"(,"engine":"SECOND")"), "SECOND");
  ASSERT_TRUE(wait_for_status(http_, "settings-2", "WORKING"));
  config = http_.post("/api/settings-2/ops/second.config").json()["config"];
  EXPECT_EQ(config["number"].number(), 9) << config;
}

// `second` is given without its number: the one of the server's file is meant, not the schema's.
TEST_F(Engines, AnOmittedSettingIsTheServers) {
  ASSERT_EQ(engine_of("omitted", R"(,"engine":"SECOND","config":{"second":{"colour":"red"}})"),
            "SECOND");
  ASSERT_TRUE(wait_for_status(http_, "omitted", "WORKING"));
  const Value config = http_.post("/api/omitted/ops/second.config").json()["config"];
  EXPECT_EQ(config["number"].number(), 9) << config;
}

// Answers show "***"; a client that sends them back keeps the secrets, the engine gets them.
TEST_F(Engines, SecretsStayWhenTheirMaskComesBack) {
  ASSERT_EQ(engine_of("masked", R"(,"engine":"SECOND","config":{
      "proxy":{"server":"localhost:1","username":"u","password":"the-secret"}})"),
            "SECOND");
  const auto password = [&] {
    EXPECT_TRUE(wait_for_status(http_, "masked", "WORKING"));
    const Reply reply = http_.post("/api/masked/ops/second.config");
    return reply.json().at("sessionConfig.proxy.password").text();
  };
  EXPECT_EQ(password(), "the-secret");
  const Value shown = http_.get(session_path("masked")).json()["config"];
  EXPECT_EQ(shown.at("proxy.password").text(), "***");
  ASSERT_EQ(http_.put(session_path("masked"), "{\"config\":" + shown.dump() + "}").status, 200);
  EXPECT_EQ(password(), "the-secret");
}

TEST_F(Engines, WhatAnEngineDoesNotHaveIs422) {
  ASSERT_EQ(engine_of("lacks", R"(,"engine":"SECOND")"), "SECOND");
  ASSERT_TRUE(wait_for_status(http_, "lacks", "WORKING"));
  Reply reply =
      http_.post("/api/sendText", R"({"session":"lacks","chatId":"1234567@c.us","text":"x"})");
  expect_error(reply, 422, "SECOND engine does not support messages.sendText");
  EXPECT_EQ(reply.json()["engine"].text(), "SECOND");
  // It has no browser and shows no code.
  reply = http_.get("/api/screenshot?session=lacks");
  expect_error(reply, 422, "");
}

TEST_F(Engines, AnEngineThatThrowsFailsItsOwnCallOnly) {
  ASSERT_EQ(engine_of("throws", R"(,"engine":"SECOND")"), "SECOND");
  ASSERT_TRUE(wait_for_status(http_, "throws", "WORKING"));
  const Reply reply = http_.post("/api/throws/ops/second.throw");
  expect_error(reply, 500, "");
  EXPECT_FALSE(reply.json()["exception"].exists());
  EXPECT_EQ(status_of(http_, "throws"), "WORKING");
  EXPECT_EQ(http_.post("/api/throws/ops/second.config").status, 200);
}

TEST(EngineLimits, AFullEngineRefusesTheNext) {
  ServerProcess server({.yaml = load_both() + "engines:\n  SECOND: {max_sessions: 2}\n",
                        .env = {{"WHATSAPP_DEFAULT_ENGINE", "SECOND"}},
                        .arguments = {}});
  ASSERT_TRUE(server.start());
  HttpClient http = server.client();
  EXPECT_EQ(http.get("/api/version").json()["engine"].text(), "SECOND");
  for (const char* name : {"a", "b"}) {
    ASSERT_EQ(http.post("/api/sessions", "{\"name\":" + json_text(name) + "}").status, 201);
    ASSERT_TRUE(wait_for_status(http, name, "WORKING"));
  }
  expect_error(http.post("/api/sessions", R"({"name":"c"})"), 503, "SECOND");
  EXPECT_EQ(status_of(http, "c"), "(404)") << "a refused create leaves nothing";
  ASSERT_EQ(http.post("/api/sessions", R"({"name":"c","start":false})").status, 201);
  expect_error(http.post(session_path("c", "/start")), 503, "SECOND");
  EXPECT_EQ(status_of(http, "c"), "STOPPED");
  // Of the other engine there may be more, and a stop makes room.
  create_echo(http, "echo", "{}", false);
  ASSERT_EQ(http.put(session_path("echo"), R"({"engine":"ECHO"})").status, 200);
  EXPECT_EQ(http.post(session_path("echo", "/start")).status, 201);
  EXPECT_EQ(http.post(session_path("a", "/restart")).status, 201) << "its own place is kept";
  EXPECT_EQ(http.post(session_path("a", "/stop")).status, 201);
  EXPECT_EQ(http.post(session_path("c", "/start")).status, 201);
  EXPECT_TRUE(wait_for_status(http, "c", "WORKING"));
  EXPECT_EQ(http.del(session_path("b")).status, 200);
  EXPECT_EQ(http.post(session_path("a", "/start")).status, 201);
}

TEST(EngineLimits, ASessionWhoseEngineIsGoneFailsAndSaysSo) {
  ServerProcess server({.yaml = load_both(), .env = {}, .arguments = {}});
  ASSERT_TRUE(server.start());
  {
    HttpClient http = server.client();
    ASSERT_EQ(http.post("/api/sessions", R"({"name":"a","engine":"SECOND"})").status, 201);
    ASSERT_TRUE(wait_for_status(http, "a", "WORKING"));
    create_echo(http, "b", R"({"loginAfterMs":0})");
  }
  server.terminate();
  server.options().yaml = "";
  ASSERT_TRUE(server.start());
  HttpClient http = server.client();
  ASSERT_TRUE(wait_for_status(http, "a", "FAILED"));
  EXPECT_EQ(http.get(session_path("a")).json().at("reason.id").text(), "engine_missing");
  EXPECT_TRUE(wait_for_status(http, "b", "WORKING"));
  EXPECT_EQ(http.del(session_path("a")).status, 200);
  EXPECT_EQ(status_of(http, "a"), "(404)");
}

}  // namespace
}  // namespace waxwing::testing
