// SPDX-License-Identifier: Apache-2.0
// Every row of the table of disconnects does what it says.
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "unit/multidevice/session/world.hpp"

namespace waxwing::multidevice {
namespace {

void expect_reaction(World& world, const Reaction& reaction, const std::string& what) {
  SCOPED_TRACE(what);
  world.settle();
  const int connections = world.connections;
  const std::size_t creds = world.disk.count({"device", "creds"});
  switch (reaction.action) {
    case Action::ReconnectNow:
      EXPECT_EQ(creds, 1U);
      world.advance(1);
      EXPECT_EQ(world.connections, connections + 1);
      break;
    case Action::Backoff:
      EXPECT_EQ(creds, 1U);
      world.advance(400);
      EXPECT_EQ(world.connections, connections);
      world.advance(3'000);
      EXPECT_EQ(world.connections, connections + 1);
      break;
    case Action::LongBackoff:
      EXPECT_EQ(creds, 1U);
      world.advance(149'000);
      EXPECT_EQ(world.connections, connections);
      world.advance(302'000);
      EXPECT_EQ(world.connections, connections + 1);
      break;
    case Action::NewVersion:
    case Action::Fail:
    case Action::Forget:
      EXPECT_EQ(creds, reaction.action == Action::Forget ? 0U : 1U);
      EXPECT_EQ(world.rows_in(rows::kPrekeys), reaction.action == Action::Forget ? 0U : 812U);
      ASSERT_FALSE(world.states.empty());
      EXPECT_EQ(world.states.back().state, ClientState::Failed);
      EXPECT_EQ(world.states.back().reason, reaction.reason);
      EXPECT_FALSE(world.states.back().text.empty());
      EXPECT_FALSE(world.connection_open);
      world.advance(3'600'000);
      EXPECT_EQ(world.connections, connections);
      break;
  }
}

TEST(Reactions, ToFailures) {
  for (const CodeRow& row : failure_rows()) {
    World world;
    world.pair_and_log_in();
    world.kill();
    world.boot().start();
    world.accept();
    world.run_work();
    world.serve(Node("failure").set("reason", static_cast<std::uint64_t>(row.code)));
    expect_reaction(world, row.reaction, "failure " + std::to_string(row.code));
  }
}

TEST(Reactions, ToStreamErrors) {
  for (const CodeRow& row : stream_error_rows()) {
    World world;
    world.pair_and_log_in();
    world.serve(Node("stream:error").set("code", static_cast<std::uint64_t>(row.code)));
    expect_reaction(world, row.reaction, "stream error " + std::to_string(row.code));
  }
}

TEST(Reactions, ToConflicts) {
  for (const auto& [type, cause] : {std::pair("replaced", Cause::Replaced),
                                    std::pair("device_removed", Cause::DeviceRemoved)}) {
    World world;
    world.pair_and_log_in();
    world.serve(Node("stream:error").set("code", "401").add(Node("conflict").set("type", type)));
    expect_reaction(world, reaction_to(cause), type);
  }
}

TEST(Reactions, ToWhatTheServerDidNotLike) {
  World world;
  world.pair_and_log_in();
  world.serve(Node("stream:error").add(Node("xml-not-well-formed")));
  expect_reaction(world, reaction_to(Cause::Rejected), "rejected");
}

TEST(Reactions, ToUnknownNumbers) {
  {
    World world;
    world.pair_and_log_in();
    world.serve(Node("stream:error").set("code", "777"));
    EXPECT_EQ(reaction_to_stream_error(Node("stream:error").set("code", "777")).action,
              Action::Backoff);
    expect_reaction(world, reaction_to_stream_error(Node("stream:error")), "unknown stream error");
  }
  EXPECT_EQ(reaction_to_failure(777).action, Action::Fail);
  EXPECT_EQ(reaction_to_failure(0).reason, "connect_failure");
}

TEST(Reactions, ToBrokenOctets) {
  World world;
  world.pair_and_log_in();
  world.client().received(
      Bytes{0, 0, 20, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20});
  expect_reaction(world, reaction_to(Cause::Broken), "broken");
}

TEST(Reactions, ToAServerThatDoesNotAnswer) {
  World world;
  world.pair_and_log_in();
  world.kill();
  world.boot().start();
  world.accept();
  world.advance(20'000);
  EXPECT_EQ(world.states.back().reason, "handshake_timeout");
  expect_reaction(world, reaction_to(Cause::HandshakeTimeout), "handshake timeout");
}

TEST(Reactions, ToManyAttempts) {
  Personality patient;
  patient.max_attempts = 3;
  World world(patient);
  world.boot().start();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(world.connection_open) << i;
    world.lose("connect_refused");
    world.advance(100'000);
  }
  EXPECT_EQ(world.client().state(), ClientState::Failed);
  EXPECT_EQ(world.states.back().reason, "too_many_attempts");
}

TEST(Reactions, TryTheOtherVersionFirst) {
  World world;
  world.pair_and_log_in();
  world.kill();
  world.versions = {{2, 3000, 1}, {2, 3000, 2}};
  world.boot().start();
  for (int i = 0; i < 2; ++i) {
    world.accept();
    world.run_work();
    world.serve(Node("failure").set("reason", "405"));
    world.advance(5'000);
  }
  EXPECT_EQ(world.client().state(), ClientState::Failed);
  EXPECT_EQ(world.states.back().reason, "client_outdated");
  EXPECT_EQ(world.disk.count({"device", "creds"}), 1U);
}

TEST(Reactions, EveryRowHasAReasonAndAText) {
  const auto check = [](const Reaction& reaction) {
    EXPECT_FALSE(reaction.text.empty());
    for (const char c : reaction.reason) {
      EXPECT_TRUE((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_') << reaction.reason;
    }
  };
  for (const CodeRow& row : failure_rows()) {
    check(row.reaction);
  }
  for (const CodeRow& row : stream_error_rows()) {
    check(row.reaction);
  }
  for (const CauseRow& row : cause_rows()) {
    check(row.reaction);
  }
  EXPECT_EQ(cause_rows().size(), static_cast<std::size_t>(Cause::TooManyAttempts) + 1);
}

TEST(Reactions, AreDocumented) {
  std::ifstream file(WAX_REASONS);
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  const auto check = [&](const Reaction& reaction) {
    EXPECT_NE(page.find("`" + std::string(reaction.reason) + "`"), std::string::npos)
        << reaction.reason;
  };
  for (const CodeRow& row : failure_rows()) {
    check(row.reaction);
  }
  for (const CodeRow& row : stream_error_rows()) {
    check(row.reaction);
  }
  for (const CauseRow& row : cause_rows()) {
    check(row.reaction);
  }
}

// A restart that is asked for again and again must not become a storm.
TEST(Reactions, SlowDownARestartThatNeverEnds) {
  World world;
  world.pair_and_log_in();
  world.kill();
  world.connections = 0;
  world.boot().start();
  for (int i = 0; i < 10; ++i) {
    if (!world.connection_open) {
      break;
    }
    world.accept();
    world.run_work();
    world.serve(Node("stream:error").set("code", "515"));
    world.advance(1);
  }
  EXPECT_LE(world.connections, 3);
}

}  // namespace
}  // namespace waxwing::multidevice
