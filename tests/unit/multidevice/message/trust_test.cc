// SPDX-License-Identifier: Apache-2.0
// Tokens of trusted contacts, and devices that their account does not vouch for.
#include <gtest/gtest.h>

#include "multidevice/message/messenger.hpp"
#include "unit/multidevice/message/town.hpp"

namespace waxwing::multidevice {
namespace {

using Texts = std::vector<std::string>;

class Trust : public ::testing::Test {
 protected:
  void SetUp() override {
    alice.link();
    bob.link();
  }
  void TearDown() override { EXPECT_EQ(town.violations(), 0U); }

  std::string sends(TestDevice& from, TestDevice& to, const std::string& text) {
    const std::string id = from.say(to.pn(), text);
    town.advance(200);
    const SendResult& result = from.results[id];
    return result.state == SendResult::State::Sent ? "sent" : result.reason;
  }

  Town town;
  sim::Account& alice_account = *town.server.world().create("15550001001", "alice");
  sim::Account& bob_account = *town.server.world().create("15550001002", "bob");
  TestDevice alice{town, alice_account};
  TestDevice bob{town, bob_account};
};

TEST_F(Trust, WritesToWhoeverGaveItAToken) {
  town.server.faults().demand_tokens = true;
  EXPECT_EQ(sends(alice, bob, "who are you?"), "new_chat_refused");
  town.server.faults().demand_tokens = false;
  EXPECT_EQ(sends(bob, alice, "I am Bob"), "sent");
  EXPECT_EQ(bob_account.tokens.count(&alice_account), 1U);
  town.server.faults().demand_tokens = true;
  EXPECT_EQ(sends(alice, bob, "hello Bob"), "sent");
  EXPECT_EQ(bob.texts(), Texts{"hello Bob"});
  alice.kill();
  alice.boot();
  town.advance(2'000);
  EXPECT_EQ(sends(alice, bob, "I know you"), "sent");
  // Given once a week, and good for four.
  const Bytes given = bob_account.tokens[&alice_account];
  EXPECT_EQ(sends(bob, alice, "good"), "sent");
  EXPECT_EQ(bob_account.tokens[&alice_account], given);
  for (TestDevice* device : {&alice, &bob}) {
    device->go_offline();
  }
  town.advance(std::int64_t{35} * 86'400'000);
  for (TestDevice* device : {&alice, &bob}) {
    device->go_online();
  }
  EXPECT_EQ(sends(alice, bob, "still there?"), "new_chat_refused");
  town.server.faults().demand_tokens = false;
  EXPECT_EQ(sends(bob, alice, "yes"), "sent");
  EXPECT_NE(bob_account.tokens[&alice_account], given);
  town.server.faults().demand_tokens = true;
  EXPECT_EQ(sends(alice, bob, "good"), "sent");
}

TEST_F(Trust, KeepsTokensOutOfGroupsAndTheOwnChat) {
  town.server.faults().demand_tokens = true;
  EXPECT_EQ(sends(alice, alice, "note to self"), "sent");
  sim::Group& group =
      town.server.groups().create("two", {&alice_account, &bob_account}, true, nullptr);
  town.advance(100);
  const std::string id = alice.say(group.jid(), "in the group");
  town.advance(200);
  EXPECT_EQ(alice.results[id].state, SendResult::State::Sent);
  EXPECT_TRUE(alice_account.tokens.empty());
}

TEST_F(Trust, WritesToNoDeviceThatTheAccountHasNotSigned) {
  TestDevice tablet(town, bob_account);
  tablet.link();
  // The server hands out keys of its own for one of them.
  bob_account.devices.at(2).device_identity = bob_account.devices.at(1).device_identity;
  EXPECT_EQ(sends(alice, bob, "for those I trust"), "sent");
  EXPECT_EQ(bob.texts(), Texts{"for those I trust"});
  EXPECT_TRUE(tablet.texts().empty());
  EXPECT_EQ(alice.notes, Texts{"device.untrusted"});
}

TEST_F(Trust, ReadsNoDeviceThatTheAccountHasNotSigned) {
  TestDevice tablet(town, alice_account);
  tablet.link();
  const auto record_of = [](TestDevice& device) {
    return DeviceRecord::decode(device.disk.at({"device", "creds"})).value();
  };
  tablet.kill();
  DeviceRecord forged = record_of(tablet);
  forged.signed_identity = record_of(alice).signed_identity;
  tablet.disk[{"device", "creds"}] = to_bytes(forged.encode());
  tablet.boot();
  town.advance(2'000);
  (void)sends(tablet, bob, "believe me");
  EXPECT_TRUE(bob.texts().empty());
  ASSERT_FALSE(bob.unreadable.empty());
  EXPECT_EQ(bob.unreadable[0], UnreadableMessage::Why::Undecryptable);
  EXPECT_EQ(sends(alice, bob, "it is me"), "sent");
  EXPECT_EQ(bob.texts(), Texts{"it is me"});
}

}  // namespace
}  // namespace waxwing::multidevice
