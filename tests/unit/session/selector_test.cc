// SPDX-License-Identifier: Apache-2.0
// Nearest wins: request, stored session, YAML by name, YAML rule, default.
#include "session/selector.hpp"

#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/config.hpp"

namespace waxwing::session {
namespace {

using ::testing::HasSubstr;

Selector::Catalogue of(const std::set<std::string>& ids) {
  return {[ids](std::string_view id) { return ids.contains(std::string(id)); },
          [ids] {
            std::string all;
            for (const auto& id : ids) {
              all += (all.empty() ? "" : ", ") + id;
            }
            return all;
          }};
}

Choice asks_engine(const std::string& id) {
  return {id, {}, {}};
}
Choice asks_storage(const std::string& id) {
  return {{}, id, {}};
}

class SelectorTest : public ::testing::Test {
 protected:
  SelectorTest() { config_.defaults = {"ECHO", "local", "static"}; }

  [[nodiscard]] Result<Selection> select(const std::string& name, const Choice& request = {},
                                         const std::optional<Selection>& stored = {}) {
    const Selector selector(config_, of({"ECHO", "GOWS", "NOWEB", "WEBJS"}), of({"local", "pg"}),
                            of({"static", "pool"}));
    return selector.select(name, request, stored);
  }
  [[nodiscard]] std::string engine(const std::string& name, const Choice& request = {},
                                   const std::optional<Selection>& stored = {}) {
    const auto selection = select(name, request, stored);
    return selection.has_value() ? selection->engine : selection.error().message();
  }

  config::Config config_;
};

TEST_F(SelectorTest, TakesTheNearest) {
  EXPECT_EQ(engine("support-1"), "ECHO");
  config_.rules.push_back({"support-*", "GOWS", "pg", {}});
  EXPECT_EQ(engine("support-1"), "GOWS");
  config_.sessions["support-1"].engine = "NOWEB";
  EXPECT_EQ(engine("support-1"), "NOWEB");
  const Selection stored{"WEBJS", "local", "static"};
  EXPECT_EQ(engine("support-1", {}, stored), "WEBJS");
  EXPECT_EQ(engine("support-1", asks_engine("ECHO"), stored), "ECHO");
}

TEST_F(SelectorTest, ChoosesEachOfTheThreeOnItsOwn) {
  config_.rules.push_back({"support-*", "GOWS", {}, "pool"});
  config_.sessions["support-1"].storage = "pg";
  const auto selection = select("support-1", asks_engine("NOWEB"));
  ASSERT_TRUE(selection.has_value()) << selection.error().message();
  EXPECT_EQ(selection->engine, "NOWEB");
  EXPECT_EQ(selection->storage, "pg");
  EXPECT_EQ(selection->proxy, "pool");
}

TEST_F(SelectorTest, StopsAtTheFirstRuleThatFits) {
  config_.rules.push_back({"a*", {}, {}, "pool"});
  config_.rules.push_back({"*", "GOWS", {}, {}});
  EXPECT_EQ(engine("abc"), "ECHO")
      << "the first rule says nothing of the engine, the second is not asked";
  EXPECT_EQ(engine("xyz"), "GOWS");
}

TEST_F(SelectorTest, NamesWhatExistsWhenSomethingDoesNot) {
  const auto wrong = select("a", asks_engine("NOPE"));
  ASSERT_FALSE(wrong.has_value());
  EXPECT_EQ(wrong.error().code(), Code::Invalid);
  EXPECT_EQ(wrong.error().message(), "Unknown engine 'NOPE', there are: ECHO, GOWS, NOWEB, WEBJS");
  EXPECT_THAT(select("a", asks_storage("tape")).error().message(),
              HasSubstr("Unknown storage 'tape', there are: local, pg"));
  EXPECT_THAT(select("a", Choice{{}, {}, "tor"}).error().message(),
              HasSubstr("Unknown proxy module 'tor', there are: pool, static"));
  config_.defaults.engine = "GONE";
  EXPECT_THAT(select("a").error().message(), HasSubstr("'GONE'")) << "the default is checked too";
}

TEST_F(SelectorTest, KeepsASessionInItsStorage) {
  const Selection stored{"ECHO", "local", "static"};
  config_.sessions["a"].storage = "pg";
  EXPECT_TRUE(select("a", {}, stored).has_value()) << "YAML is farther than what is stored";
  EXPECT_TRUE(select("a", asks_storage("local"), stored).has_value());
  const auto moved = select("a", asks_storage("pg"), stored);
  ASSERT_FALSE(moved.has_value());
  EXPECT_THAT(moved.error().message(), HasSubstr("cannot change: it is 'local'"));
}

TEST(Glob, MatchesStarsAndQuestionMarks) {
  EXPECT_TRUE(glob_match("", ""));
  EXPECT_TRUE(glob_match("*", ""));
  EXPECT_TRUE(glob_match("*", "anything"));
  EXPECT_TRUE(glob_match("a*c", "abc"));
  EXPECT_TRUE(glob_match("a*c", "ac"));
  EXPECT_TRUE(glob_match("*-eu-*", "support-eu-1"));
  EXPECT_TRUE(glob_match("s?-*", "s1-"));
  EXPECT_TRUE(glob_match("**a**", "bab"));
  EXPECT_TRUE(glob_match("a*b*c", "aXbXbXc"));
  EXPECT_FALSE(glob_match("", "a"));
  EXPECT_FALSE(glob_match("?", ""));
  EXPECT_FALSE(glob_match("a", "A"));
  EXPECT_FALSE(glob_match("a*c", "abcd"));
  EXPECT_FALSE(glob_match("support", "support-1"));
  EXPECT_FALSE(glob_match("[a-z]", "b")) << "no sets: a bracket is a bracket";
}

TEST(Glob, TakesNoTimeOverManyStars) {
  EXPECT_FALSE(glob_match("a*a*a*a*a*a*a*a*a*a*a*a*b", std::string(5'000, 'a')));
}

}  // namespace
}  // namespace waxwing::session
