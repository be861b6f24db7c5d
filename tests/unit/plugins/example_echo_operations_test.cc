// SPDX-License-Identifier: Apache-2.0
// The echo engine's operations: texts, codes, contacts, the picture.
#include <png.h>

#include <cstring>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <waxwing/plugin.hpp>
#include <waxwing/plugin/testing.hpp>

#include "base/json_schema.hpp"
#include "schema_files.hpp"

namespace {

using namespace waxwing::plugin::testing;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::SizeIs;
using ::testing::StartsWith;
using Json = nlohmann::json;

// What the engine says must be what the published schema says.
void expect_valid(const std::string& file, const char* part, const std::string& text) {
  const Json document = waxwing::testing::read_schema_file(WAX_SCHEMA_DIRECTORY "/" + file);
  const auto schema = waxwing::JsonSchema::compile(document.at(part));
  ASSERT_TRUE(schema.has_value()) << schema.error().message();
  for (const waxwing::Violation& violation : schema->validate(Json::parse(text))) {
    ADD_FAILURE() << file << ": " << violation.message();
  }
}

class EchoOperations : public ::testing::Test {
 protected:
  void SetUp() override {
    session = &host.create("default", R"({"loginAfterMs": 1000, "phone": "15550001111"})");
    session->start();
    host.advance(0);
  }
  void TearDown() override { EXPECT_THAT(host.finish(), IsEmpty()); }
  void log_in() {
    host.advance(1'000);
    ASSERT_EQ(session->state(), WAX_SESSION_WORKING);
  }

  FakeHost host{wax_module_v1()};
  FakeSession* session = nullptr;
};

TEST_F(EchoOperations, SendTextAnswersWithTheMessageAndEchoesIt) {
  log_in();
  const Answer& answer =
      session->invoke("messages.sendText", R"({"chatId": "79111111@c.us", "text": "hé \"x\""})");
  ASSERT_TRUE(answer.ok()) << answer.message;
  const Json sent = Json::parse(answer.json);
  EXPECT_THAT(sent.at("id").get<std::string>(),
              MatchesRegex("true_79111111@c\\.us_3EB0[0-9A-F]{18}"));
  EXPECT_EQ(sent.at("body"), "hé \"x\"");
  EXPECT_EQ(sent.at("from"), "79111111@c.us");
  EXPECT_EQ(sent.at("fromMe"), true);
  EXPECT_EQ(sent.at("source"), "api");
  EXPECT_EQ(sent.at("ackName"), "SERVER");
  EXPECT_GT(sent.at("timestamp").get<std::int64_t>(), 1'700'000'000);
  ASSERT_THAT(session->events, SizeIs(1));
  EXPECT_EQ(session->events[0].type, "message.any");
  EXPECT_EQ(session->events[0].json, answer.json);
  EXPECT_EQ(session->events[0].order_key, "79111111@c.us");
  EXPECT_GT(session->activity_ms, 1'700'000'000'000);

  host.advance(100);
  ASSERT_THAT(session->events, SizeIs(4));
  EXPECT_EQ(session->events[1].type, "message.ack");
  EXPECT_EQ(Json::parse(session->events[1].json).at("id"), sent.at("id"));
  EXPECT_EQ(Json::parse(session->events[1].json).at("ackName"), "READ");
  EXPECT_EQ(session->events[2].type, "message");
  EXPECT_EQ(session->events[3].type, "message.any");
  EXPECT_EQ(session->events[2].json, session->events[3].json);
  expect_valid("ops/messages.sendText.json", "response", answer.json);
  expect_valid("events/message.ack.json", "payload", session->events[1].json);
  expect_valid("events/message.json", "payload", session->events[2].json);
  const Json received = Json::parse(session->events[2].json);
  EXPECT_THAT(received.at("id").get<std::string>(), StartsWith("false_79111111@c.us_"));
  EXPECT_EQ(received.at("body"), sent.at("body"));
  EXPECT_EQ(received.at("fromMe"), false);
  EXPECT_EQ(received.at("_data").at("echoOf"), sent.at("id"));
  EXPECT_EQ(host.metrics["texts_sent"], 1);
}

TEST_F(EchoOperations, SendTextKeepsGivenIdsAndNamesGroupSenders) {
  log_in();
  const Answer& answer = session->invoke(
      "messages.sendText",
      R"({"chatId": "123-456@g.us", "text": "x", "id": "ABC", "reply_to": "false_1@c.us_Q"})");
  const Json sent = Json::parse(answer.json);
  EXPECT_EQ(sent.at("id"), "true_123-456@g.us_ABC_15550001111@c.us");
  EXPECT_EQ(sent.at("participant"), "15550001111@c.us");
  EXPECT_EQ(sent.at("to"), "123-456@g.us");
  EXPECT_EQ(sent.at("replyTo").at("id"), "false_1@c.us_Q");
}

TEST_F(EchoOperations, SendTextTakesBarePhonesAndServerJids) {
  log_in();
  for (const char* chat : {"79111111", "79111111@s.whatsapp.net"}) {
    const Answer& answer =
        session->invoke("messages.sendText", Json({{"chatId", chat}, {"text", "x"}}).dump());
    ASSERT_TRUE(answer.ok());
    EXPECT_EQ(Json::parse(answer.json).at("from"), "79111111@c.us");
  }
}

TEST_F(EchoOperations, SendTextFailsWhenItsEventCannotBeKept) {
  log_in();
  session->event_room = 0;
  const Answer& answer =
      session->invoke("messages.sendText", R"({"chatId": "79111111@c.us", "text": "x"})");
  EXPECT_TRUE(answer.done);
  EXPECT_EQ(answer.status, WAX_E_UNAVAILABLE);
  host.advance(60'000);
  EXPECT_THAT(session->events, IsEmpty());
}

TEST_F(EchoOperations, EchoesWaitForRoom) {
  log_in();
  session->event_room = 2;  // the sent message and a third of what follows
  session->invoke("messages.sendText", R"({"chatId": "79111111@c.us", "text": "x"})");
  host.advance(1'000);
  EXPECT_THAT(session->events, SizeIs(2));
  session->make_room(5);
  ASSERT_THAT(session->events, SizeIs(4));
  EXPECT_EQ(session->events[3].type, "message.any");
}

TEST_F(EchoOperations, BadRequestsNameTheField) {
  log_in();
  const auto refusal = [&](const char* op, const char* json) {
    const Answer& answer = session->invoke(op, json);
    EXPECT_TRUE(answer.done);
    return std::to_string(answer.status) + " " + answer.message;
  };
  EXPECT_THAT(refusal("messages.sendText", R"({"text": "x"})"), StartsWith("-2 chatId"));
  EXPECT_THAT(refusal("messages.sendText", R"({"chatId": "bob", "text": "x"})"),
              StartsWith("-2 chatId"));
  EXPECT_THAT(refusal("messages.sendText", R"({"chatId": "79111111"})"), StartsWith("-2 text"));
  EXPECT_THAT(refusal("messages.sendText", R"({"chatId": "79111111", "text": 5})"),
              StartsWith("-2 text must be a string"));
  EXPECT_THAT(refusal("messages.sendText", "[]"), StartsWith("-2 the request"));
  EXPECT_THAT(refusal("contacts.checkExists", R"({"phone": "abc"})"), StartsWith("-2 phone"));
  EXPECT_THAT(refusal("messages.sendPoll", "{}"), StartsWith("-4 "));
}

TEST_F(EchoOperations, MostNeedALogin) {
  EXPECT_EQ(session->invoke("messages.sendText", R"({"chatId": "79111111", "text": "x"})").status,
            WAX_E_STATE);
  EXPECT_EQ(session->invoke("contacts.checkExists", R"({"phone": "79111111"})").status,
            WAX_E_STATE);
}

TEST_F(EchoOperations, CodesAreForTheTimeOfScanning) {
  const Answer& answer =
      session->invoke("auth.requestCode", R"({"phoneNumber": "+1 (555) 123-4567"})");
  ASSERT_TRUE(answer.ok()) << answer.message;
  EXPECT_THAT(Json::parse(answer.json).at("code").get<std::string>(),
              MatchesRegex("[1-9A-HJ-NP-TV-Z]{4}-[1-9A-HJ-NP-TV-Z]{4}"));
  expect_valid("ops/auth.requestCode.json", "response", answer.json);
  const Answer& again = session->invoke("auth.requestCode", R"({"phoneNumber": "15551234567"})");
  EXPECT_NE(again.json, answer.json);
  EXPECT_EQ(session->invoke("auth.requestCode", R"({"phoneNumber": "12x45"})").status,
            WAX_E_INVALID);
  EXPECT_EQ(session->invoke("auth.requestCode", R"({"phoneNumber": "1"})").status, WAX_E_INVALID);
  EXPECT_EQ(session->invoke("auth.requestCode", "{}").status, WAX_E_INVALID);
  EXPECT_EQ(
      session->invoke("auth.requestCode", R"({"phoneNumber": "15551234567", "method": "sms"})")
          .status,
      WAX_E_UNSUPPORTED);
  log_in();
  EXPECT_EQ(session->invoke("auth.requestCode", R"({"phoneNumber": "15551234567"})").status,
            WAX_E_STATE);
}

TEST_F(EchoOperations, ACodesNumberBecomesTheAccounts) {
  FakeSession& other = host.create("other", R"({"loginAfterMs": 1000})");
  other.start();
  host.advance(0);
  ASSERT_TRUE(other.invoke("auth.requestCode", R"({"phoneNumber": "15559876543"})").ok());
  host.advance(1'000);
  ASSERT_TRUE(other.me.has_value());
  EXPECT_EQ(other.me->id, "15559876543@c.us");
}

TEST_F(EchoOperations, CheckExistsKnowsBothAnswers) {
  log_in();
  EXPECT_EQ(Json::parse(session->invoke("contacts.checkExists", R"({"phone": "+79111111"})").json),
            Json({{"numberExists", true}, {"chatId", "79111111@c.us"}}));
  EXPECT_EQ(Json::parse(session->invoke("contacts.checkExists", R"({"phone": "79110000"})").json),
            Json({{"numberExists", false}}));
}

TEST_F(EchoOperations, EveryAnswerAndEventIsAsItsSchemaSays) {
  log_in();
  const auto ask = [&](const std::string& op, const Json& request) {
    const Answer& answer = session->invoke(op.c_str(), request.dump().c_str());
    EXPECT_TRUE(answer.ok()) << op << ": " << answer.message;
    expect_valid("ops/" + op + ".json", "response", answer.json);
    return Json::parse(answer.json);
  };
  const Json chat = "79111111@c.us";
  const Json place =
      ask("messages.sendLocation", {{"chatId", chat}, {"latitude", 1.5}, {"longitude", -2}});
  EXPECT_EQ(place.at("location").at("latitude"), "1.5");
  EXPECT_EQ(place.at("body"), nullptr);
  const Json contacts = Json::array({{{"fullName", "Jane"}, {"phoneNumber", "+1 555"}}});
  const Json card = ask("messages.sendContactVcard", {{"chatId", chat}, {"contacts", contacts}});
  EXPECT_THAT(card.at("vCards").at(0).get<std::string>(), HasSubstr("FN:Jane"));
  const Json id = ask("messages.sendText", {{"chatId", chat}, {"text", "x"}}).at("id");
  EXPECT_EQ(ask("messages.forward", {{"chatId", "79222222"}, {"messageId", id}}).at("body"), "x");
  host.advance(1'000);
  EXPECT_THAT(ask("messages.sendSeen", {{"chatId", chat}}).at("ids"), SizeIs(3));
  EXPECT_THAT(ask("messages.sendSeen", {{"chatId", chat}}).at("ids"), IsEmpty());
  session->events.clear();

  ask("messages.react", {{"messageId", id}, {"reaction", "👍"}});
  ask("messages.edit", {{"chatId", chat}, {"messageId", id}, {"text", "y"}});
  ask("messages.revoke", {{"chatId", chat}, {"messageId", id}});
  ASSERT_THAT(session->events, SizeIs(3));
  for (const auto& event : session->events) {
    expect_valid("events/" + event.type + ".json", "payload", event.json);
  }
  EXPECT_EQ(Json::parse(session->events[0].json).at("reaction").at("messageId"), id);
  EXPECT_EQ(Json::parse(session->events[2].json).at("before").at("body"), "y");

  EXPECT_EQ(ask("messages.newId", Json::object()).at("id").get<std::string>().size(), 22U);
  ask("presence.set", {{"presence", "online"}});
  ask("presence.get", {{"chatId", chat}});
  ask("presence.subscribe", {{"chatId", "79222222"}});
  EXPECT_THAT(ask("presence.list", Json::object()), SizeIs(2));
}

TEST_F(EchoOperations, GroupsLiveAsLongAsTheSession) {
  log_in();
  const auto ask = [&](const std::string& op, const Json& request) {
    const Answer& answer = session->invoke(op.c_str(), request.dump().c_str());
    EXPECT_TRUE(answer.ok()) << op << ": " << answer.message;
    expect_valid("ops/" + op + ".json", "response", answer.json);
    return Json::parse(answer.json);
  };
  const Json bob = Json::array({{{"id", "79111111"}}});
  const Json id = ask("groups.create", {{"name", "Birds"}, {"participants", bob}}).at("id");
  ask("groups.setSubject", {{"id", id}, {"subject", "Waxwings"}});
  ask("groups.setDescription", {{"id", id}, {"description", "of the north"}});
  ask("groups.promote", {{"id", id}, {"participants", bob}});
  const Json group = ask("groups.get", {{"id", id}});
  EXPECT_EQ(group.at("subject"), "Waxwings");
  EXPECT_EQ(ask("groups.participants", {{"id", id}}), group.at("participants"));
  EXPECT_THAT(ask("groups.participantsV2", {{"id", id}}), SizeIs(2));
  EXPECT_EQ(ask("groups.addParticipants", {{"id", id}, {"participants", bob}}).at(0).at("status"),
            409);
  ask("groups.demote", {{"id", id}, {"participants", bob}});
  ask("groups.removeParticipants", {{"id", id}, {"participants", bob}});
  EXPECT_THAT(ask("groups.list", Json::object()).at(0).at("participants"), SizeIs(1));
  ask("groups.refresh", Json::object());
  EXPECT_EQ(ask("groups.count", Json::object()).at("count"), 1);
  ask("groups.leave", {{"id", id}});
  EXPECT_EQ(session->invoke("groups.get", Json({{"id", id}}).dump().c_str()).status,
            WAX_E_NOT_FOUND);
  EXPECT_EQ(session->invoke("groups.invite", "{}").status, WAX_E_UNSUPPORTED);
}

// RGB of a PNG file, as libpng sees it.
std::vector<unsigned char> decoded(const std::string& file, unsigned& width, unsigned& height) {
  png_image image;
  std::memset(&image, 0, sizeof image);
  image.version = PNG_IMAGE_VERSION;
  EXPECT_NE(png_image_begin_read_from_memory(&image, file.data(), file.size()), 0) << image.message;
  image.format = PNG_FORMAT_RGB;
  std::vector<unsigned char> pixels(PNG_IMAGE_SIZE(image));
  EXPECT_NE(png_image_finish_read(&image, nullptr, pixels.data(), 0, nullptr), 0) << image.message;
  EXPECT_EQ(image.warning_or_error, 0U) << image.message;
  width = image.width;
  height = image.height;
  return pixels;
}

TEST_F(EchoOperations, ScreenshotIsAPictureOfTheSession) {
  const Answer& answer = session->invoke("session.screenshot");
  ASSERT_TRUE(answer.ok()) << answer.message;
  ASSERT_THAT(answer.parts, SizeIs(1));
  EXPECT_EQ(answer.parts[0].name, "screenshot");
  EXPECT_EQ(answer.parts[0].mimetype, "image/png");
  unsigned width = 0;
  unsigned height = 0;
  const auto pairing = decoded(answer.parts[0].content, width, height);
  EXPECT_EQ(width, 256U);
  EXPECT_EQ(height, 256U);

  log_in();
  const auto working =
      decoded(session->invoke("session.screenshot").parts.at(0).content, width, height);
  EXPECT_NE(pairing, working);  // the status bar
  FakeSession& other = host.create("other", R"({"loginAfterMs": 0})");
  other.start();
  host.advance(0);
  EXPECT_NE(decoded(other.invoke("session.screenshot").parts.at(0).content, width, height),
            working);
}

TEST_F(EchoOperations, ScreenshotNeedsSomethingToSee) {
  FakeSession& other = host.create("other", R"({"startDelayMs": 100})");
  other.start();
  EXPECT_EQ(other.invoke("session.screenshot").status, WAX_E_STATE);
}

TEST_F(EchoOperations, NothingIsAnsweredOrEmittedAfterStop) {
  log_in();
  const Answer& answer =
      session->invoke("messages.sendText", R"({"chatId": "79111111@c.us", "text": "x"})");
  ASSERT_TRUE(answer.ok());
  ASSERT_TRUE(session->stop().ok());
  host.advance(10'000);
  EXPECT_THAT(session->events, SizeIs(1));  // the echo was on its way
  EXPECT_EQ(session->invoke("messages.sendText", R"({"chatId": "79111111", "text": "x"})").status,
            WAX_E_STATE);
}

}  // namespace
