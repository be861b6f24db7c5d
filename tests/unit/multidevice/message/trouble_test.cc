// SPDX-License-Identifier: Apache-2.0
// What goes wrong between devices: lost sessions, repeated stanzas, full disks, killed processes.
#include <algorithm>

#include <gtest/gtest.h>

#include "multidevice/message/messenger.hpp"
#include "unit/multidevice/message/town.hpp"

namespace waxwing::multidevice {
namespace {

using Texts = std::vector<std::string>;

class Trouble : public ::testing::Test {
 protected:
  void SetUp() override {
    alice.link();
    bob.link();
    (void)alice.say(bob.pn(), "hello");
    town.advance(100);
    (void)bob.say(alice.pn(), "hello yourself");
    town.advance(100);
    ASSERT_EQ(bob.texts(), Texts{"hello"});
    ASSERT_EQ(alice.texts(), Texts{"hello yourself"});
  }
  void TearDown() override { EXPECT_EQ(town.violations(), 0U); }

  // The process loses what it has in memory of these rows, too.
  static void lose(TestDevice& device, std::string_view space) {
    device.kill();
    std::erase_if(device.disk, [&](const auto& row) { return row.first.first == space; });
    device.boot();
    device.town.advance(2'000);
  }

  Town town;
  sim::Account& alice_account = *town.server.world().create("15550001001", "alice");
  sim::Account& bob_account = *town.server.world().create("15550001002", "bob");
  TestDevice alice{town, alice_account};
  TestDevice bob{town, bob_account};
};

TEST_F(Trouble, AsksAgainWhenTheReceiverLostItsSession) {
  lose(bob, rows::kSessions);
  const std::string id = alice.say(bob.pn(), "can you read this?");
  town.advance(100);
  EXPECT_EQ(bob.texts(), (Texts{"hello", "can you read this?"}));
  EXPECT_EQ(bob.events.messages.back().info.id, id);
  EXPECT_EQ(bob.unreadable.size(), 1U);
  EXPECT_EQ(alice.messenger->counters().retries_answered, 1U);
  (void)bob.say(alice.pn(), "now I can");
  town.advance(100);
  (void)alice.say(bob.pn(), "good");
  town.advance(100);
  EXPECT_EQ(alice.texts().back(), "now I can");
  EXPECT_EQ(bob.texts().back(), "good");
  EXPECT_EQ(bob.unreadable.size(), 1U);
}

TEST_F(Trouble, BeginsAnewWhenTheSenderLostItsSession) {
  lose(alice, rows::kSessions);
  (void)alice.say(bob.pn(), "it is me");
  town.advance(100);
  EXPECT_EQ(bob.texts().back(), "it is me");
  (void)bob.say(alice.pn(), "I know");
  town.advance(100);
  EXPECT_EQ(alice.texts().back(), "I know");
}

TEST_F(Trouble, HandsARepeatedStanzaOverOnce) {
  bob.go_offline();
  (void)alice.say(bob.pn(), "once");
  town.advance(100);
  // The server repeats whatever it got no receipt for.
  auto& waiting = bob_account.devices.at(1).waiting;
  ASSERT_EQ(waiting.size(), 1U);
  const sim::Waiting copy = waiting.front();
  bob.go_online();
  EXPECT_EQ(bob.texts(), (Texts{"hello", "once"}));
  for (int i = 0; i < 3; ++i) {
    bob.kill();
    waiting.push_back(copy);
    waiting.back().sent_s = 0;
    bob.boot();
    town.advance(2'000);
    EXPECT_EQ(bob.texts(), (Texts{"hello", "once"}));
    EXPECT_TRUE(waiting.empty());
  }
}

TEST_F(Trouble, StaysWithTheServerUntilTheDiskWorks) {
  bob.disk_works = false;
  (void)alice.say(bob.pn(), "kept");
  town.advance(200);
  EXPECT_EQ(bob.texts(), Texts{"hello"});
  EXPECT_EQ(bob_account.devices.at(1).waiting.size(), 1U);
  bob.disk_works = true;
  town.advance(120'000);
  EXPECT_EQ(bob.texts(), (Texts{"hello", "kept"}));
  EXPECT_TRUE(bob_account.devices.at(1).waiting.empty());
}

TEST_F(Trouble, RefusesToSendWhatCannotBeStored) {
  alice.disk_works = false;
  const std::string id = alice.say(bob.pn(), "lost");
  town.advance(200);
  EXPECT_EQ(alice.results[id].state, SendResult::State::Failed);
  EXPECT_EQ(alice.results[id].reason, "storage_failed");
  alice.disk_works = true;
  town.advance(120'000);
  EXPECT_EQ(bob.texts(), Texts{"hello"});
  (void)alice.say(bob.pn(), "works again");
  town.advance(200);
  EXPECT_EQ(bob.texts().back(), "works again");
}

TEST_F(Trouble, WaitsForTheConnectionAndThenGivesUp) {
  alice.go_offline();
  const std::string first = alice.say(bob.pn(), "late");
  town.advance(1'000);
  EXPECT_EQ(alice.results.count(first), 0U);
  alice.go_online();
  EXPECT_EQ(alice.results[first].state, SendResult::State::Sent);
  EXPECT_EQ(bob.texts().back(), "late");
  alice.go_offline();
  const std::string second = alice.say(bob.pn(), "too late");
  town.advance(11'000);
  EXPECT_EQ(alice.results[second].reason, "offline");
}

TEST_F(Trouble, MovesASessionThatWasMadeByNumber) {
  bob.kill();
  const auto by_lid = bob.disk.find({"sessions", alice_account.lid + "_1.1"});
  ASSERT_NE(by_lid, bob.disk.end());
  bob.disk[{"sessions", alice_account.phone + ".1"}] = by_lid->second;
  bob.disk.erase(by_lid);
  std::erase_if(bob.disk, [](const auto& row) { return row.first.first == rows::kPeople; });
  bob.boot();
  town.advance(2'000);
  (void)alice.say(bob.pn(), "the same session");
  town.advance(100);
  EXPECT_EQ(bob.texts().back(), "the same session");
  EXPECT_TRUE(bob.unreadable.empty());
  EXPECT_EQ(bob.disk.count({"sessions", alice_account.lid + "_1.1"}), 1U);
  EXPECT_EQ(bob.disk.count({"sessions", alice_account.phone + ".1"}), 0U);
}

TEST_F(Trouble, GivesUpAMessageThatNobodySendsAgain) {
  using Why = UnreadableMessage::Why;
  lose(bob, rows::kSessions);
  alice.kill();
  alice.boot();
  town.advance(2'000);
  // Its author does not know it any more when it is asked for.
  town.filter = [](const Node& stanza) { return stanza.text("type") != "retry"; };
  const std::string id = alice.say(bob.pn(), "lost");
  town.advance(200);
  EXPECT_EQ(bob.unreadable, std::vector{Why::Undecryptable});
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(bob_account.devices.at(1).waiting.size(), i < 5 ? 1U : 0U) << i;
    bob.go_offline();
    town.advance(100);
    bob.go_online();
    town.advance(200);
  }
  EXPECT_EQ(bob.unreadable, (std::vector{Why::Undecryptable, Why::Unavailable}));
  EXPECT_EQ(bob.texts(), Texts{"hello"});
  town.filter = nullptr;
  town.server.violations().clear();  // of the receipts that nobody acknowledged
}

TEST_F(Trouble, TellsOfWhatOnlyThePhoneMayHave) {
  using Why = UnreadableMessage::Why;
  const auto send = [&](const char* id, Node unavailable) {
    Node stanza("message");
    stanza.set("from", alice.lid()).set("type", "media").set("t", town.now_s());
    stanza.set("sender_pn", alice.pn()).add(std::move(unavailable));
    town.server.router().deliver(bob_account.devices.at(1), id, std::move(stanza));
    town.advance(100);
  };
  bob.disk_works = false;
  send("ONCE", Node("unavailable").set("type", "view_once"));
  EXPECT_TRUE(bob.unreadable.empty());
  EXPECT_EQ(bob_account.devices.at(1).waiting.size(), 1U);  // it is told of before it is taken
  bob.disk_works = true;
  town.advance(120'000);
  send("GONE", Node("unavailable"));
  EXPECT_EQ(bob.unreadable, (std::vector{Why::ViewOnce, Why::Unavailable}));
  EXPECT_TRUE(bob_account.devices.at(1).waiting.empty());
}

TEST_F(Trouble, ReadsWhatComesInAnotherOrder) {
  bob.go_offline();
  Texts said = {"hello"};
  for (int i = 0; i < 8; ++i) {
    said.push_back(std::to_string(i));
    (void)alice.say(bob.pn(), said.back());
    town.advance(10);
  }
  auto& waiting = bob_account.devices.at(1).waiting;
  ASSERT_EQ(waiting.size(), 8U);
  std::reverse(waiting.begin(), waiting.end());
  std::swap(waiting[0], waiting[5]);
  const std::size_t once = waiting.size();
  for (std::size_t i = 0; i < once; i += 2) {
    waiting.push_back(waiting[i]);  // and some of them twice
  }
  bob.go_online();
  town.advance(500);
  Texts got = bob.texts();
  std::sort(got.begin(), got.end());
  std::sort(said.begin(), said.end());
  EXPECT_EQ(got, said);
  EXPECT_TRUE(bob.unreadable.empty());
  EXPECT_TRUE(waiting.empty());
  EXPECT_EQ(bob.messenger->counters().duplicates, once / 2);
}

TEST_F(Trouble, RefillsPrekeysWhenTheyRunOut) {
  auto& device = bob_account.devices.at(1);
  device.prekeys.clear();
  TestDevice other(town, *town.server.world().create("15550001003", "carol"));
  other.link();
  (void)other.say(bob.pn(), "without a one-time prekey");
  town.advance(500);
  EXPECT_EQ(bob.texts().back(), "without a one-time prekey");
}

// Kills a device before and after each commit of its part in a conversation, and sees that in the
// end each message was handed over once and each send ended once.
class Kill : public ::testing::TestWithParam<bool> {};

TEST_P(Kill, LosesAndDoublesNothing) {
  const bool kill_sender = GetParam();
  int steps = 0;
  for (int at = 1; at < 100; ++at) {
    Town town;
    sim::Account& alice_account = *town.server.world().create("15550001001", "alice");
    sim::Account& bob_account = *town.server.world().create("15550001002", "bob");
    TestDevice alice(town, alice_account);
    TestDevice bob(town, bob_account);
    alice.link();
    bob.link();
    TestDevice& victim = kill_sender ? alice : bob;
    victim.commits = 0;
    victim.kill_at_commit = at;
    Texts said;
    for (int i = 0; i < 3; ++i) {
      said.push_back("message " + std::to_string(i));
      if (alice.client) {
        (void)alice.say(bob.pn(), said.back(), "ID" + std::to_string(i));
      }
      town.advance(i == 0 ? 100 : 1);
    }
    town.advance(100);
    const bool killed = !victim.client;
    victim.kill_at_commit = 0;
    if (killed) {
      ++steps;
      victim.boot();
      town.advance(5'000);
    }
    // What was accepted arrives, and once.
    Texts accepted;
    for (const MessageInfo& info : alice.events.outgoing) {
      accepted.push_back("message " + info.id.substr(2));
    }
    EXPECT_EQ(bob.texts(), accepted) << "killed at " << at;
    EXPECT_EQ(alice.events.sent.size(), accepted.size()) << "killed at " << at;
    EXPECT_TRUE(kill_sender || accepted == said);
    // And what comes after is read as if nothing had been.
    (void)alice.say(bob.pn(), "after");
    town.advance(200);
    (void)bob.say(alice.pn(), "answer");
    town.advance(200);
    ASSERT_FALSE(bob.texts().empty());
    EXPECT_EQ(bob.texts().back(), "after") << "killed at " << at;
    EXPECT_EQ(alice.texts(), Texts{"answer"}) << "killed at " << at;
    EXPECT_TRUE(bob.unreadable.empty());
    EXPECT_EQ(town.violations(), 0U);
    if (!killed) {
      break;
    }
  }
  EXPECT_GE(steps, 6);
}
INSTANTIATE_TEST_SUITE_P(Messenger, Kill, ::testing::Bool(), [](const auto& which) {
  return which.param ? "TheSender" : "TheReceiver";
});

}  // namespace
}  // namespace waxwing::multidevice
