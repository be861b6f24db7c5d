// SPDX-License-Identifier: Apache-2.0
// Payloads of events: each kind of content, both engines, by the published schemas.
#include "multidevice/content/payloads.hpp"

#include <map>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "../../plugins/schema_files.hpp"
#include "base/json_schema.hpp"
#include "multidevice/content/draft.hpp"
#include "multidevice/content/reading.hpp"

namespace waxwing::multidevice::content {
namespace {

using Json = nlohmann::json;

Person person(std::string_view phone, std::string_view lid) {
  return {phone.empty() ? Jid() : Jid::of_user(phone, server::kUser),
          lid.empty() ? Jid() : Jid::of_user(lid, server::kLid)};
}
const Person kMe = person("15550001001", "100000000000001");
const Person kBob = person("15550002002", "100000000000002");

MessageInfo from_bob() {
  MessageInfo info;
  info.id = "AAAA";
  info.chat = kBob.lid;
  info.peer = kBob;
  info.sender = kBob;
  info.sender_device = 3;
  info.timestamp_s = 1741249702;
  info.push_name = "Bob";
  info.type = "text";
  return info;
}

MessageInfo in_group() {
  MessageInfo info = from_bob();
  info.chat = Jid::of_user("123", server::kGroup);
  info.peer = {};
  info.group = true;
  return info;
}

class PayloadsOf : public ::testing::TestWithParam<Dialect> {
 protected:
  PayloadsOf() { payloads.set_me(kMe); }

  std::vector<Event> events(const MessageInfo& info, const Json& message) {
    auto made = payloads.events_of(info, encode(message), Ack::Server, false, nullptr);
    for (const Event& event : made) {
      check(event);
    }
    return made;
  }
  Json only(const MessageInfo& info, const Json& message, const std::string& type) {
    const auto made = events(info, message);
    EXPECT_EQ(made.size(), type == "message" ? 2U : 1U);
    EXPECT_EQ(made.empty() ? "" : made[0].type, type);
    return made.empty() ? Json() : Json::parse(made[0].json);
  }
  static void check(const Event& event) {
    std::string file = event.type;
    if (file == "message.any") {
      file = "message";
    } else if (file == "message.ack.group") {
      file = "message.ack";
    }
    const Json schema =
        testing::read_schema_file(std::string(WAX_SCHEMA_DIRECTORY "/events/") + file + ".json");
    const auto compiled = JsonSchema::compile(schema.at("payload"));
    ASSERT_TRUE(compiled.has_value()) << compiled.error().message();
    for (const Violation& violation : compiled->validate(Json::parse(event.json))) {
      ADD_FAILURE() << event.type << ": " << violation.message() << "\n" << event.json;
    }
  }

  Payloads payloads{GetParam()};
};

TEST_P(PayloadsOf, WhatCannotBeRead) {
  UnreadableMessage message;
  message.info = from_bob();
  message.detail = "bad MAC";
  const auto payload = [&](UnreadableMessage::Why why) {
    message.why = why;
    const Event event = payloads.waiting(message);
    EXPECT_EQ(event.type, "message.waiting");
    check(event);
    return Json::parse(event.json);
  };
  Json told = payload(UnreadableMessage::Why::Undecryptable);
  EXPECT_EQ(told["id"], "false_15550002002@c.us_AAAA");
  EXPECT_EQ(told["reason"], "undecryptable");
  EXPECT_EQ(told["detail"], "bad MAC");
  EXPECT_EQ(told["final"], false);
  told = payload(UnreadableMessage::Why::Lost);
  EXPECT_EQ(told["reason"], "lost");
  EXPECT_EQ(told["final"], true);
  told = payload(UnreadableMessage::Why::ViewOnce);
  EXPECT_EQ(told["reason"], "view_once");
  EXPECT_EQ(told["final"], true);
  const Json& data = told["_data"];
  if (GetParam() == Dialect::Whatsmeow) {
    EXPECT_EQ(data["UnavailableType"], "view_once");
  } else {
    EXPECT_EQ(data["messageStubType"], 2);
  }
}

TEST_P(PayloadsOf, AText) {
  const Json payload = only(from_bob(), {{"conversation", "hi"}}, "message");
  EXPECT_EQ(payload["id"], "false_15550002002@c.us_AAAA");
  EXPECT_EQ(payload["from"], "15550002002@c.us");
  EXPECT_EQ(payload["to"], nullptr);
  EXPECT_EQ(payload["participant"], nullptr);
  EXPECT_EQ(payload["body"], "hi");
  EXPECT_EQ(payload["source"], "app");
  EXPECT_EQ(payload["sender"], (Json{{"pn", "15550002002@c.us"}, {"lid", "100000000000002@lid"}}));
  const Json& data = payload["_data"];
  if (GetParam() == Dialect::Whatsmeow) {
    EXPECT_EQ(data["Info"]["Sender"], "100000000000002:3@lid");
    EXPECT_EQ(data["Info"]["SenderAlt"], "15550002002:3@s.whatsapp.net");
    EXPECT_EQ(data["Info"]["Timestamp"], "2025-03-06T08:28:22Z");
    EXPECT_EQ(data["Message"]["conversation"], "hi");
  } else {
    EXPECT_EQ(data["key"]["remoteJid"], "100000000000002@lid");
    EXPECT_EQ(data["key"]["remoteJidAlt"], "15550002002@s.whatsapp.net");
    EXPECT_EQ(data["messageTimestamp"], 1741249702);
    EXPECT_EQ(data["message"]["conversation"], "hi");
  }
}

TEST_P(PayloadsOf, ATextInAGroup) {
  const Json payload = only(in_group(), {{"conversation", "hi"}}, "message");
  EXPECT_EQ(payload["id"], "false_123@g.us_AAAA_15550002002@c.us");
  EXPECT_EQ(payload["from"], "123@g.us");
  EXPECT_EQ(payload["to"], "123@g.us");
  EXPECT_EQ(payload["participant"], "15550002002@c.us");
  EXPECT_EQ(payload["peer"], nullptr);
}

TEST_P(PayloadsOf, SomebodyWithoutANumber) {
  MessageInfo info = from_bob();
  info.peer = info.sender = person("", "100000000000002");
  const Json payload = only(info, {{"conversation", "hi"}}, "message");
  EXPECT_EQ(payload["from"], "100000000000002@lid");
  EXPECT_EQ(payload["sender"]["pn"], nullptr);
}

TEST_P(PayloadsOf, OwnMessages) {
  MessageInfo info = from_bob();
  info.from_me = true;
  info.sender = kMe;
  const Json payload = only(info, {{"conversation", "hi"}}, "message.any");
  EXPECT_EQ(payload["id"], "true_15550002002@c.us_AAAA");
  EXPECT_EQ(payload["from"], "15550002002@c.us");
}

TEST_P(PayloadsOf, AReply) {
  const Json payload = only(from_bob(),
                            {{"extendedTextMessage",
                              {{"text", "yes"},
                               {"contextInfo",
                                {{"stanzaId", "Q"},
                                 {"participant", "15550001001:2@s.whatsapp.net"},
                                 {"quotedMessage", {{"imageMessage", {{"caption", "cat"}}}}}}}}}},
                            "message");
  EXPECT_EQ(payload["body"], "yes");
  EXPECT_EQ(payload["replyTo"]["id"], "Q");
  EXPECT_EQ(payload["replyTo"]["participant"], "15550001001@c.us");
  EXPECT_EQ(payload["replyTo"]["sender"],
            (Json{{"pn", "15550001001@c.us"}, {"lid", "100000000000001@lid"}}));
  EXPECT_EQ(payload["replyTo"]["body"], "cat");
  EXPECT_EQ(payload["replyTo"]["hasMedia"], true);
  EXPECT_EQ(payload["replyTo"]["_data"]["imageMessage"]["caption"], "cat");
}

TEST_P(PayloadsOf, PlacesCardsAndFiles) {
  Json payload =
      only(from_bob(),
           {{"locationMessage",
             {{"degreesLatitude", 38.8937255}, {"degreesLongitude", -77}, {"name", "x"}}}},
           "message");
  EXPECT_EQ(payload["location"]["latitude"], "38.8937255");
  EXPECT_EQ(payload["location"]["name"], "x");
  payload =
      only(from_bob(), {{"contactMessage", {{"displayName", "A"}, {"vcard", "BEGIN"}}}}, "message");
  EXPECT_EQ(payload["vCards"], (Json{"BEGIN"}));
  payload =
      only(from_bob(),
           {{"documentWithCaptionMessage",
             {{"message",
               {{"documentMessage",
                 {{"mimetype", "application/pdf"}, {"fileName", "a.pdf"}, {"caption", "c"}}}}}}}},
           "message");
  EXPECT_EQ(payload["hasMedia"], true);
  EXPECT_EQ(payload["media"]["url"], nullptr);
  EXPECT_EQ(payload["media"]["filename"], "a.pdf");
  EXPECT_EQ(payload["body"], "c");
}

TEST_P(PayloadsOf, WrappedContentIsUnwrapped) {
  const Json payload =
      only(from_bob(),
           {{"ephemeralMessage",
             {{"message",
               {{"viewOnceMessageV2", {{"message", {{"imageMessage", {{"caption", "x"}}}}}}}}}}}},
           "message");
  EXPECT_EQ(payload["body"], "x");
  EXPECT_EQ(payload["hasMedia"], true);
}

TEST_P(PayloadsOf, AReaction) {
  MessageInfo info = from_bob();
  Json message = {
      {"reactionMessage",
       {{"key", {{"remoteJid", "15550001001@s.whatsapp.net"}, {"fromMe", false}, {"id", "M"}}},
        {"text", "👍"}}}};
  Json payload = only(info, message, "message.reaction");
  EXPECT_EQ(payload["reaction"]["text"], "👍");
  // Not theirs: ours.
  EXPECT_EQ(payload["reaction"]["messageId"], "true_15550002002@c.us_M");
  message["reactionMessage"]["key"]["fromMe"] = true;
  payload = only(info, message, "message.reaction");
  EXPECT_EQ(payload["reaction"]["messageId"], "false_15550002002@c.us_M");
  message["reactionMessage"]["key"]["fromMe"] = false;
  message["reactionMessage"]["key"]["participant"] = "100000000000001@lid";
  payload = only(in_group(), message, "message.reaction");
  EXPECT_EQ(payload["reaction"]["messageId"], "true_123@g.us_M_15550001001@c.us");
  // Somebody else's, whom the key names by LID: the id is that of the message's own event.
  payloads.set_names([](const Jid& who, const Jid& chat) {
    EXPECT_EQ(chat.to_string(), "123@g.us");
    return person("15550003003", who.user);
  });
  message["reactionMessage"]["key"]["participant"] = "100000000000003:4@lid";
  payload = only(in_group(), message, "message.reaction");
  EXPECT_EQ(payload["reaction"]["messageId"], "false_123@g.us_M_15550003003@c.us");
}

TEST_P(PayloadsOf, EditsAndRevokes) {
  const auto target = MessageName::parse("true_15550001001@c.us_M").value();
  const Json edit = edit_draft(target, text_draft({{"text", "new"}}), 5).message;
  for (const Json& message : {edit, Json{{"editedMessage", {{"message", edit}}}}}) {
    const Json payload = only(from_bob(), message, "message.edited");
    EXPECT_EQ(payload["editedMessageId"], "M");
    EXPECT_EQ(payload["body"], "new");
  }
  const Json payload = only(from_bob(), revoke_draft(target).message, "message.revoked");
  EXPECT_EQ(payload["revokedMessageId"], "M");
  EXPECT_EQ(payload["before"], nullptr);
  EXPECT_EQ(payload["after"]["id"], "false_15550002002@c.us_AAAA");
}

TEST_P(PayloadsOf, DevicesAmongThemselvesAreSilent) {
  EXPECT_TRUE(events(from_bob(), {{"protocolMessage", {{"type", 5}}}}).empty());
  EXPECT_TRUE(
      events(from_bob(), {{"senderKeyDistributionMessage", {{"groupId", "1@g.us"}}}}).empty());
  EXPECT_TRUE(events(from_bob(), {{"pollUpdateMessage", Json::object()}}).empty());
  EXPECT_TRUE(events(from_bob(), Json::object()).empty());
}

TEST_P(PayloadsOf, UnknownContentIsPassedOn) {
  const auto made =
      payloads.events_of(from_bob(), *from_hex("c20c0101"), Ack::Server, false, nullptr);
  ASSERT_EQ(made.size(), 2U);
  check(made[0]);
  EXPECT_EQ(Json::parse(made[0].json)["body"], nullptr);
  // Not even protobuf.
  EXPECT_EQ(payloads.events_of(from_bob(), *from_hex("0a05"), Ack::Server, false, nullptr).size(),
            2U);
}

TEST_P(PayloadsOf, TextsThatAreNoUtf8) {
  const auto made =
      payloads.events_of(from_bob(), *from_hex("0a02fffe"), Ack::Server, false, nullptr);
  ASSERT_EQ(made.size(), 2U);
  EXPECT_EQ(Json::parse(made[0].json)["body"], "\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST_P(PayloadsOf, Receipts) {
  ReceiptNews news;
  news.kind = ReceiptNews::Kind::Read;
  news.chat = kBob.lid;
  news.peer = news.sender = kBob;
  news.ids = {"A", "B"};
  auto made = payloads.events_of(news);
  ASSERT_EQ(made.size(), 2U);
  check(made[0]);
  Json payload = Json::parse(made[1].json);
  EXPECT_EQ(made[1].type, "message.ack");
  EXPECT_EQ(payload["id"], "true_15550002002@c.us_B");
  EXPECT_EQ(payload["ack"], 3);
  EXPECT_EQ(payload["fromMe"], true);
  news.group = true;
  news.chat = Jid::of_user("123", server::kGroup);
  news.peer = {};
  news.kind = ReceiptNews::Kind::Delivered;
  made = payloads.events_of(news);
  check(made.at(0));
  EXPECT_EQ(made[0].type, "message.ack.group");
  payload = Json::parse(made[0].json);
  EXPECT_EQ(payload["id"], "true_123@g.us_A_15550001001@c.us");
  EXPECT_EQ(payload["participant"], "15550002002@c.us");
  EXPECT_EQ(payload["ackName"], "DEVICE");
}

TEST_P(PayloadsOf, AFailedSend) {
  MessageInfo info = from_bob();
  info.from_me = true;
  info.sender = kMe;
  SendResult result;
  result.reason = "restricted";
  result.text = "no";
  result.code = 463;
  const Event event = payloads.ack(info, Ack::Error, &result);
  check(event);
  EXPECT_EQ(Json::parse(event.json)["error"]["code"], 463);
}

TEST_P(PayloadsOf, Presence) {
  PresenceNews news;
  news.state = PresenceNews::State::Typing;
  news.chat = kBob.pn;
  news.sender = kBob;
  const Event event = {"presence.update", dump(payloads.presence(news)), ""};
  check(event);
  EXPECT_EQ(Json::parse(event.json)["presences"][0]["lastKnownPresence"], "typing");
}

TEST_P(PayloadsOf, Groups) {
  GroupInfo info;
  info.jid = Jid::of_user("123", server::kGroup);
  info.subject = "Friends";
  info.participants = {{kBob, Participant::Role::SuperAdmin, 0},
                       {kMe, Participant::Role::Member, 0}};
  GroupNews news;
  news.group = info.jid;
  news.timestamp_s = 5;
  news.info = &info;
  const auto types = [&](GroupNews::Kind kind, std::vector<Participant> people) {
    news.kind = kind;
    news.participants = std::move(people);
    std::vector<std::string> out;
    for (const Event& event : payloads.events_of(news)) {
      check(event);
      out.push_back(event.type);
    }
    return out;
  };
  using Types = std::vector<std::string>;
  using Kind = GroupNews::Kind;
  EXPECT_EQ(types(Kind::Created, {}), Types{"group.v2.join"});
  EXPECT_EQ(types(Kind::Joined, {{kMe}}), (Types{"group.v2.join", "group.v2.participants"}));
  EXPECT_EQ(types(Kind::Joined, {{kBob}}), Types{"group.v2.participants"});
  EXPECT_EQ(types(Kind::Left, {{kMe}}), (Types{"group.v2.leave", "group.v2.participants"}));
  Node subject("subject");
  subject.set("subject", "Best");
  news.change = &subject;
  EXPECT_EQ(types(Kind::Changed, {}), Types{"group.v2.update"});
  EXPECT_EQ(Json::parse(payloads.events_of(news)[0].json)["group"]["subject"], "Best");

  const Json shown = payloads.engine_group(info);
  if (GetParam() == Dialect::Whatsmeow) {
    EXPECT_EQ(shown["Name"], "Friends");
    EXPECT_EQ(shown["Participants"][0]["JID"], "100000000000002@lid");
    EXPECT_EQ(shown["Participants"][0]["IsSuperAdmin"], true);
  } else {
    EXPECT_EQ(shown["subject"], "Friends");
    EXPECT_EQ(shown["participants"][0]["phoneNumber"], "15550002002@s.whatsapp.net");
    EXPECT_EQ(shown["participants"][1]["admin"], nullptr);
  }
}

INSTANTIATE_TEST_SUITE_P(Engines, PayloadsOf,
                         ::testing::Values(Dialect::Whatsmeow, Dialect::Baileys),
                         [](const auto& engine) {
                           return engine.param == Dialect::Whatsmeow ? "Gows" : "Noweb";
                         });

}  // namespace
}  // namespace waxwing::multidevice::content
