// SPDX-License-Identifier: Apache-2.0
// Messages between devices of ours through the simulated WhatsApp.
#include "multidevice/message/messenger.hpp"

#include <gtest/gtest.h>

#include "multidevice/message/content.hpp"
#include "unit/multidevice/message/town.hpp"

namespace waxwing::multidevice {
namespace {

using Texts = std::vector<std::string>;

class Chat : public ::testing::Test {
 protected:
  void SetUp() override {
    alice.link();
    bob.link();
  }
  void TearDown() override { EXPECT_EQ(town.violations(), 0U); }

  // Says it and waits until it has arrived.
  void pass(TestDevice& from, TestDevice& to, const Jid& chat, const std::string& text) {
    const std::string id = from.say(chat, text);
    town.advance(100);
    ASSERT_EQ(from.results.count(id), 1U) << text;
    EXPECT_EQ(from.results[id].state, SendResult::State::Sent) << from.results[id].text;
    ASSERT_FALSE(to.events.messages.empty());
    EXPECT_EQ(text_of(to.events.messages.back().message), text);
    EXPECT_EQ(to.events.messages.back().info.id, id);
  }

  Town town;
  sim::Account& alice_account = *town.server.world().create("15550001001", "alice");
  sim::Account& bob_account = *town.server.world().create("15550001002", "bob");
  TestDevice alice{town, alice_account};
  TestDevice bob{town, bob_account};
};

TEST_F(Chat, GoesBothWaysByNumberAndByLid) {
  pass(alice, bob, bob.pn(), "by number");
  pass(bob, alice, alice.pn(), "back by number");
  pass(alice, bob, bob.lid(), "by LID");
  pass(bob, alice, alice.lid(), "back by LID");
  const MessageInfo& info = bob.events.messages.back().info;
  EXPECT_EQ(info.sender, (Person{alice.pn(), alice.lid()}));
  EXPECT_EQ(info.peer, info.sender);
  EXPECT_FALSE(info.from_me);
  EXPECT_EQ(alice.events.outgoing.size(), 2U);
  EXPECT_EQ(alice.events.sent.size(), 2U);
  // One session, under the LID, whatever the addresses were.
  EXPECT_EQ(alice.disk.count({"sessions", bob_account.lid + "_1.1"}), 1U);
  EXPECT_EQ(alice.disk.count({"sessions", bob_account.phone + ".1"}), 0U);
  // Nothing waits any more, at nobody's.
  EXPECT_TRUE(bob_account.devices.at(1).waiting.empty());
  for (const auto& [key, value] : alice.disk) {
    EXPECT_NE(key.first, "outbox") << key.second;
  }
}

TEST_F(Chat, TellsOfDeliveryAndReading) {
  pass(alice, bob, bob.pn(), "hello");
  ASSERT_EQ(alice.events.receipts.size(), 1U);
  EXPECT_EQ(alice.events.receipts[0].kind, ReceiptNews::Kind::Delivered);
  const std::string id = bob.events.messages[0].info.id;
  EXPECT_EQ(alice.events.receipts[0].ids, Texts{id});
  EXPECT_EQ(alice.events.receipts[0].sender.pn, bob.pn());
  bob.messenger->mark_read(alice.pn(), {}, {id}, false,
                           [](const Answer<bool>& answer) { EXPECT_TRUE(answer.ok()); });
  town.advance(100);
  ASSERT_EQ(alice.events.receipts.size(), 2U);
  EXPECT_EQ(alice.events.receipts[1].kind, ReceiptNews::Kind::Read);
}

TEST_F(Chat, CopiesToOurOtherDevices) {
  TestDevice tablet(town, alice_account);
  tablet.link();
  pass(alice, bob, bob.pn(), "from the first");
  ASSERT_EQ(tablet.events.messages.size(), 1U);
  const MessageInfo& info = tablet.events.messages[0].info;
  EXPECT_TRUE(info.from_me);
  EXPECT_EQ(info.chat, bob.pn());
  EXPECT_EQ(info.peer, (Person{bob.pn(), bob.lid()}));
  EXPECT_EQ(text_of(tablet.events.messages[0].message), "from the first");
  pass(bob, tablet, alice.pn(), "to both");
  EXPECT_EQ(alice.texts(), Texts{"to both"});
  // A device that came later is written to as well, one that went is not missed.
  TestDevice laptop(town, bob_account);
  laptop.link();
  pass(alice, laptop, bob.pn(), "to the laptop too");
  EXPECT_EQ(bob.texts().back(), "to the laptop too");
  ASSERT_TRUE(town.server.unlink(alice_account, 2));
  town.advance(100);
  pass(bob, alice, alice.pn(), "to the one that is left");
}

TEST_F(Chat, DeliversWhatWaited) {
  pass(alice, bob, bob.pn(), "0");
  bob.go_offline();
  Texts expected = {"0"};
  for (int i = 1; i <= 1000; ++i) {
    expected.push_back(std::to_string(i));
    (void)alice.say(bob.pn(), expected.back());
    town.advance(1);
  }
  bob.go_online();
  town.advance(1'000);
  EXPECT_EQ(bob.texts(), expected);
  EXPECT_TRUE(bob.events.messages.back().info.offline);
  EXPECT_TRUE(bob_account.devices.at(1).waiting.empty());
  EXPECT_EQ(alice.events.receipts.size(), 1001U);
}

TEST_F(Chat, NamesWhoIsNotThere) {
  const std::string id = alice.say(Jid::of_user("15559999999", server::kUser), "anybody?");
  town.advance(100);
  EXPECT_EQ(alice.results[id].reason, "not_on_whatsapp");
  const std::string empty = make_message_id();
  OutgoingMessage nothing;
  nothing.chat = bob.pn();
  alice.messenger->send(nothing,
                        [&](const SendResult& result) { EXPECT_EQ(result.reason, "empty"); });
  nothing.message.resize(kMaxMessageBytes + 1);
  alice.messenger->send(nothing,
                        [&](const SendResult& result) { EXPECT_EQ(result.reason, "too_large"); });
  EXPECT_TRUE(alice.events.outgoing.empty());
}

TEST_F(Chat, CarriesLongAndStrangeTexts) {
  pass(alice, bob, bob.pn(), std::string(64 << 10, 'x'));
  pass(alice, bob, bob.pn(), "\xF0\x9F\x91\xBB \xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D");
}

}  // namespace
}  // namespace waxwing::multidevice
