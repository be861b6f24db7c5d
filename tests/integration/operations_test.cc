// SPDX-License-Identifier: Apache-2.0
// Operations of engines over HTTP: sending a text, checking a number, any other by its name.
#include <algorithm>

#include "shared_server.hpp"

namespace waxwing::testing {
namespace {

class Operations : public SharedServer<Operations> {
 public:
  static ServerOptions options() {
    return {.yaml = "http: {guard_wait_ms: " + std::to_string(1'000 * kTimeScale) + "}\n",
            .env = {},
            .arguments = {},
            .engine_plugin = ""};
  }

 protected:
  Reply send_text(const std::string& session, const std::string& more) {
    return http_.post("/api/sendText", "{\"session\":" + json_text(session) + more + "}");
  }
};

TEST_F(Operations, SendTextAnswersWithTheMessage) {
  const std::string name = own_name();
  bring_to(http_, name, "WORKING");
  const Reply reply = send_text(name, R"(,"chatId":"79111111@c.us","text":"Привет, \ud83d\udc26")");
  ASSERT_EQ(reply.status, 201) << reply;
  const Value message = reply.json();
  EXPECT_EQ(message["body"].text(), "Привет, \xF0\x9F\x90\xA6");
  EXPECT_TRUE(message["fromMe"].flag());
  EXPECT_EQ(message["source"].text(), "api");
  EXPECT_EQ(message["id"].text().substr(0, 19), "true_79111111@c.us_") << reply;
  EXPECT_FALSE(message["hasMedia"].flag());
  EXPECT_GT(http_.get(session_path(name)).json().at("timestamps.activity").number(), 0);
}

TEST_F(Operations, SendTextChecksItsArguments) {
  const std::string name = own_name();
  bring_to(http_, name, "WORKING");
  for (const char* more : {R"(,"text":"x")", R"(,"chatId":"1234567@c.us")",
                           R"(,"chatId":1,"text":"x")", R"(,"chatId":"@","text":"x")"}) {
    const Reply reply = send_text(name, more);
    EXPECT_EQ(reply.status, 400) << more << reply;
  }
}

TEST_F(Operations, WorkingIsNeeded) {
  for (const std::string& state : {std::string("STOPPED"), std::string("STARTING"),
                                   std::string("SCAN_QR_CODE"), std::string("FAILED")}) {
    const std::string name = own_name("-" + state);
    bring_to(http_, name, state);
    const Reply reply = send_text(name, R"(,"chatId":"1234567@c.us","text":"x")");
    EXPECT_EQ(reply.status, 422) << reply;
    EXPECT_EQ(reply.json()["session"].text(), name) << reply;
    EXPECT_EQ(reply.json()["status"].text(), state) << reply;
    EXPECT_EQ(reply.json()["expected"].texts(), std::vector<std::string>{"WORKING"});
    EXPECT_FALSE(reply.json()["statusCode"].exists());
    EXPECT_FALSE(reply.header("retry-after").empty()) << reply;
  }
}

TEST_F(Operations, OldPathsLeadToTheSameOperations) {
  const std::string name = own_name();
  bring_to(http_, name, "WORKING");
  Reply reply =
      http_.post("/api/reply", "{\"session\":" + json_text(name) +
                                   R"(,"chatId":"1234567@c.us","text":"x","reply_to":"A"})");
  EXPECT_EQ(reply.status, 201) << reply;
  EXPECT_EQ(reply.json().at("replyTo.id").text(), "A");
  reply = http_.post("/api/sendLinkPreview",
                     "{\"session\":" + json_text(name) +
                         R"(,"chatId":"1234567@c.us","title":"See","url":"https://a.example/"})");
  EXPECT_EQ(reply.status, 201) << reply;
  EXPECT_EQ(reply.json()["body"].text(), "See\nhttps://a.example/");
  reply = http_.post("/api/sendLinkPreview",
                     "{\"session\":" + json_text(name) + R"(,"chatId":"1234567@c.us","url":5})");
  EXPECT_EQ(reply.status, 400) << reply;
  EXPECT_EQ(reply.json()["message"].texts(),
            (std::vector<std::string>{"title is required", "url must be a string"}));
  reply = http_.get("/api/sendText?text=1&session=" + name);
  EXPECT_EQ(reply.status, 400) << reply;
  EXPECT_EQ(reply.json()["message"].texts(), std::vector<std::string>{"phone is required"});
  reply = http_.post("/api/startTyping", "{\"session\":" + json_text(name) + "}");
  EXPECT_EQ(reply.json()["message"].texts(), std::vector<std::string>{"chatId is required"});
  reply = http_.get("/api/sendText?phone=1234567&text=1&session=" + name);
  EXPECT_EQ(reply.status, 200) << reply;
  EXPECT_EQ(reply.json()["body"].text(), "1");  // still a text
  reply = http_.get("/api/checkNumberStatus?phone=1234567&session=" + name);
  EXPECT_EQ(reply.json(), R"({"numberExists":true,"chatId":"1234567@c.us"})");
}

TEST_F(Operations, WhatTheEngineLacksIsSaidAtOnce) {
  const std::string name = own_name();
  bring_to(http_, name, "STARTING");
  const std::string body =
      "{\"session\":" + json_text(name) + R"(,"chatId":"1234567@c.us","messageId":"x"})";
  for (const auto& [method, path] :
       {std::pair("POST", std::string("/api/sendImage")),
        std::pair("POST", std::string("/api/sendPoll")), std::pair("PUT", std::string("/api/star")),
        std::pair("POST", "/api/" + name + "/chats/1%40c.us/messages/true_1%40c.us_A/pin")}) {
    const Reply reply = http_.request(method, path, body);
    EXPECT_EQ(reply.status, 422) << path << reply;
    EXPECT_EQ(reply.json()["code"].text(), "not_supported") << path << reply;
    EXPECT_EQ(reply.json()["engine"].text(), "ECHO") << reply;
  }
}

TEST_F(Operations, AStartingSessionIsWaitedFor) {
  const std::string name = own_name();
  bring_to(http_, name, "WORKING");
  ASSERT_EQ(http_.put(session_path(name), R"({"config":{"echo":{"startDelayMs":100}}})").status,
            200);
  const Reply reply = send_text(name, R"(,"chatId":"1234567@c.us","text":"x")");
  EXPECT_EQ(reply.status, 201) << reply;
}

TEST_F(Operations, TheSessionMustBeNamedAndExist) {
  Reply reply = http_.post("/api/sendText", R"({"chatId":"1@c.us","text":"x"})");
  EXPECT_EQ(reply.status, 422) << reply;
  EXPECT_NE(reply.body.find("Session name is required"), std::string::npos) << reply;
  reply = send_text("nobody", R"(,"chatId":"1234567@c.us","text":"x")");
  EXPECT_EQ(reply.status, 422) << reply;
  EXPECT_EQ(reply.json(), R"({"error":"Session \"nobody\" does not exist","session":"nobody"})");
}

TEST_F(Operations, CheckExists) {
  const std::string name = own_name();
  bring_to(http_, name, "WORKING");
  const std::string path = "/api/contacts/check-exists?session=" + name + "&phone=";
  Reply reply = http_.get(path + "%2B1%20(213)%20213-2130");
  EXPECT_EQ(reply.status, 200) << reply;
  EXPECT_EQ(reply.json(), R"({"numberExists":true,"chatId":"12132132130@c.us"})");
  EXPECT_EQ(http_.get(path + "12130000").json(), R"({"numberExists":false})");
  EXPECT_EQ(http_.get(path + "nonsense").status, 400);
}

TEST_F(Operations, AnyOperationByItsName) {
  const std::string name = own_name();
  bring_to(http_, name, "WORKING");
  Reply reply = http_.post("/api/" + name + "/ops/messages.sendText",
                           R"({"chatId":"1234567@c.us","text":"by name"})");
  EXPECT_EQ(reply.status, 201) << reply;
  EXPECT_EQ(reply.json()["body"].text(), "by name");
  reply = http_.post("/api/" + name + "/ops/contacts.checkExists", R"({"phone":"1234567"})");
  EXPECT_EQ(reply.status, 200) << reply;
  reply = http_.post("/api/" + name + "/ops/no.such", "{}");
  EXPECT_EQ(reply.status, 422) << reply;
  EXPECT_EQ(reply.json()["code"].text(), "not_supported");
  EXPECT_EQ(http_.post("/api/nobody/ops/messages.sendText", "{}").status, 422);
}

TEST_F(Operations, CapabilitiesAreListed) {
  const std::string name = own_name();
  bring_to(http_, name, "STOPPED");
  const Reply reply = http_.get("/api/" + name + "/capabilities");
  EXPECT_EQ(reply.status, 200) << reply;
  EXPECT_EQ(reply.json()["engine"].text(), "ECHO");
  const std::vector<std::string> operations = reply.json()["operations"].texts();
  for (const char* name_of_one : {"auth.requestCode", "messages.sendText", "groups.leave"}) {
    EXPECT_EQ(std::count(operations.begin(), operations.end(), name_of_one), 1) << reply;
  }
  EXPECT_EQ(std::count(operations.begin(), operations.end(), "messages.sendImage"), 0) << reply;
  EXPECT_EQ(http_.get("/api/nobody/capabilities").status, 404);
}

TEST_F(Operations, EnginesAreListed) {
  const Value engines = http_.get("/api/engines").json();
  for (const auto& [id, section] :
       {std::pair("ECHO", "echo"), std::pair("GOWS", "gows"), std::pair("NOWEB", "noweb")}) {
    const Value engine = engines.item("id", id);
    EXPECT_EQ(engine["configSection"].text(), section) << engines;
    EXPECT_EQ(engine.at("configSchema.type").text(), "object");
  }
}

}  // namespace
}  // namespace waxwing::testing
