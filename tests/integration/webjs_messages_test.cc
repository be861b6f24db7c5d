// SPDX-License-Identifier: Apache-2.0
// Messages of WEBJS from the API to a phone and back: wa-js in a real Chromium, encryption by the
// simulator.
#include <algorithm>
#include <csignal>
#include <string>

#include "support/receiver.hpp"
#include "webjs.hpp"

namespace waxwing::testing {
namespace {

class WebjsMessages : public Webjs {
 protected:
  void SetUp() override {
    server_.options().engine_plugin = "";  // others have sessions of GOWS here
    Webjs::SetUp();
    link(R"({"webhooks":[{"url":")" + receiver_.url() +
         R"(","events":["message","message.any","message.ack","message.reaction","message.edited",)"
         R"("message.revoked","presence.update","group.v2.join","group.v2.leave",)"
         R"("group.v2.participants","group.v2.update"]}]})");
    bob_ = whatsapp_.add_account();
    EXPECT_EQ(whatsapp_.http().put(phone_path(), R"({"awake":true})").status, 200);
  }

  [[nodiscard]] std::string phone_path(const std::string& more = "") const {
    return "/accounts/" + bob_ + "/phone" + more;
  }
  [[nodiscard]] std::string chat() const { return bob_ + "@c.us"; }
  // With the session and Bob's chat in it.
  Reply call(const std::string& method, const std::string& path, const std::string& more) {
    const std::string body =
        R"({"session":"one","chatId":")" + chat() + "\"" + (more.empty() ? "" : "," + more) + "}";
    return method == "PUT" ? http_->put(path, body) : http_->post(path, body);
  }
  std::string send_text(const std::string& text, const std::string& more = "") {
    const Reply sent = call("POST", "/api/sendText", R"("text":")" + text + "\"" + more);
    EXPECT_EQ(sent.status, 201) << sent;
    EXPECT_EQ(sent.json()["ack"].number(), 1) << sent;
    EXPECT_EQ(sent.json()["body"].text(), text);
    return sent.json()["id"].text();
  }
  // The latest that Bob's phone has read.
  Value letter() {
    const Value letters = whatsapp_.http().get(phone_path()).json()["messages"];
    return letters.size() == 0 ? Value() : letters[letters.size() - 1];
  }
  // Bob writes; the bare id.
  std::string bob_writes(const std::string& body) {
    const Reply written = whatsapp_.http().post(
        phone_path("/messages"), R"({"to":")" + phone_ + R"(@s.whatsapp.net",)" + body + "}");
    EXPECT_EQ(written.status, 201) << written;
    return written.json()["id"].text();
  }
  // The payload of the first webhook of that kind with `value` at `path`; the test fails when none
  // comes.
  Value payload(const std::string& event, const std::string& path, const std::string& value) {
    Value found;
    const bool came = receiver_.wait([&](const std::vector<Received>& all) {
      for (const Received& request : all) {
        const Value body = Value::parse(request.body);
        if (body["event"].text() == event && body["payload"].at(path).text() == value) {
          found = body["payload"];
          return true;
        }
      }
      return false;
    });
    EXPECT_TRUE(came) << "no " << event << " with " << path << " " << value << "\n"
                      << server_.log();
    return found;
  }

  Receiver receiver_;
  std::string bob_;
};

std::string bare(const std::string& id) {
  return id.substr(id.rfind('_') + 1);
}
std::string quoted(const std::string& text) {
  return "\"" + text + "\"";
}

TEST_F(WebjsMessages, AreSentThroughThePageAndTold) {
  const std::string id = send_text("Hi Bob");
  EXPECT_EQ(id.rfind("true_" + chat() + "_", 0), 0U) << id;
  ASSERT_TRUE(wait_until([&] { return letter()["text"].text() == "Hi Bob"; }));
  EXPECT_EQ(letter()["id"].text(), bare(id));
  const Value told = payload("message.any", "id", id);
  EXPECT_EQ(told["source"].text(), "api");
  EXPECT_EQ(told["from"].text(), phone_ + "@c.us");
  EXPECT_EQ(told["to"].text(), chat());
  EXPECT_EQ(payload("message.ack", "ackName", "DEVICE")["id"].text(), id);
  EXPECT_EQ(whatsapp_.http().post(phone_path("/read"), R"({"ids":[")" + bare(id) + R"("]})").status,
            200);
  EXPECT_EQ(payload("message.ack", "ackName", "READ")["id"].text(), id);

  const std::string its = http_->get("/api/one/new-message-id").json()["id"].text();
  const std::string reply = send_text("again", R"(,"reply_to":")" + id + R"(","id":")" + its +
                                                   R"(","mentions":[")" + chat() + R"("])");
  EXPECT_EQ(bare(reply), its);
  EXPECT_EQ(send_text("again", R"(,"id":")" + its + "\""), reply) << "sent once, answered twice";
  ASSERT_TRUE(wait_until([&] { return letter()["text"].text() == "again"; }));
  const Value context = letter().at("message.extendedTextMessage.contextInfo");
  EXPECT_EQ(context["stanzaId"].text(), bare(id));
  EXPECT_EQ(context.at("mentionedJid.0").text(), bob_ + "@s.whatsapp.net");

  const Reply reaction = http_->put(
      "/api/reaction", R"({"session":"one","messageId":")" + id + R"(","reaction":"👍"})");
  EXPECT_EQ(reaction.status, 200) << reaction;
  EXPECT_TRUE(
      wait_until([&] { return letter().at("message.reactionMessage.text").text() == "👍"; }));
  EXPECT_TRUE(payload("message.reaction", "reaction.messageId", id)["fromMe"].flag());

  const std::string message = "/api/one/chats/" + chat() + "/messages/" + id;
  const std::string elsewhere = whatsapp_.add_account() + "@c.us";
  EXPECT_EQ(http_->put("/api/one/chats/" + elsewhere + "/messages/" + id, R"({"text":"x"})").status,
            400)
      << "it is of another chat";
  const Reply edit = http_->put(message, R"({"text":"Hello Bob"})");
  EXPECT_EQ(edit.status, 200) << edit;
  EXPECT_EQ(edit.json()["body"].text(), "Hello Bob");
  EXPECT_EQ(payload("message.edited", "editedMessageId", bare(id))["body"].text(), "Hello Bob");
  const Reply end = http_->del(message);
  EXPECT_EQ(end.status, 200) << end;
  EXPECT_EQ(payload("message.revoked", "revokedMessageId", bare(id)).at("before.body").text(),
            "Hello Bob");
  EXPECT_TRUE(
      wait_until([&] { return letter().at("message.protocolMessage.key.id").text() == bare(id); }));

  const Reply place =
      call("POST", "/api/sendLocation",
           R"("latitude":1.5,"longitude":-2,"title":"Here","address":"A street 1")");
  EXPECT_EQ(place.status, 201) << place;
  EXPECT_EQ(place.json().at("location.name").text(), "Here");
  EXPECT_TRUE(wait_until(
      [&] { return letter().at("message.locationMessage.address").text() == "A street 1"; }));
  const Reply card = call("POST", "/api/sendContactVcard",
                          R"("contacts":[{"fullName":"Carol","phoneNumber":"+1 555 000 1009"}])");
  EXPECT_EQ(card.status, 201) << card;
  EXPECT_TRUE(wait_until(
      [&] { return letter().at("message.contactMessage.displayName").text() == "Carol"; }));
  const Reply copy = call("POST", "/api/forwardMessage", R"("messageId":)" + quoted(reply));
  EXPECT_EQ(copy.status, 201) << copy;
  EXPECT_NE(copy.json()["id"].text(), reply);
}

TEST_F(WebjsMessages, OfGroupsGoToAllMembers) {
  const std::string carol = whatsapp_.add_account();
  const Reply made = http_->post(
      "/api/one/groups", R"({"name":"Friends","participants":[{"id":")" + chat() + R"("}]})");
  ASSERT_EQ(made.status, 201) << made;
  const std::string group = made.json().at("id._serialized").text();
  const std::string path = "/api/one/groups/" + group;
  EXPECT_EQ(http_->get("/api/one/groups").json().size(), 1U);
  EXPECT_EQ(http_->put(path + "/subject", R"({"subject":"Old friends"})").status, 200);
  EXPECT_EQ(http_->get(path).json()["name"].text(), "Old friends");
  const Reply added = http_->post(path + "/participants/add",
                                  R"({"participants":[{"id":")" + carol + R"(@c.us"}]})");
  EXPECT_EQ(added.json().at("0.status").number(), 200) << added;
  EXPECT_EQ(http_->get(path + "/participants/v2").json().size(), 3U);

  const Reply sent = http_->post("/api/sendText", R"({"session":"one","chatId":")" + group +
                                                      R"(","text":"All","mentions":["all"]})");
  EXPECT_EQ(sent.status, 201) << sent;
  ASSERT_TRUE(wait_until([&] { return letter()["text"].text() == "All"; }));
  EXPECT_EQ(letter()["chat"].text(), group);
  EXPECT_EQ(letter().at("message.extendedTextMessage.contextInfo.mentionedJid").size(), 2U);
  const Reply written = whatsapp_.http().post(phone_path("/messages"),
                                              R"({"to":")" + group + R"(","text":"Hi all"})");
  EXPECT_EQ(written.status, 201) << written;
  const Value told = payload("message", "body", "Hi all");
  EXPECT_EQ(told["from"].text(), group);
  EXPECT_EQ(told["participant"].text(), "100000000000002@lid");
  EXPECT_EQ(told.at("sender.pn").text(), chat());

  EXPECT_EQ(http_->post(path + "/leave").status, 200);
  EXPECT_EQ(http_->get("/api/one/groups").json().size(), 0U);
}

TEST_F(WebjsMessages, AreThereWhenThePageIsLoadedAgain) {
  const std::string id = bob_writes(R"("text":"Before")");
  const std::string whole = payload("message", "body", "Before")["id"].text();
  bob_writes(R"("text":"And then")");  // once it is told of this one, the page has kept the other
  payload("message", "body", "And then");
  for (const pid_t pid : browsers("--type=renderer")) {
    ::kill(pid, SIGKILL);
  }
  ASSERT_TRUE(server_.wait_for_log("\"reason\":\"page_crashed\"")) << server_.log();
  ASSERT_TRUE(wait_for_status(*http_, "one", "WORKING"));
  send_text("After", R"(,"reply_to":")" + whole + "\"");
  ASSERT_TRUE(wait_until([&] { return letter()["text"].text() == "After"; }));
  EXPECT_EQ(letter().at("message.extendedTextMessage.contextInfo.stanzaId").text(), id);
  const auto seen = call("POST", "/api/sendSeen", "").json()["ids"].texts();
  EXPECT_NE(std::find(seen.begin(), seen.end(), id), seen.end());
  const auto told = receiver_.all();
  EXPECT_EQ(std::count_if(told.begin(), told.end(),
                          [](const Received& request) {
                            const Value body = Value::parse(request.body);
                            return body["event"].text() == "message" &&
                                   body["payload"]["body"].text() == "Before";
                          }),
            1);
}

TEST_F(WebjsMessages, ComeWithNewsOfWhatOthersDoInGroups) {
  // Bob's own session, of another engine.
  ASSERT_EQ(http_->post("/api/sessions", R"({"name":"two","engine":"GOWS"})").status, 201);
  ASSERT_TRUE(wait_for_status(*http_, "two", "SCAN_QR_CODE"));
  whatsapp_.scan(bob_, http_->get("/api/two/auth/qr?format=raw").json()["value"].text());
  ASSERT_TRUE(wait_for_status(*http_, "two", "WORKING"));
  const std::string carol = whatsapp_.add_account() + "@c.us";
  const auto people = [](const std::string& who) {
    return R"({"participants":[{"id":")" + who + R"("}]})";
  };
  const Reply made =
      http_->post("/api/two/groups", R"({"name":"Nest","participants":[{"id":")" + phone_ +
                                         R"("},{"id":")" + carol + R"("}]})");
  ASSERT_EQ(made.status, 201) << made;
  const std::string group = made.json()["JID"].text();
  const std::string path = "/api/two/groups/" + group;
  const Value joined = payload("group.v2.join", "group.id", group);
  EXPECT_EQ(joined.at("group.subject").text(), "Nest");
  EXPECT_EQ(joined.at("group.participants").size(), 3U) << joined;

  EXPECT_EQ(http_->put(path + "/subject", R"({"subject":"Old nest"})").status, 200);
  EXPECT_EQ(payload("group.v2.update", "group.subject", "Old nest").at("group.id").text(), group);
  EXPECT_EQ(http_->put(path + "/description", R"({"description":"Of twigs"})").status, 200);
  (void)payload("group.v2.update", "group.description", "Of twigs");
  struct Change {
    const char* call;
    const char* type;
    const char* role;
  };
  for (const Change& change : {Change{"/admin/promote", "promote", "admin"},
                               Change{"/admin/demote", "demote", "participant"},
                               Change{"/participants/remove", "leave", "left"},
                               Change{"/participants/add", "join", "participant"}}) {
    EXPECT_EQ(http_->post(path + change.call, people(carol)).status, 200) << change.call;
    const Value told = payload("group.v2.participants", "type", change.type);
    EXPECT_EQ(told.at("participants.0.role").text(), change.role) << told;
    EXPECT_EQ(told.at("participants.0.pn").text(), carol) << told;
    EXPECT_EQ(told.at("participants.0.lid").text(), "100000000000003@lid") << told;
  }
  EXPECT_EQ(http_->post(path + "/participants/remove", people(phone_)).status, 200);
  EXPECT_EQ(payload("group.v2.leave", "group.id", group).at("group.id").text(), group);
}

TEST_F(WebjsMessages, OfOthersAreTold) {
  const std::string id = bob_writes(R"("text":"Hi Alice")");
  const Value message = payload("message", "body", "Hi Alice");
  EXPECT_EQ(message["id"].text(), "false_" + chat() + "_" + id);
  EXPECT_EQ(message["from"].text(), chat());
  EXPECT_EQ(message.at("sender.lid").text(), "100000000000002@lid");
  EXPECT_EQ(message.at("peer.pn").text(), chat());

  const std::string key = R"("key":{"remoteJid":")" + phone_ +
                          R"(@s.whatsapp.net","fromMe":true,"id":")" + id + R"("})";
  bob_writes(R"("message":{"reactionMessage":{)" + key + R"(,"text":"❤"}})");
  EXPECT_EQ(payload("message.reaction", "reaction.text", "❤").at("reaction.messageId").text(),
            message["id"].text());
  bob_writes(R"("message":{"protocolMessage":{)" + key +
             R"(,"type":14,"editedMessage":{"conversation":"Hi there"}}})");
  EXPECT_EQ(payload("message.edited", "editedMessageId", id)["body"].text(), "Hi there");
  bob_writes(R"("message":{"protocolMessage":{)" + key + R"(,"type":0}})");
  EXPECT_EQ(payload("message.revoked", "revokedMessageId", id).at("before.body").text(),
            "Hi there");

  const std::string unread = bob_writes(R"("text":"Read me")");
  payload("message", "body", "Read me");
  const Reply seen = call("POST", "/api/sendSeen", "");
  EXPECT_EQ(seen.status, 201) << seen;
  const auto ids = seen.json()["ids"].texts();
  EXPECT_NE(std::find(ids.begin(), ids.end(), unread), ids.end()) << seen;

  EXPECT_EQ(http_->post("/api/one/presence/" + chat() + "/subscribe").status, 201);
  EXPECT_EQ(whatsapp_.http()
                .post(phone_path("/typing"), R"({"to":")" + phone_ + R"(@s.whatsapp.net"})")
                .status,
            200);
  EXPECT_EQ(payload("presence.update", "presences.0.lastKnownPresence", "typing")["id"].text(),
            chat());
  EXPECT_EQ(call("POST", "/api/startTyping", "").status, 201);
  EXPECT_EQ(call("POST", "/api/stopTyping", "").status, 201);

  const auto exists = [&](const std::string& phone) {
    return http_->get("/api/contacts/check-exists?session=one&phone=" + phone).json();
  };
  EXPECT_EQ(exists(bob_)["chatId"].text(), chat());
  EXPECT_FALSE(exists("15550009999")["numberExists"].flag());
  EXPECT_EQ(http_
                ->post("/api/sendText",
                       R"({"session":"one","chatId":"15550009999@c.us","text":"Hello?"})")
                .status,
            404);
  EXPECT_EQ(call("POST", "/api/sendText", R"("text":"x","reply_to":"false_1@c.us_NONE")").status,
            404);
}

}  // namespace
}  // namespace waxwing::testing
