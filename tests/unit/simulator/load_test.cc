// SPDX-License-Identifier: Apache-2.0
// A load writes as many messages as were asked for, and no more at once than may be unconfirmed.
#include "load.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "scene.hpp"

namespace waxwing::simulator {
namespace {

constexpr std::chrono::milliseconds kNextTurn{1};

TEST(SimulatorLoad, WaitsForReceiptsWhereAWindowSaysSo) {
  Scene scene;
  Identity identity;
  Account& bob = *scene.server.world().create("15550001002", "bob");
  const auto client = scene.linked(identity, scene.alice);
  ASSERT_NE(client, nullptr);
  client->say(md::Node("iq")
                  .set("id", "1")
                  .set("to", md::server_jid())
                  .set("type", "set")
                  .set("xmlns", "passive")
                  .add(md::Node("active")));
  LoadPlan plan;
  plan.pairs = {{&bob, scene.alice.phone_jid()}};
  plan.count = 5;
  plan.window = 2;
  Load& load = scene.server.load();
  load.start(plan);
  EXPECT_EQ(load.written(), 2U);
  scene.clock.advance(kNextTurn);
  EXPECT_EQ(load.written(), 2U) << "nothing is confirmed yet";
  for (std::uint64_t i = 1; i <= 5; ++i) {
    const md::Node message = client->hear("message");
    ASSERT_EQ(message.tag(), "message");
    client->say(md::Node("receipt").set("id", message.text("id")).set("to", *message.jid("from")));
    scene.clock.advance(kNextTurn);
    EXPECT_EQ(load.confirmed(), i);
    EXPECT_EQ(load.written(), std::min<std::uint64_t>(5, i + 2));
  }
  EXPECT_EQ(load.refused(), 0U);
  EXPECT_EQ(client->hear("message").tag(), "") << "one too many";
}

TEST(SimulatorLoad, ALaterPlanTakesThePlaceOfTheOneBefore) {
  Scene scene;
  Account& bob = *scene.server.world().create("15550001002", "bob");
  LoadPlan plan;
  plan.pairs = {{&bob, scene.alice.phone_jid()}};
  plan.count = 1000;
  plan.window = 1;
  scene.server.load().start(plan);
  plan.count = 1;
  scene.server.load().start(plan);
  scene.clock.advance(kNextTurn);
  EXPECT_EQ(scene.server.load().planned(), 1U);
  EXPECT_EQ(scene.server.load().written(), 1U);
}

}  // namespace
}  // namespace waxwing::simulator
