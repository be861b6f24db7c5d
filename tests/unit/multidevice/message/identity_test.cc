// SPDX-License-Identifier: Apache-2.0
// People who install WhatsApp anew, link and unlink devices, and run out of prekeys.
#include <gtest/gtest.h>

#include "multidevice/message/messenger.hpp"
#include "unit/multidevice/message/town.hpp"

namespace waxwing::multidevice {
namespace {

using Texts = std::vector<std::string>;

class Identity : public ::testing::Test {
 protected:
  void SetUp() override {
    alice.link();
    bob.link();
    town.server.phones().of(bob_account).set_awake(true);
    (void)alice.say(bob.pn(), "hello");
    town.advance(100);
    (void)bob.say(alice.pn(), "hello yourself");
    town.advance(100);
    ASSERT_EQ(alice.texts(), Texts{"hello yourself"});
    ASSERT_EQ(phone_texts(), (Texts{"hello", "hello yourself"}));
  }
  void TearDown() override {
    EXPECT_EQ(town.violations(), 0U);
    EXPECT_EQ(alice.events.sent.size(), alice.events.outgoing.size());
  }

  Texts phone_texts() {
    Texts out;
    for (const sim::Letter& letter : town.server.phones().of(bob_account).letters()) {
      out.push_back(text_of(letter.message));
    }
    return out;
  }
  void phone_writes(const std::string& text) {
    const auto id = town.server.phones().of(bob_account).write(alice.pn(), text_message(text));
    ASSERT_TRUE(id) << id.error().message();
    town.advance(100);
  }
  void sends(const Jid& chat, const std::string& text) {
    const std::string id = alice.say(chat, text);
    town.advance(200);
    EXPECT_EQ(alice.results[id].state, SendResult::State::Sent) << alice.results[id].text;
  }

  Town town;
  sim::Account& alice_account = *town.server.world().create("15550001001", "alice");
  sim::Account& bob_account = *town.server.world().create("15550001002", "bob");
  TestDevice alice{town, alice_account};
  TestDevice bob{town, bob_account};
};

TEST_F(Identity, WritesToANewPhoneOnceItIsToldOfIt) {
  town.server.reinstall(bob_account);
  town.advance(100);
  ASSERT_EQ(alice.identities.size(), 1U);
  EXPECT_EQ(alice.identities[0].pn, bob.pn());
  sends(bob.pn(), "new phone?");
  EXPECT_EQ(phone_texts(), Texts{"new phone?"});
  EXPECT_EQ(town.server.phones().of(bob_account).unreadable(), 0U);
  phone_writes("yes");
  EXPECT_EQ(alice.texts().back(), "yes");
  EXPECT_EQ(alice.identities.size(), 1U);  // told once
}

TEST_F(Identity, ReadsTheFirstMessageOfANewPhoneWithoutBeingTold) {
  town.filter = [](const Node& stanza) { return stanza.tag() != "notification"; };
  town.server.reinstall(bob_account);
  town.advance(100);
  town.filter = nullptr;
  EXPECT_TRUE(alice.identities.empty());
  phone_writes("I have a new phone");
  EXPECT_EQ(alice.texts().back(), "I have a new phone");
  EXPECT_TRUE(alice.unreadable.empty());
  ASSERT_EQ(alice.identities.size(), 1U);
  EXPECT_EQ(alice.identities[0].lid, bob.lid());
  sends(bob.pn(), "I see");
  EXPECT_EQ(phone_texts().back(), "I see");
  town.server.violations().clear();  // of the notifications that nobody acknowledged
}

TEST_F(Identity, AnswersARetryOfADeviceWithOtherKeys) {
  // The tablet is linked anew under the number that it had: another identity, other sessions.
  TestDevice carol(town, *town.server.world().create("15550001003", "carol"));
  carol.link();
  (void)alice.say(carol.pn(), "hello carol");
  town.advance(100);
  ASSERT_EQ(carol.texts(), Texts{"hello carol"});
  sim::Account& account = carol.account;
  town.filter = [](const Node& stanza) { return stanza.tag() != "notification"; };
  ASSERT_TRUE(town.server.unlink(account, 1));
  town.advance(100);
  carol.kill();
  carol.disk.clear();
  carol.qr.clear();
  account.next_device = 1;
  carol.link();
  town.filter = nullptr;
  ASSERT_EQ(account.devices.count(1), 1U);
  sends(carol.pn(), "still there?");
  EXPECT_EQ(carol.texts(), (Texts{"hello carol", "still there?"}));
  EXPECT_EQ(alice.messenger->counters().retries_answered, 1U);
  EXPECT_TRUE(alice.identities.empty());  // of a companion; the account is the same
  sends(carol.pn(), "good");
  EXPECT_EQ(carol.texts().back(), "good");
  EXPECT_EQ(carol.unreadable.size(), 1U);
  town.server.violations().clear();
}

TEST_F(Identity, KeepsAGroupReadableForANewPhone) {
  sim::Group& group =
      town.server.groups().create("two", {&alice_account, &bob_account}, true, nullptr);
  town.advance(100);
  sends(group.jid(), "1");
  town.server.reinstall(bob_account);
  town.advance(100);
  sends(group.jid(), "2");
  EXPECT_EQ(phone_texts(), Texts{"2"});
}

TEST_F(Identity, GivesANewPhoneTheKeysOfItsGroups) {
  // Of somebody who has nothing but a phone: no device of theirs goes, so that the key stays.
  sim::Account& dave_account = *town.server.world().create("15550001004", "dave");
  sim::Party& dave = town.server.phones().of(dave_account);
  dave.set_awake(true);
  std::vector<Jid> groups;
  for (const bool by_lid : {true, false}) {
    groups.push_back(town.server.groups()
                         .create("of dave", {&alice_account, &dave_account}, by_lid, nullptr)
                         .jid());
  }
  town.advance(100);
  const auto say_in_all = [&](const std::string& text) {
    for (const Jid& group : groups) {
      sends(group, text);
      ASSERT_FALSE(dave.letters().empty()) << text;
      EXPECT_EQ(text_of(dave.letters().back().message), text);
      EXPECT_EQ(dave.letters().back().chat, group);
    }
    EXPECT_EQ(dave.unreadable(), 0U) << text;
  };
  say_in_all("1");
  say_in_all("2");
  town.server.reinstall(dave_account);  // told of it
  town.advance(100);
  say_in_all("3");
  say_in_all("4");
  town.filter = [](const Node& stanza) { return stanza.tag() != "notification"; };
  town.server.reinstall(dave_account);  // heard of by its first message
  town.advance(100);
  town.filter = nullptr;
  ASSERT_TRUE(dave.write(alice.pn(), text_message("new again")));
  town.advance(100);
  say_in_all("5");
  EXPECT_EQ(alice.messenger->counters().retries_answered, 0U);
  town.server.violations().clear();  // of the notifications that nobody acknowledged
}

TEST_F(Identity, FollowsDevicesThatComeAndGo) {
  TestDevice tablet(town, bob_account);
  tablet.link();
  sends(bob.pn(), "all three");
  EXPECT_EQ(tablet.texts(), Texts{"all three"});
  ASSERT_TRUE(town.server.unlink(bob_account, 1));
  town.advance(100);
  sends(bob.pn(), "the two that are left");
  EXPECT_EQ(tablet.texts().back(), "the two that are left");
  EXPECT_EQ(bob.texts(), (Texts{"hello", "all three"}));
  EXPECT_EQ(phone_texts().back(), "the two that are left");
  // The last companion goes while the news of it is under way.
  town.filter = [](const Node& stanza) { return stanza.tag() != "notification"; };
  ASSERT_TRUE(town.server.unlink(bob_account, 2));
  town.advance(100);
  town.filter = nullptr;
  sends(bob.pn(), "the phone alone");
  EXPECT_EQ(phone_texts().back(), "the phone alone");
  town.server.violations().clear();
}

TEST_F(Identity, UploadsPrekeysWhenTheServerHasFewLeft) {
  auto& prekeys = bob_account.devices.at(1).prekeys;
  ASSERT_GT(prekeys.size(), 6U);
  prekeys.resize(5);
  sim::Account& carol_account = *town.server.world().create("15550001003", "carol");
  TestDevice carol(town, carol_account);
  carol.link();
  (void)carol.say(bob.pn(), "takes one");
  town.advance(500);
  EXPECT_EQ(bob.texts().back(), "takes one");
  EXPECT_GT(prekeys.size(), 5U);
  // None at all: sessions begin without, and there are some afterwards.
  prekeys.resize(1);
  for (const char* phone : {"15550001004", "15550001005"}) {
    TestDevice other(town, *town.server.world().create(phone, "somebody"));
    other.link();
    (void)other.say(bob.pn(), std::string("from ") + phone);
    town.advance(500);
    EXPECT_EQ(bob.texts().back(), std::string("from ") + phone);
  }
  EXPECT_GT(prekeys.size(), 5U);
}

}  // namespace
}  // namespace waxwing::multidevice
