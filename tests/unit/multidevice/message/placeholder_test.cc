// SPDX-License-Identifier: Apache-2.0
// Messages that could not be read come from the account's phone: once, whoever else sends them
// again, and whenever the process is killed meanwhile.
#include <gtest/gtest.h>

#include "multidevice/message/messenger.hpp"
#include "multidevice/message/peer_data.hpp"
#include "unit/multidevice/message/town.hpp"

namespace waxwing::multidevice {
namespace {

using Texts = std::vector<std::string>;
using Why = UnreadableMessage::Why;

TEST(PeerData, IsWrittenWithThePublicNumbers) {
  const MessageKey key{"1@g.us", true, "ID", "2@lid"};
  // Message.protocolMessage(12){type(2)=16, peerDataOperationRequestMessage(16){type(1)=4,
  // placeholderMessageResendRequest(5){messageKey(1){remoteJID, fromMe, ID, participant}}}}
  const Bytes request = ask_for_copies({key});
  EXPECT_EQ(to_hex(request),
            "6220101082011b08042a170a150a063140672e757310011a024944220532406c6964");
  EXPECT_EQ(asked_copies(request), std::vector{key});
  const Bytes text = text_message("hello");
  const Bytes answer = give_copies("R", {{key, text, 7, "Bob"}, {key, {}, 8, {}}});
  const auto copies = given_copies(answer);
  ASSERT_EQ(copies.size(), 2U);
  EXPECT_EQ(copies[0].key, key);
  EXPECT_EQ(text_of(copies[0].message.value()), "hello");
  EXPECT_EQ(copies[0].time_s, 7U);
  EXPECT_EQ(copies[0].push_name, "Bob");
  EXPECT_FALSE(copies[1].message.has_value());
  EXPECT_TRUE(given_copies(request).empty());
  EXPECT_TRUE(asked_copies(text).empty());
}

struct Street {
  Street() {
    alice.link();
    bob.link();
    phone.set_awake(true);
    town.advance(100);
  }
  Town town;
  sim::Account& alice_account = *town.server.world().create("15550001001", "alice");
  sim::Account& bob_account = *town.server.world().create("15550001002", "bob");
  sim::Party& phone = town.server.phones().of(bob_account);
  TestDevice alice{town, alice_account};
  TestDevice bob{town, bob_account};
};

class Placeholders : public ::testing::Test, protected Street {
 protected:
  void TearDown() override { EXPECT_EQ(town.violations(), 0U); }
  std::uint64_t carried() { return town.server.router().messages(); }
};

TEST_F(Placeholders, ComeFromThePhoneWhenRetriesFail) {
  town.server.faults().damage_messages = true;
  const std::string id = alice.say(bob.pn(), "only the phone can read this");
  town.advance(1'000);
  EXPECT_EQ(bob.unreadable, (std::vector{Why::Undecryptable, Why::Unavailable}));
  EXPECT_TRUE(bob.texts().empty());
  town.advance(5'000);
  EXPECT_EQ(bob.texts(), Texts{"only the phone can read this"});
  const MessageInfo& info = bob.events.messages.back().info;
  EXPECT_EQ(info.id, id);
  EXPECT_EQ(info.peer, (Person{alice.pn(), alice.lid()}));
  EXPECT_EQ(info.push_name, "alice");
  EXPECT_FALSE(info.from_me);
  EXPECT_EQ(bob.messenger->counters().copies_taken, 1U);
  EXPECT_EQ(bob.disk.count({std::string(rows::kPlaceholders), "all"}), 0U);
  town.server.faults().damage_messages = false;
  bob.kill();  // the author's repetitions still wait at the server
  bob.boot();
  town.advance(10'000);
  EXPECT_EQ(bob.texts(), Texts{"only the phone can read this"});
  EXPECT_TRUE(bob_account.devices.at(1).waiting.empty());
  (void)alice.say(bob.pn(), "and this everybody");
  town.advance(200);
  EXPECT_EQ(bob.texts().back(), "and this everybody");
}

TEST_F(Placeholders, AreNotAskedForWhenTheAuthorIsQuick) {
  town.server.faults().damage_messages = true;
  const std::uint64_t before = carried();
  bool damaged = false;
  town.filter = [&](const Node& stanza) {
    damaged = damaged || stanza.text("type") == "retry";
    town.server.faults().damage_messages = !damaged;
    return true;
  };
  (void)alice.say(bob.pn(), "again, then");
  town.advance(20'000);
  EXPECT_EQ(bob.texts(), Texts{"again, then"});
  EXPECT_EQ(bob.messenger->counters().copies_taken, 0U);
  EXPECT_EQ(carried(), before + 2);  // the message and its repetition
  EXPECT_EQ(bob.disk.count({std::string(rows::kPlaceholders), "all"}), 0U);
}

TEST_F(Placeholders, CountOnceWhenTheAuthorSendsItLate) {
  town.server.faults().damage_messages = true;
  (void)alice.say(bob.pn(), "once");
  ASSERT_TRUE(town.run_until([&] { return !bob.unreadable.empty(); }));
  alice.go_offline();
  town.advance(6'000);
  EXPECT_EQ(bob.texts(), Texts{"once"});
  EXPECT_TRUE(bob_account.devices.at(1).waiting.empty());  // its receipt has taken it
  town.server.faults().damage_messages = false;
  alice.go_online();
  town.advance(1'000);
  EXPECT_EQ(alice.messenger->counters().retries_answered, 1U);
  EXPECT_EQ(bob.texts(), Texts{"once"});
  EXPECT_EQ(bob.messenger->counters().duplicates, 1U);
}

TEST_F(Placeholders, AreAskedForOnceWhileThePhoneIsSilent) {
  phone.set_awake(false);
  town.server.faults().withhold_messages = true;
  const std::uint64_t before = carried();
  (void)alice.say(bob.pn(), "nobody answers");
  town.advance(10'000);
  EXPECT_EQ(carried(), before + 2);
  for (int i = 0; i < 3; ++i) {
    bob.kill();
    bob.boot();
    town.advance(20'000);
  }
  EXPECT_EQ(carried(), before + 2);
  EXPECT_EQ(bob.unreadable, std::vector{Why::Unavailable});
  EXPECT_EQ(bob.disk.count({std::string(rows::kPlaceholders), "all"}), 1U);
}

TEST_F(Placeholders, AreAskedForAgainUntilTheServerHasTheRequest) {
  town.server.faults().withhold_messages = true;
  (void)alice.say(bob.pn(), "through a broken line");
  town.advance(1'000);
  bob.go_offline();
  town.advance(10'000);
  bob.kill();
  bob.boot();
  town.advance(10'000);
  EXPECT_EQ(bob.texts(), Texts{"through a broken line"});
}

TEST_F(Placeholders, AreLostWhenThePhoneHasNone) {
  town.server.faults().withhold_messages = true;
  (void)alice.say(bob.pn(), "forgotten");
  town.advance(1'000);
  phone.forget_all();
  town.advance(60'000);
  // The phone's sessions are gone, too: it cannot read the first request.
  EXPECT_TRUE(bob.texts().empty());
  town.server.faults().withhold_messages = false;
}

TEST_F(Placeholders, AreReadInGroupsAndOfOwnDevices) {
  TestDevice tablet(town, bob_account);
  tablet.link();
  const Jid group =
      town.server.groups().create("two", {&alice_account, &bob_account}, true, nullptr).jid();
  town.advance(100);
  town.server.faults().withhold_messages = true;
  (void)alice.say(group, "to all");
  town.advance(10'000);
  ASSERT_EQ(bob.texts(), Texts{"to all"});
  const MessageInfo& info = bob.events.messages.back().info;
  EXPECT_EQ(info.chat, group);
  EXPECT_EQ(info.sender, (Person{alice.pn(), alice.lid()}));
  (void)bob.say(alice.pn(), "from the other device");
  town.advance(10'000);
  ASSERT_EQ(tablet.texts(), (Texts{"to all", "from the other device"}));
  const MessageInfo& own = tablet.events.messages.back().info;
  EXPECT_TRUE(own.from_me);
  EXPECT_EQ(own.peer, (Person{alice.pn(), alice.lid()}));
}

TEST_F(Placeholders, DoNotFloodThePhone) {
  phone.set_awake(false);
  town.server.faults().withhold_messages = true;
  const std::uint64_t before = carried();
  for (int i = 0; i < 150; ++i) {
    (void)alice.say(bob.pn(), std::to_string(i));
    town.advance(10);
  }
  town.advance(30'000);
  EXPECT_EQ(carried(), before + 150 + 100);
  town.advance(700'000);
  EXPECT_EQ(carried(), before + 150 + 128);  // the eldest were given up
  EXPECT_EQ(bob.unreadable.size(), 150U);
}

// Kills the reader before and after each commit of the way to the copy.
TEST(PlaceholderKill, LosesAndDoublesNothing) {
  int steps = 0;
  for (int at = 1; at < 100; ++at) {
    Street street;
    TestDevice& bob = street.bob;
    street.town.server.faults().damage_messages = true;
    bob.commits = 0;
    bob.kill_at_commit = at;
    (void)street.alice.say(bob.pn(), "unreadable", "LOST");
    street.town.advance(10'000);
    const bool killed = !bob.client;
    bob.kill_at_commit = 0;
    if (killed) {
      ++steps;
      bob.boot();
      street.town.advance(30'000);
    }
    EXPECT_EQ(bob.texts(), Texts{"unreadable"}) << "killed at " << at;
    ASSERT_FALSE(bob.unreadable.empty());
    street.town.server.faults().damage_messages = false;
    (void)street.alice.say(bob.pn(), "after");
    street.town.advance(1'000);
    EXPECT_EQ(bob.texts(), (Texts{"unreadable", "after"})) << "killed at " << at;
    bob.kill();  // what was repeated is known when it comes again
    bob.boot();
    street.town.advance(10'000);
    EXPECT_EQ(bob.texts(), (Texts{"unreadable", "after"})) << "killed at " << at;
    EXPECT_TRUE(street.bob_account.devices.at(1).waiting.empty());
    EXPECT_EQ(street.town.violations(), 0U);
    if (!killed) {
      break;
    }
  }
  EXPECT_GE(steps, 8);
}

}  // namespace
}  // namespace waxwing::multidevice
