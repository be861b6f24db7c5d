// SPDX-License-Identifier: Apache-2.0
// Operations and events of a session whose device is in a simulated WhatsApp.
#include "multidevice/engine/messaging.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "multidevice/content/draft.hpp"
#include "multidevice/content/reading.hpp"
#include "unit/multidevice/message/town.hpp"

namespace waxwing::multidevice {
namespace {

using Json = nlohmann::json;
using Texts = std::vector<std::string>;

// What a call was answered with.
struct Answered {
  wax_status status = WAX_OK;
  Json json;
  std::string message;
  std::uint32_t retry_ms = 0;
  int times = 0;
};

// As much of a host as calls need.
wax_host make_host() {
  wax_host host{};
  host.struct_size = sizeof host;
  host.call_finish = [](const wax_host*, wax_call* call, const wax_response* response) noexcept {
    auto& out = *reinterpret_cast<Answered*>(call);
    out.status = response->status;
    const std::string json(response->json.data, response->json.size);
    out.json = Json::parse(json, nullptr, false);
    out.message.assign(response->message.data, response->message.size);
    out.retry_ms = response->retry_after_ms;
    ++out.times;
  };
  host.call_cancelled = [](const wax_host*, wax_call*) noexcept -> std::int32_t { return 0; };
  return host;
}

// Alice is a session, Bob a device at the other end.
class Session : public ::testing::TestWithParam<content::Dialect>, protected MessagingHost {
 protected:
  void SetUp() override {
    device.sink = &messaging;
    device.link();
    messaging.use(device.messenger.get());
    messaging.set_me({device.pn(), device.lid()});
    bob.link();
    bob_chat = bob_account.phone + "@c.us";
  }
  void TearDown() override { EXPECT_EQ(town.violations(), 0U); }

  // MessagingHost
  void commit_events(StoreBatch batch, std::vector<content::Event> events,
                     MessageSink::Durable durable) override {
    device.commit(std::move(batch),
                  [this, events = std::move(events), durable = std::move(durable)](bool stored) {
                    for (const content::Event& event : events) {
                      if (stored) {
                        told.emplace_back(event.type, Json::parse(event.json));
                      }
                    }
                    durable(stored);
                  });
  }
  void tell(const content::Event& event) override {
    told.emplace_back(event.type, Json::parse(event.json));
  }
  std::int64_t unix_ms() override { return device.unix_ms(); }
  bool raw_wanted() override { return raw; }
  void show_presence(bool) override {}
  void note(std::string_view, std::string_view) override {}
  void note_activity() override { ++activities; }

  // The answer is in the result when it comes.
  std::shared_ptr<Answered> call(std::string_view operation, const Json& arguments) {
    auto out = std::make_shared<Answered>();
    plugin::Call pending(&host, reinterpret_cast<wax_call*>(out.get()));
    EXPECT_TRUE(messaging.invoke(operation, arguments.dump(), std::move(pending))) << operation;
    kept.push_back(out);
    return out;
  }
  std::shared_ptr<Answered> done(std::string_view operation, const Json& arguments) {
    const auto out = call(operation, arguments);
    town.advance(200);
    EXPECT_EQ(out->times, 1) << operation;
    return out;
  }
  std::shared_ptr<Answered> say(const std::string& text) {
    return done("messages.sendText", {{"chatId", bob_chat}, {"text", text}});
  }
  Json last(const std::string& type) {
    for (auto it = told.rbegin(); it != told.rend(); ++it) {
      if (it->first == type) {
        return it->second;
      }
    }
    ADD_FAILURE() << "no " << type;
    return Json::object();
  }
  Json read_by_bob() {
    return bob.events.messages.empty()
               ? Json::object()
               : *content::decode(bob.events.messages.back().message, content::Dialect::Plain);
  }

  wax_host host = make_host();
  std::vector<std::shared_ptr<Answered>> kept;  // the call points there
  std::vector<std::pair<std::string, Json>> told;
  int activities = 0;
  bool raw = false;  // somebody asks for engine.event
  Town town;
  sim::Account& account = *town.server.world().create("15550001001", "alice");
  sim::Account& bob_account = *town.server.world().create("15550001002", "bob");
  Messaging messaging{*this, GetParam()};
  TestDevice device{town, account};
  TestDevice bob{town, bob_account};
  std::string bob_chat;
};

// The names and members that programs know from the engine's original.
TEST_P(Session, TellsRawEventsToThoseWhoAsk) {
  const bool gows = GetParam() == content::Dialect::Whatsmeow;
  const auto count = [&] {
    return std::count_if(told.begin(), told.end(),
                         [](const auto& event) { return event.first == "engine.event"; });
  };
  const auto raw_event = [&](const std::string& name) {
    for (const auto& [type, payload] : told) {
      if (type == "engine.event" && payload["event"] == name) {
        return payload["data"];
      }
    }
    ADD_FAILURE() << "no " << name;
    return Json::object();
  };
  (void)say("nobody asks");
  (void)bob.say(device.pn(), "nobody asks");
  town.advance(200);
  EXPECT_EQ(count(), 0);
  raw = true;
  (void)bob.say(device.pn(), "somebody asks");
  town.advance(200);
  if (gows) {
    EXPECT_EQ(raw_event("events.Message"), last("message")["_data"]);
    EXPECT_EQ(raw_event("events.Message")["Message"]["conversation"], "somebody asks");
  } else {
    const Json upsert = raw_event("messages.upsert");
    EXPECT_EQ(upsert["type"], "notify");
    EXPECT_EQ(upsert["messages"], Json::array({last("message")["_data"]}));
  }
  EXPECT_EQ(count(), 1);
  told.clear();
  (void)say("sent");  // and its receipt
  if (gows) {
    EXPECT_EQ(raw_event("events.Receipt")["MessageIDs"].size(), 1U);
    EXPECT_EQ(count(), 1);
  } else {
    EXPECT_EQ(raw_event("messages.upsert")["type"], "append");
    EXPECT_EQ(raw_event("messages.update")[0]["update"]["status"], 3);
    EXPECT_EQ(count(), 2);
  }
  told.clear();
  town.server.faults().withhold_messages = true;
  (void)bob.say(device.pn(), "not for us");
  town.advance(200);
  if (gows) {
    EXPECT_EQ(raw_event("events.UndecryptableMessage"), last("message.waiting")["_data"]);
  } else {
    EXPECT_EQ(raw_event("messages.upsert")["messages"][0]["messageStubType"], 2);
  }
}

TEST_P(Session, SendsAndTellsOfIt) {
  const auto sent = say("hello");
  EXPECT_EQ(sent->status, WAX_OK);
  EXPECT_EQ(sent->json["ack"], 1);
  EXPECT_EQ(sent->json["body"], "hello");
  EXPECT_EQ(sent->json["source"], "api");
  EXPECT_EQ(bob.events.messages.size(), 1U);
  EXPECT_EQ(activities, 1);
  ASSERT_GE(told.size(), 3U);
  EXPECT_EQ(told[0].first, "message.any");
  EXPECT_EQ(told[0].second["ack"], 0);
  EXPECT_EQ(told[1].first, "message.ack");
  EXPECT_EQ(told[1].second["ack"], 1);
  EXPECT_EQ(told[2].second["ack"], 2);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(told[i].second["id"], sent->json["id"]);
  }
  (void)bob.say(device.pn(), "hello yourself");
  town.advance(100);
  EXPECT_EQ(last("message")["body"], "hello yourself");
  EXPECT_EQ(last("message.any")["body"], "hello yourself");
}

TEST_P(Session, SaysWhyAMessageIsRefused) {
  town.server.faults().message_error = 463;
  const auto refused = say("hello");
  EXPECT_EQ(refused->status, WAX_E_STATE);
  EXPECT_EQ(refused->json, (Json{{"reason", "new_chat_refused"}, {"code", 463}}));
  EXPECT_EQ(last("message.ack")["ack"], -1);
  EXPECT_EQ(last("message.ack")["error"]["reason"], "new_chat_refused");
  town.server.faults().message_error = 429;
  const auto limited = say("hello");
  EXPECT_EQ(limited->status, WAX_E_RATE_LIMITED);
  EXPECT_GT(limited->retry_ms, 0U);
  town.server.faults().message_error = 0;
  device.go_offline();
  const auto offline = call("messages.sendText", {{"chatId", bob_chat}, {"text", "late"}});
  town.advance(11'000);
  EXPECT_EQ(offline->status, WAX_E_UNAVAILABLE);
  EXPECT_EQ(offline->json, (Json{{"reason", "offline"}}));
  device.go_online();
}

TEST_P(Session, TakesAnIdOnceAtATime) {
  const Json arguments = {{"chatId", bob_chat}, {"text", "once"}, {"id", "3EB0ONCE"}};
  const auto first = call("messages.sendText", arguments);
  const auto second = call("messages.sendText", arguments);
  EXPECT_EQ(second->status, WAX_E_CONFLICT);
  town.advance(200);
  EXPECT_EQ(first->status, WAX_OK);
  EXPECT_EQ(bob.texts().size(), 1U);
  // Tried again, it is the message that was sent; one that failed is sent.
  const std::size_t events = told.size();
  const auto third = done("messages.sendText", arguments);
  EXPECT_EQ(third->json["id"], first->json["id"]);
  EXPECT_EQ(third->json["ack"], first->json["ack"]);
  EXPECT_EQ(told.size(), events);
  EXPECT_EQ(bob.texts().size(), 1U);
  town.server.faults().message_error = 400;
  const Json refused = {{"chatId", bob_chat}, {"text", "twice"}, {"id", "3EB0TWICE"}};
  EXPECT_EQ(done("messages.sendText", refused)->status, WAX_E_STATE);
  town.server.faults().message_error = 0;
  EXPECT_EQ(done("messages.sendText", refused)->status, WAX_OK);
  EXPECT_EQ(bob.texts().size(), 2U);
}

TEST_P(Session, NamesWhatIsWrongWithArguments) {
  const auto wrong = done("messages.sendText", {{"chatId", "nobody"}, {"text", "hello"}});
  EXPECT_EQ(wrong->status, WAX_E_INVALID);
  EXPECT_NE(wrong->message.find("chatId"), std::string::npos);
  const auto mention = done("messages.sendText",
                            {{"chatId", bob_chat}, {"text", "hello"}, {"mentions", {"nobody"}}});
  EXPECT_EQ(mention->status, WAX_E_INVALID);
  EXPECT_NE(mention->message.find("mentions"), std::string::npos);
  for (const std::string& id :
       {std::string("has space"), std::string("a_b"), std::string(65, 'A')}) {
    const auto named =
        done("messages.sendText", {{"chatId", bob_chat}, {"text", "hello"}, {"id", id}});
    EXPECT_EQ(named->status, WAX_E_INVALID) << id;
    EXPECT_EQ(named->message.find("id must be"), 0U) << named->message;
  }
  const std::string elsewhere = "true_15550009999@c.us_AAAA";
  for (const char* operation : {"messages.edit", "messages.revoke"}) {
    const auto other =
        done(operation, {{"chatId", bob_chat}, {"messageId", elsewhere}, {"text", "hello"}});
    EXPECT_EQ(other->status, WAX_E_INVALID);
    EXPECT_EQ(other->message, "messageId is of another chat than chatId");
  }
  const auto seen = done("messages.sendSeen", {{"chatId", bob_chat}, {"messageIds", {elsewhere}}});
  EXPECT_EQ(seen->message, "messageIds is of another chat than chatId");
  const auto typing = done("presence.set", {{"chatId", "1@newsletter"}, {"presence", "typing"}});
  EXPECT_EQ(typing->status, WAX_E_INVALID);
  const auto group = done("groups.get", {{"id", "99@g.us"}});
  EXPECT_EQ(group->status, WAX_E_NOT_FOUND);
  EXPECT_EQ(group->json, (Json{{"reason", "not_found"}, {"code", 404}}));
  const auto forward =
      done("messages.forward", {{"chatId", bob_chat}, {"messageId", "true_" + bob_chat + "_AAAA"}});
  EXPECT_EQ(forward->status, WAX_E_NOT_FOUND);
  Answered unknown;
  plugin::Call pending(&host, reinterpret_cast<wax_call*>(&unknown));
  EXPECT_FALSE(messaging.invoke("messages.sing", "{}", std::move(pending)));
  EXPECT_THROW((void)messaging.invoke("messages.newId", "[]", std::move(pending)), plugin::Error);
  messaging.use(nullptr);
  EXPECT_THROW((void)messaging.invoke("messages.newId", "{}", std::move(pending)), plugin::Error);
}

TEST_P(Session, EditsWithMentionsAndRevokes) {
  const std::string id = say("hello")->json["id"];
  const Json edit = {{"chatId", bob_chat},
                     {"messageId", id},
                     {"text", "hi @15550001002"},
                     {"mentions", {bob_chat}}};
  EXPECT_EQ(done("messages.edit", edit)->status, WAX_OK);
  const Json read = read_by_bob();
  const Json* edited =
      content::find_path(read, "protocolMessage.editedMessage.extendedTextMessage");
  ASSERT_NE(edited, nullptr) << read;
  EXPECT_EQ((*edited)["text"], "hi @15550001002");
  EXPECT_EQ((*edited)["contextInfo"]["mentionedJid"], (Json{"15550001002@s.whatsapp.net"}));
  EXPECT_EQ(last("message.edited")["body"], "hi @15550001002");

  sim::Group& group = town.server.groups().create("two", {&account, &bob_account}, true, nullptr);
  town.advance(100);
  const std::string chat = group.jid().to_string();
  const std::string in_group =
      done("messages.sendText", {{"chatId", chat}, {"text", "hello"}})->json["id"];
  EXPECT_EQ(
      done("messages.edit",
           {{"chatId", chat}, {"messageId", in_group}, {"text", "hi all"}, {"mentions", {"all"}}})
          ->status,
      WAX_OK);
  const Json all = read_by_bob();
  EXPECT_EQ(*content::find_path(all,
                                "protocolMessage.editedMessage.extendedTextMessage."
                                "contextInfo.mentionedJid"),
            (Json{bob_account.lid + "@lid"}));
  EXPECT_EQ(done("messages.revoke", {{"chatId", bob_chat}, {"messageId", id}})->status, WAX_OK);
  EXPECT_EQ(last("message.revoked")["revokedMessageId"],
            content::MessageName::parse(id).value().id);
}

TEST_P(Session, RemembersWhatWasRevoked) {
  const std::string id = bob.say(device.pn(), "never mind");
  town.advance(100);
  content::MessageName name;
  name.from_me = true;
  name.chat = device.pn();
  name.id = id;
  const content::Draft draft = content::revoke_draft(name);
  OutgoingMessage revoke;
  revoke.id = make_message_id();
  revoke.chat = device.pn();
  revoke.message = content::encode(draft.message);
  revoke.edit = draft.edit;
  revoke.note = "note of a revoke";
  bob.messenger->send(std::move(revoke), [](const SendResult&) {});
  town.advance(100);
  const Json revoked = last("message.revoked");
  EXPECT_EQ(revoked["revokedMessageId"], id);
  EXPECT_EQ(revoked["before"]["body"], "never mind");
}

TEST_P(Session, WritesWhatDisappearsWhereMessagesDo) {
  const auto context = [&](const std::string& chat) {
    const auto sent = done("messages.sendText", {{"chatId", chat}, {"text", "soon gone"}});
    EXPECT_EQ(sent->json["body"], "soon gone");
    const Json read = read_by_bob();
    const Json* found = content::find_path(read, "extendedTextMessage.contextInfo");
    return found == nullptr ? Json() : *found;
  };
  const auto bob_sends = [&](const Json& message) {
    OutgoingMessage out;
    out.id = make_message_id();
    out.chat = device.pn();
    out.message = content::encode(message);
    out.note = "note of a timer";
    bob.messenger->send(std::move(out), [](const SendResult&) {});
    town.advance(100);
  };
  const auto setting = [](int seconds, int set_s) {
    return Json{
        {"protocolMessage",
         {{"type", 3}, {"ephemeralExpiration", seconds}, {"ephemeralSettingTimestamp", set_s}}}};
  };
  EXPECT_TRUE(context(bob_chat).is_null());
  bob_sends(setting(86'400, 1000));
  EXPECT_EQ(context(bob_chat), (Json{{"expiration", 86'400}, {"ephemeralSettingTimestamp", 1000}}));
  // By LID it is the same chat, and another process knows it, too.
  device.kill();
  device.boot();
  town.advance(1'000);
  messaging.use(device.messenger.get());
  EXPECT_EQ(context(bob_account.lid + "@lid")["expiration"], 86'400);
  const auto place =
      done("messages.sendLocation", {{"chatId", bob_chat}, {"latitude", 1.5}, {"longitude", 2}});
  EXPECT_EQ(place->status, WAX_OK);
  EXPECT_EQ((*content::find_path(read_by_bob(), "locationMessage.contextInfo.expiration")), 86'400);
  // A reaction does not, and an elder setting that comes late is none.
  (void)done("messages.react", {{"messageId", place->json["id"]}, {"reaction", "!"}});
  EXPECT_EQ(content::find_path(read_by_bob(), "reactionMessage.contextInfo"), nullptr);
  bob_sends(setting(0, 999));
  EXPECT_EQ(context(bob_chat)["expiration"], 86'400);
  bob_sends(setting(0, 1001));
  EXPECT_TRUE(context(bob_chat).is_null());
  // As somebody knows it who sets nothing.
  bob_sends({{"ephemeralMessage",
              {{"message",
                {{"extendedTextMessage",
                  {{"text", "x"},
                   {"contextInfo",
                    {{"expiration", 604'800}, {"ephemeralSettingTimestamp", 1002}}}}}}}}}});
  EXPECT_EQ(last("message")["body"], "x");
  EXPECT_EQ(context(bob_chat)["expiration"], 604'800);

  sim::Group& group = town.server.groups().create("two", {&account, &bob_account}, true, nullptr);
  town.advance(100);
  const std::string chat = group.jid().to_string();
  EXPECT_TRUE(context(chat).is_null());
  group.timer_s = 7'776'000;
  (void)done("groups.get", {{"id", chat}});
  EXPECT_EQ(context(chat), (Json{{"expiration", 7'776'000}}));
}

TEST_P(Session, HearsAStatusAsAMessageOfThatChat) {
  OutgoingMessage status;
  status.id = make_message_id();
  status.chat = Jid::of_user("status", server::kBroadcast);
  status.message = text_message("out for berries");
  status.audience = {device.pn()};
  status.note = "note of a status";
  bob.messenger->send(std::move(status), [](const SendResult& result) {
    EXPECT_EQ(result.state, SendResult::State::Sent) << result.text;
  });
  town.advance(100);
  const Json message = last("message");
  EXPECT_EQ(message["body"], "out for berries");
  EXPECT_EQ(message["from"], "status@broadcast");
  EXPECT_EQ(message["participant"], bob_chat);
  EXPECT_TRUE(account.devices.at(1).waiting.empty());
}

TEST_P(Session, TellsOfWhatItCannotRead) {
  Node stanza("message");
  stanza.set("from", bob.lid()).set("type", "media").set("t", town.now_s());
  stanza.set("sender_pn", bob.pn()).add(Node("unavailable").set("type", "view_once"));
  town.server.router().deliver(account.devices.at(1), "ONCE", std::move(stanza));
  town.advance(100);
  const Json waiting = last("message.waiting");
  EXPECT_EQ(waiting["id"], "false_" + bob_chat + "_ONCE");
  EXPECT_EQ(waiting["reason"], "view_once");
  EXPECT_EQ(waiting["final"], true);
}

INSTANTIATE_TEST_SUITE_P(Engines, Session,
                         ::testing::Values(content::Dialect::Whatsmeow, content::Dialect::Baileys),
                         [](const auto& engine) {
                           return engine.param == content::Dialect::Whatsmeow ? "GOWS" : "NOWEB";
                         });

}  // namespace
}  // namespace waxwing::multidevice
