// SPDX-License-Identifier: Apache-2.0
// What messaging.js tells as payloads: valid by the schemas, and nothing of a page that lies.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <waxwing/plugin.hpp>

#include "base/json_schema.hpp"
#include "payloads.hpp"
#include "requests.hpp"
#include "schema_files.hpp"

namespace webjs {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using waxwing::JsonSchema;
using waxwing::testing::read_schema_file;

// Of a chat between two, as a page tells it.
Json told(const char* more = "{}") {
  Json out = Json::parse(R"({
    "id": "false_15550001002@c.us_3EB0AA", "bare": "3EB0AA", "fromMe": false, "group": false,
    "chat": "15550001002@c.us", "from": "15550001002@c.us", "to": "15550001001@c.us",
    "participant": null, "sender": {"pn": "15550001002@c.us", "lid": "100000000000002@lid"},
    "peer": {"pn": "15550001002@c.us", "lid": "100000000000002@lid"},
    "timestamp": 1764000000, "ack": 1, "api": false, "body": "Hi", "file": null,
    "location": null, "vCards": null, "replyTo": null, "data": {"type": "chat"}})");
  out.update(Json::parse(more));
  return out;
}

void expect_valid(const std::string& event, const std::string& json) {
  const Json file = read_schema_file(WAX_SCHEMA_DIRECTORY "/events/" + event + ".json");
  const auto schema = JsonSchema::compile(file.at("payload"));
  ASSERT_TRUE(schema.has_value()) << event;
  for (const waxwing::Violation& violation : schema->validate(Json::parse(json))) {
    ADD_FAILURE() << event << ": " << violation.message() << "\n" << json;
  }
}

TEST(WebjsPayloads, AMessageIsToldTwiceUnlessItIsOwn) {
  const auto theirs = news_of("page.message", told());
  ASSERT_THAT(theirs, SizeIs(2));
  EXPECT_EQ(theirs[0].type, "message");
  EXPECT_EQ(theirs[1].type, "message.any");
  EXPECT_EQ(theirs[0].order_key, "15550001002@c.us");
  expect_valid("message", theirs[0].json);
  const auto own = news_of("page.message", told(R"({"fromMe": true, "api": true})"));
  ASSERT_THAT(own, SizeIs(1));
  EXPECT_EQ(own[0].type, "message.any");
  EXPECT_THAT(own[0].json, HasSubstr(R"("source":"api")"));
}

TEST(WebjsPayloads, AllKindsAreValid) {
  const Json place = told(R"({"type": "x", "body": null,
    "location": {"latitude": "1.5", "longitude": "-2", "live": false, "name": "Here"},
    "vCards": ["BEGIN:VCARD"], "file": {"mimetype": "image/png"},
    "replyTo": {"id": "AA", "body": "Hello", "_data": {}}})");
  expect_valid("message", news_of("page.message", place)[0].json);
  expect_valid("message.waiting", news_of("page.waiting", told())[0].json);
  expect_valid("message.ack", news_of("page.ack", told(R"({"ack": -1})"))[0].json);
  expect_valid("message.reaction", news_of("page.reaction", told(R"({
    "reaction": {"text": "👍", "messageId": "true_1@c.us_A"}})"))[0]
                                       .json);
  expect_valid("message.edited",
               news_of("page.edited", told(R"({"editedMessageId": "3EB0AA"})"))[0].json);
  expect_valid("message.revoked",
               news_of("page.revoked",
                       {{"after", told()}, {"before", nullptr}, {"revokedMessageId", "3EB0AA"}})[0]
                   .json);
  expect_valid("presence.update",
               news_of("page.presence", Json::parse(R"({"chat": "1@c.us", "presences": [
                 {"participant": "1@c.us", "pn": "1@c.us", "lid": null, "state": "typing"},
                 {"participant": "1@c.us", "state": "dancing"}]})"))[0]
                   .json);
}

TEST(WebjsPayloads, AGroupsAcksAreItsOwnEvent) {
  const auto news =
      news_of("page.ack", told(R"({"group": true, "participant": "2@lid", "ack": 7})"));
  ASSERT_THAT(news, SizeIs(1));
  EXPECT_EQ(news[0].type, "message.ack.group");
  EXPECT_EQ(Json::parse(news[0].json).at("ack"), 4) << "what it knows beyond is not told";
}

TEST(WebjsPayloads, GroupsChangeInFourWays) {
  const auto only = [](const char* more) {
    Json data = {{"chat", "1@g.us"}, {"timestamp", 1764000000}, {"data", {{"type", "gp2"}}}};
    data.update(Json::parse(more));
    const auto news = news_of("page.group", data);
    if (news.size() != 1) {
      return News{};
    }
    expect_valid(news[0].type, news[0].json);
    EXPECT_EQ(news[0].order_key, "1@g.us");
    return news[0];
  };
  const News joined = only(R"({"kind": "join", "group": {"subject": "Nest", "description": "",
    "membersCanAddNewMember": true, "membersCanSendMessages": true, "evil": 1,
    "newMembersApprovalRequired": false, "participants": [
      {"id": "2@lid", "lid": "2@lid", "pn": "1@c.us", "role": "superadmin"},
      {"id": "3@lid", "role": "king"}, 5]}})");
  EXPECT_EQ(joined.type, "group.v2.join");
  EXPECT_EQ(Json::parse(joined.json).at("group").at("participants").size(), 1U);
  EXPECT_THAT(joined.json, Not(HasSubstr("evil")));
  EXPECT_EQ(only(R"({"kind": "leave"})").type, "group.v2.leave");
  const News renamed =
      only(R"({"kind": "update", "group": {"subject": "Old nest", "announce": 1}})");
  EXPECT_EQ(renamed.type, "group.v2.update");
  EXPECT_EQ(Json::parse(renamed.json).at("group"),
            (Json{{"id", "1@g.us"}, {"subject", "Old nest"}}));
  const News left = only(R"({"kind": "participants", "type": "leave", "participants": [
    {"id": "2@lid", "pn": "1@c.us", "lid": "2@lid", "role": "left"}]})");
  EXPECT_EQ(left.type, "group.v2.participants");
  EXPECT_EQ(Json::parse(left.json).at("participants").at(0).at("pn"), "1@c.us");
  for (const char* broken : {R"({"kind": "revolt"})", R"({"kind": "leave", "chat": 5})",
                             R"({"kind": "participants", "type": "coup"})"}) {
    EXPECT_EQ(only(broken).type, "") << broken;
  }
}

TEST(WebjsPayloads, APageThatLiesIsNotRepeated) {
  for (const char* broken :
       {R"({"id": 5})", R"({"id": ""})", R"({"chat": null})", R"({"id": {"a": 1}})"}) {
    EXPECT_THAT(news_of("page.message", told(broken)), IsEmpty()) << broken;
  }
  EXPECT_THAT(news_of("page.message", told(("{\"id\":\"" + std::string(300, 'x') + "\"}").c_str())),
              IsEmpty());
  EXPECT_THAT(news_of("page.message", Json::array()), IsEmpty());
  EXPECT_THAT(news_of("page.unknown", told()), IsEmpty());
  // Members of another type are left out, further ones as well.
  const auto odd = news_of("page.message", told(R"({"body": 7, "sender": "x", "vCards": [1, "c"],
    "timestamp": "soon", "location": [], "data": 1, "evil": true})"));
  ASSERT_THAT(odd, SizeIs(2));
  expect_valid("message", odd[0].json);
  EXPECT_FALSE(Json::parse(odd[0].json).contains("evil"));
}

std::string refusal(const char* operation, const char* arguments) {
  try {
    (void)arguments_of(operation, Json::parse(arguments));
  } catch (const waxwing::plugin::Error& e) {
    return e.what();
  }
  return "";
}

TEST(WebjsPayloads, ChatIdsComeInManyForms) {
  EXPECT_EQ(chat_id_of("+1 (555) 000-1002", "chatId"), "15550001002@c.us");
  EXPECT_EQ(chat_id_of("15550001002@s.whatsapp.net", "chatId"), "15550001002@c.us");
  EXPECT_EQ(chat_id_of("100000000000002@lid", "chatId"), "100000000000002@lid");
  EXPECT_EQ(chat_id_of("123-456@g.us", "chatId"), "123-456@g.us");
  EXPECT_THAT(refusal("messages.sendText", R"({"chatId": "bob"})"), HasSubstr("chatId"));
  EXPECT_THAT(refusal("messages.sendText", R"({"chatId": "1@c.us", "mentions": ["1@g.us"]})"),
              HasSubstr("mentions"));
  for (const char* id : {"a_b", "has space"}) {
    EXPECT_THAT(refusal("messages.sendText", (R"({"id": ")" + std::string(id) + "\"}").c_str()),
                HasSubstr("id must be"));
  }
  EXPECT_EQ(refusal("messages.sendText", R"({"id": "3EB0-AA.1"})"), "");
  EXPECT_THAT(refusal("presence.set", R"({"presence": "typing"})"), HasSubstr("chatId"));
  EXPECT_THAT(refusal("presence.set", R"({"presence": "asleep"})"), HasSubstr("presence"));
}

}  // namespace
}  // namespace webjs
