// SPDX-License-Identifier: Apache-2.0
// Tests of the header below.
#include "event/filter.hpp"

#include <gtest/gtest.h>

namespace waxwing::event {
namespace {

TEST(Filter, MatchesNamesExactly) {
  const Filter filter({"message", "session.status"});
  EXPECT_TRUE(filter.matches("message"));
  EXPECT_TRUE(filter.matches("session.status"));
  EXPECT_FALSE(filter.matches("message.any"));
  EXPECT_FALSE(Filter().matches("message"));
}

TEST(Filter, AStarLeavesOutWhatHasToBeAskedFor) {
  const Filter all({"*"});
  EXPECT_TRUE(all.matches("message"));
  EXPECT_TRUE(all.matches("an.event.of.a.third.party"));
  EXPECT_FALSE(all.matches("engine.event"));
  EXPECT_FALSE(all.matches("state.change"));
  EXPECT_FALSE(all.matches("webhook.dropped"));
  EXPECT_TRUE(Filter({"*", "engine.event"}).matches("engine.event"));
}

TEST(Filter, APrefixMeansWhatComesBehindItsDot) {
  const Filter filter({"message.*"});
  EXPECT_TRUE(filter.matches("message.any"));
  EXPECT_TRUE(filter.matches("message.ack.group"));
  EXPECT_FALSE(filter.matches("message"));
  EXPECT_FALSE(filter.matches("messages.any"));
}

TEST(Filter, ReadsListsWithBlanksAndEmptyParts) {
  const Filter filter = Filter::parse(" message , ,session.status,");
  EXPECT_TRUE(filter.matches("message"));
  EXPECT_TRUE(filter.matches("session.status"));
  EXPECT_TRUE(Filter::parse(" , ").empty());
}

TEST(Ignore, DropsByTheKindOfChat) {
  const Ignore groups{.groups = true};
  EXPECT_TRUE(groups.drops("message", "123@g.us"));
  EXPECT_FALSE(groups.drops("message", "123@c.us"));
  EXPECT_FALSE(groups.drops("engine.event", "123@g.us"));
  EXPECT_TRUE(Ignore{.channels = true}.drops("message", "1@newsletter"));
}

TEST(Ignore, StatusUpdatesAreNoBroadcastList) {
  EXPECT_FALSE(Ignore{.broadcast = true}.drops("message", "status@broadcast"));
  EXPECT_TRUE(Ignore{.broadcast = true}.drops("message", "17@broadcast"));
  EXPECT_TRUE(Ignore{.status = true}.drops("message", "status@broadcast"));
  EXPECT_FALSE(Ignore{.status = true}.drops("message", "17@broadcast"));
}

}  // namespace
}  // namespace waxwing::event
