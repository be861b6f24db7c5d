// SPDX-License-Identifier: Apache-2.0
// Every send that is accepted ends once: with the server's acknowledgement or with its error.
#include <gtest/gtest.h>

#include "multidevice/message/messenger.hpp"
#include "unit/multidevice/message/town.hpp"

namespace waxwing::multidevice {
namespace {

using Texts = std::vector<std::string>;

class Refusals : public ::testing::Test {
 protected:
  void SetUp() override {
    alice.link();
    bob.link();
    const std::string id = alice.say(bob.pn(), "hello");
    town.advance(100);
    ASSERT_EQ(alice.results[id].state, SendResult::State::Sent);
  }
  void TearDown() override {
    EXPECT_EQ(town.violations(), 0U);
    EXPECT_EQ(alice.events.sent.size(), alice.events.outgoing.size());
    for (const auto& [key, value] : alice.disk) {
      EXPECT_NE(key.first, rows::kOutbox) << key.second;
    }
  }

  const SendResult& result_of(const std::string& id) {
    EXPECT_EQ(alice.results.count(id), 1U);
    return alice.results[id];
  }

  Town town;
  sim::Account& alice_account = *town.server.world().create("15550001001", "alice");
  sim::Account& bob_account = *town.server.world().create("15550001002", "bob");
  TestDevice alice{town, alice_account};
  TestDevice bob{town, bob_account};
};

TEST_F(Refusals, NamesEveryErrorOfTheServer) {
  struct Row {
    std::uint32_t code;
    std::string reason;
  };
  const std::vector<Row> rows = {
      {400, "rejected"},        {401, "not_allowed"},  {403, "not_allowed"},
      {404, "not_on_whatsapp"}, {405, "not_allowed"},  {406, "rejected"},
      {421, "stale_group"},     {429, "rate_limited"}, {463, "new_chat_refused"},
      {475, "restricted"},      {479, "rejected"},     {599, "rejected"},
  };
  for (const Row& row : rows) {
    town.server.faults().message_error = row.code;
    const std::string id = alice.say(bob.pn(), "refused");
    town.advance(200);
    const SendResult& result = result_of(id);
    EXPECT_EQ(result.state, SendResult::State::Failed) << row.code;
    EXPECT_EQ(result.reason, row.reason) << row.code;
    EXPECT_EQ(result.code, static_cast<int>(row.code));
    EXPECT_FALSE(result.text.empty());
    EXPECT_EQ(alice.events.sent.back().first, id);
    EXPECT_EQ(alice.events.sent.back().second.reason, row.reason);
    // And the next one leaves as if nothing had been.
    town.server.faults().message_error = 0;
    const std::string next = alice.say(bob.pn(), "after " + std::to_string(row.code));
    town.advance(200);
    EXPECT_EQ(result_of(next).state, SendResult::State::Sent);
    EXPECT_EQ(bob.texts().back(), "after " + std::to_string(row.code));
  }
}

TEST_F(Refusals, IsSentAgainOnceWhenTheServerKnowsOtherDevices) {
  town.server.faults().message_error = 421;
  town.server.faults().message_errors = 1;
  const std::string id = alice.say(bob.pn(), "stale");
  town.advance(200);
  EXPECT_EQ(result_of(id).state, SendResult::State::Sent);
  EXPECT_EQ(bob.texts(), (Texts{"hello", "stale"}));
  EXPECT_EQ(bob.events.messages.back().info.id, id);
  EXPECT_EQ(alice.events.outgoing.size(), 2U);  // one event, though it left twice
  EXPECT_EQ(alice.events.sent.size(), 2U);
}

TEST_F(Refusals, RenewsForTheDevicesThatThereAreNow) {
  // The news of the tablet is lost on its way, as is that of the group's other mode.
  sim::Group& group =
      town.server.groups().create("two", {&alice_account, &bob_account}, false, nullptr);
  town.advance(100);
  (void)alice.say(group.jid(), "by number");
  town.advance(200);
  ASSERT_EQ(bob.texts().back(), "by number");
  town.filter = [](const Node& stanza) { return stanza.tag() != "notification"; };
  TestDevice tablet(town, bob_account);
  tablet.link();
  town.filter = nullptr;
  group.by_lid = true;
  const std::string id = alice.say(group.jid(), "by LID");
  town.advance(200);
  EXPECT_EQ(result_of(id).state, SendResult::State::Sent);
  EXPECT_EQ(bob.texts().back(), "by LID");
  EXPECT_EQ(tablet.texts(), Texts{"by LID"});
  EXPECT_TRUE(tablet.unreadable.empty());
  town.server.violations().clear();  // of the notifications that nobody acknowledged
}

TEST_F(Refusals, LooksAgainWhenTheServersListIsAnother) {
  sim::Group& group =
      town.server.groups().create("two", {&alice_account, &bob_account}, true, nullptr);
  town.advance(100);
  (void)alice.say(group.jid(), "1");
  town.advance(200);
  town.filter = [](const Node& stanza) { return stanza.tag() != "notification"; };
  TestDevice tablet(town, bob_account);
  tablet.link();
  town.filter = nullptr;
  // It went out, and whoever has no key for it asks; the next one is for all.
  const std::string id = alice.say(group.jid(), "2");
  town.advance(200);
  EXPECT_EQ(result_of(id).state, SendResult::State::Sent);
  EXPECT_EQ(tablet.texts(), Texts{"2"});
  EXPECT_EQ(tablet.unreadable.size(), 1U);
  (void)alice.say(group.jid(), "3");
  town.advance(200);
  EXPECT_EQ(tablet.texts().back(), "3");
  EXPECT_EQ(tablet.unreadable.size(), 1U);
  town.server.violations().clear();
}

TEST_F(Refusals, EndsARenewalThatMeetsTheEndOfTheConnection) {
  town.server.faults().message_error = 421;
  town.server.faults().message_errors = 1;
  // The connection goes while the devices are asked for.
  int queries = 0;
  const std::string id = alice.say(bob.pn(), "stale");
  ASSERT_TRUE(town.run_until([&] {
    queries = alice.notes.empty() ? 0 : 1;
    return queries != 0;
  }));
  alice.go_offline();
  town.advance(60'000);
  EXPECT_EQ(result_of(id).state, SendResult::State::Accepted);
  alice.go_online();
  town.advance(10'000);
  EXPECT_EQ(bob.texts(), (Texts{"hello", "stale"}));
  ASSERT_EQ(alice.events.sent.size(), 2U);
  EXPECT_EQ(alice.events.sent.back().second.state, SendResult::State::Sent);
}

TEST_F(Refusals, EndsARenewalThatMeetsTheEndOfTheProcess) {
  for (int at = 1; at < 20; ++at) {
    const std::size_t before = bob.texts().size();
    town.server.faults().message_error = 421;
    town.server.faults().message_errors = 1;
    alice.commits = 0;
    alice.kill_at_commit = at;
    const std::string id = alice.say(bob.pn(), "stale " + std::to_string(at));
    town.advance(200);
    const bool killed = !alice.client;
    alice.kill_at_commit = 0;
    town.server.faults().message_error = 0;
    if (killed) {
      alice.boot();
      town.advance(10'000);
    }
    EXPECT_EQ(alice.events.sent.size(), alice.events.outgoing.size()) << "killed at " << at;
    const bool accepted = alice.events.outgoing.back().id == id;
    EXPECT_EQ(bob.texts().size() - before, accepted ? 1U : 0U) << "killed at " << at;
    if (!killed) {
      EXPECT_GT(at, 3);
      return;
    }
  }
  FAIL() << "it never got through";
}

TEST_F(Refusals, SaysWhatIsWrongBeforeAnythingLeaves) {
  const std::string nobody = alice.say(Jid::of_user("15559999999", server::kUser), "anybody?");
  town.advance(100);
  EXPECT_EQ(result_of(nobody).reason, "not_on_whatsapp");
  sim::Group& others = town.server.groups().create("others", {&bob_account}, true, nullptr);
  const std::string outside = alice.say(others.jid(), "let me in");
  town.advance(100);
  EXPECT_EQ(result_of(outside).reason, "not_a_member");
  const std::string nowhere = alice.say(Jid::of_user("120363999", server::kGroup), "echo?");
  town.advance(100);
  EXPECT_EQ(result_of(nowhere).reason, "not_a_member");
  EXPECT_EQ(alice.events.outgoing.size(), 1U);
}

TEST_F(Refusals, WritesToItself) {
  TestDevice tablet(town, alice_account);
  tablet.link();
  const std::string id = alice.say(alice.pn(), "note to self");
  town.advance(200);
  EXPECT_EQ(result_of(id).state, SendResult::State::Sent);
  EXPECT_EQ(tablet.texts(), Texts{"note to self"});
  EXPECT_TRUE(tablet.events.messages.back().info.from_me);
  EXPECT_EQ(tablet.events.messages.back().info.chat, alice.pn());
}

TEST_F(Refusals, NeverArrivesAtWhomHasBlockedUs) {
  bob_account.blocked.insert(&alice_account);
  const std::string id = alice.say(bob.pn(), "hello?");
  town.advance(200);
  EXPECT_EQ(result_of(id).state, SendResult::State::Sent);  // one tick, for ever
  EXPECT_EQ(bob.texts(), Texts{"hello"});
  EXPECT_EQ(alice.events.receipts.size(), 1U);
}

}  // namespace
}  // namespace waxwing::multidevice
