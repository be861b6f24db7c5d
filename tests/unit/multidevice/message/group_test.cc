// SPDX-License-Identifier: Apache-2.0
// Groups: one ciphertext for all, keys for those who may read, and what happens when that changes.
#include <gtest/gtest.h>

#include "multidevice/message/messenger.hpp"
#include "multidevice/signal/sender_key.hpp"
#include "unit/multidevice/message/town.hpp"

namespace waxwing::multidevice {
namespace {

using Texts = std::vector<std::string>;

class GroupChat : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    for (TestDevice* device : {&alice, &bob, &carol}) {
      device->link();
    }
    sim::Group& made = town.server.groups().create(
        "three", {&alice_account, &bob_account, &carol_account}, GetParam(), nullptr);
    group = made.jid();
    town.advance(100);
  }
  void TearDown() override { EXPECT_EQ(town.violations(), 0U); }

  void say(TestDevice& from, const std::string& text) {
    const std::string id = from.say(group, text);
    town.advance(200);
    ASSERT_EQ(from.results.count(id), 1U);
    EXPECT_EQ(from.results[id].state, SendResult::State::Sent) << from.results[id].text;
  }
  static bool change(TestDevice& by, const Jid& group, Messenger::Change what, const Jid& who) {
    bool worked = false;
    by.messenger->change_participants(
        group, what, {who},
        [&](const Answer<std::vector<Participant>>& answer) { worked = answer.ok(); });
    by.town.advance(200);
    return worked;
  }

  Town town;
  sim::Account& alice_account = *town.server.world().create("15550001001", "alice");
  sim::Account& bob_account = *town.server.world().create("15550001002", "bob");
  sim::Account& carol_account = *town.server.world().create("15550001003", "carol");
  TestDevice alice{town, alice_account};
  TestDevice bob{town, bob_account};
  TestDevice carol{town, carol_account};
  Jid group;
};

TEST_P(GroupChat, ReachesAllAndIsAnswered) {
  say(alice, "hello all");
  EXPECT_EQ(bob.texts(), Texts{"hello all"});
  EXPECT_EQ(carol.texts(), Texts{"hello all"});
  say(bob, "hello alice");
  say(alice, "again");
  EXPECT_EQ(carol.texts(), (Texts{"hello all", "hello alice", "again"}));
  const MessageInfo& info = carol.events.messages.back().info;
  EXPECT_EQ(info.chat, group);
  EXPECT_TRUE(info.group);
  EXPECT_EQ(info.sender, (Person{alice.pn(), alice.lid()}));
  // Whoever has the key is not given it again: the second stanza has no copies for people.
  EXPECT_EQ(alice.events.groups.size(), 1U);
  EXPECT_GE(alice.events.receipts.size(), 4U);
  EXPECT_TRUE(alice.events.receipts.back().group);
}

TEST_P(GroupChat, GivesKeysToThoseWhoComeAndNewOnesWhenSomebodyGoes) {
  say(alice, "1");
  TestDevice tablet(town, bob_account);
  tablet.link();
  say(alice, "2");
  EXPECT_EQ(tablet.texts(), Texts{"2"});
  sim::Account& dave_account = *town.server.world().create("15550001004", "dave");
  TestDevice dave(town, dave_account);
  dave.link();
  ASSERT_TRUE(change(alice, group, Messenger::Change::Add, dave.lid()));
  say(alice, "3");
  EXPECT_EQ(dave.texts(), Texts{"3"});
  const auto key = [&] {
    for (const auto& [name, value] : alice.disk) {
      if (name.first == rows::kSenderKeys &&
          name.second.find(alice_account.lid) != std::string::npos) {
        return to_bytes(SenderKeyRecord::decode(value).value().states().front().signing_key);
      }
    }
    return Bytes();
  };
  const Bytes before = key();
  ASSERT_FALSE(before.empty());
  say(alice, "4");
  EXPECT_EQ(key(), before);
  ASSERT_TRUE(change(alice, group, Messenger::Change::Remove, carol.lid()));
  say(alice, "5");
  EXPECT_NE(key(), before);
  EXPECT_EQ(bob.texts(), (Texts{"1", "2", "3", "4", "5"}));
  EXPECT_EQ(carol.texts(), (Texts{"1", "2", "3", "4"}));
  EXPECT_EQ(dave.texts().back(), "5");
  // A device that is unlinked must not read on either.
  const Bytes second = key();
  ASSERT_TRUE(town.server.unlink(bob_account, 2));
  town.advance(100);
  say(alice, "6");
  EXPECT_NE(key(), second);
  EXPECT_EQ(bob.texts().back(), "6");
  EXPECT_EQ(tablet.texts().back(), "5");
}

TEST_P(GroupChat, AsksAgainWhenASenderKeyIsLost) {
  say(alice, "1");
  bob.kill();
  std::erase_if(bob.disk, [](const auto& row) { return row.first.first == rows::kSenderKeys; });
  bob.boot();
  town.advance(2'000);
  say(alice, "2");
  EXPECT_EQ(bob.texts(), (Texts{"1", "2"}));
  EXPECT_EQ(bob.unreadable.size(), 1U);
  say(alice, "3");
  EXPECT_EQ(bob.texts().back(), "3");
  EXPECT_EQ(bob.unreadable.size(), 1U);
}

TEST_P(GroupChat, KnowsWhoIsInAndWhoIsNot) {
  GroupInfo info;
  carol.messenger->group(group, true, [&](const Answer<GroupInfo>& answer) {
    ASSERT_TRUE(answer.ok());
    info = answer.value;
  });
  town.advance(100);
  EXPECT_EQ(info.subject, "three");
  EXPECT_EQ(info.by_lid, GetParam());
  EXPECT_EQ(info.participants.size(), 3U);
  ASSERT_NE(info.find({bob.pn(), {}}), nullptr);
  EXPECT_EQ(info.find({bob.pn(), {}})->person.lid, bob.lid());
  ASSERT_TRUE(change(alice, group, Messenger::Change::Remove, carol.lid()));
  const std::string id = carol.say(group, "may I?");
  town.advance(200);
  EXPECT_EQ(carol.results[id].reason, "not_a_member");
  EXPECT_TRUE(carol.events.outgoing.empty());
}

TEST_P(GroupChat, IsMadeRenamedAndLeft) {
  Jid made;
  alice.messenger->create_group("new", {bob.lid()}, [&](const Answer<GroupInfo>& answer) {
    ASSERT_TRUE(answer.ok());
    made = answer.value.jid;
    EXPECT_EQ(answer.value.participants.size(), 2U);
  });
  town.advance(200);
  ASSERT_TRUE(made.is_group());
  // Whoever is named is named by number and LID, also where the server gives one of them.
  const Person maker{alice.pn(), alice.lid()};
  for (TestDevice* reader : {&alice, &bob}) {
    for (const bool ask : {false, true}) {
      reader->messenger->group(made, ask, [&](const Answer<GroupInfo>& answer) {
        EXPECT_EQ(answer.value.owner, maker);
        EXPECT_EQ(answer.value.subject_owner, maker);
      });
      town.advance(100);
    }
    reader->messenger->groups([&](const Answer<std::vector<GroupInfo>>& answer) {
      for (const GroupInfo& each : answer.value) {
        EXPECT_EQ(each.owner, maker);
        for (const Participant& who : each.participants) {
          EXPECT_FALSE(who.person.pn.empty() || who.person.lid.empty());
        }
      }
    });
    town.advance(100);
  }
  bool renamed = false;
  alice.messenger->set_group_subject(made, "newer",
                                     [&](const Answer<bool>& answer) { renamed = answer.ok(); });
  town.advance(200);
  EXPECT_TRUE(renamed);
  std::size_t count = 0;
  bob.messenger->groups(
      [&](const Answer<std::vector<GroupInfo>>& answer) { count = answer.value.size(); });
  bob.messenger->group(made, false, [&](const Answer<GroupInfo>& answer) {
    EXPECT_EQ(answer.value.subject, "newer");
  });
  town.advance(200);
  EXPECT_EQ(count, 2U);
  bool left = false;
  bob.messenger->leave_group(made, [&](const Answer<bool>& answer) { left = answer.ok(); });
  town.advance(200);
  EXPECT_TRUE(left);
  EXPECT_EQ(alice.events.groups.back(), GroupNews::Kind::Left);
}

INSTANTIATE_TEST_SUITE_P(Messenger, GroupChat, ::testing::Bool(),
                         [](const auto& which) { return which.param ? "ByLid" : "ByNumber"; });

}  // namespace
}  // namespace waxwing::multidevice
