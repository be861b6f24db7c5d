// SPDX-License-Identifier: Apache-2.0
// What a page may say, and what of it counts.
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "page_binding.hpp"

namespace webjs {
namespace {

class WebjsBinding : public ::testing::Test {
 protected:
  static constexpr std::int64_t kOurs = 7;

  WebjsBinding() { add_context(kOurs, "main", std::string(kOrigin), true); }

  void add_context(std::int64_t id, const std::string& frame, const std::string& origin,
                   bool is_default) {
    binding_.add_context({{"id", id},
                          {"origin", origin},
                          {"auxData", {{"frameId", frame}, {"isDefault", is_default}}}},
                         "main");
  }
  // The launch's key, where only our own script has it.
  [[nodiscard]] std::string key() const {
    const std::string script = binding_.script();
    const std::size_t begin = script.find("key:\"") + 5;
    return script.substr(begin, script.find('"', begin) - begin);
  }
  void say(const Json& said, std::int64_t context = kOurs, std::int64_t now_ms = 1) {
    say_text(said.dump(), context, now_ms);
  }
  void say_text(const std::string& payload, std::int64_t context = kOurs, std::int64_t now_ms = 1) {
    binding_.hear(
        {{"name", binding_.name()}, {"executionContextId", context}, {"payload", payload}}, now_ms,
        [this](std::int64_t, const std::string& event, const Json&) { heard_.push_back(event); });
  }
  [[nodiscard]] Json word(const std::string& event) const {
    return {{"key", key()}, {"event", event}, {"data", nullptr}};
  }

  PageBinding binding_;
  std::vector<std::string> heard_;
};

TEST_F(WebjsBinding, HearsTheMainFrameWithTheKeyOfThisLaunch) {
  say(word("one"));
  say({{"key", "guessed"}, {"event", "forged"}});
  say({{"event", "keyless"}});
  say_text("[]");
  say_text("no JSON");
  EXPECT_EQ(heard_, std::vector<std::string>{"one"});
  EXPECT_NE(PageBinding().name(), binding_.name());
}

TEST_F(WebjsBinding, OtherFramesOriginsAndWorldsDoNotCount) {
  add_context(8, "inner", std::string(kOrigin), true);
  add_context(9, "main", "https://elsewhere.example", true);
  add_context(10, "main", std::string(kOrigin), false);
  for (const std::int64_t context : {8, 9, 10, 11}) {
    say(word("forged"), context);
  }
  EXPECT_TRUE(heard_.empty());
  binding_.forget_contexts();
  say(word("late"));
  EXPECT_TRUE(heard_.empty());
}

TEST_F(WebjsBinding, WhatIsTooLongOrTooOftenIsNotHeard) {
  Json long_word = word("long");
  long_word["data"] = std::string(std::size_t{1} << 20U, 'x');
  say(long_word);
  EXPECT_TRUE(heard_.empty());
  for (int i = 0; i < 3000; ++i) {
    say(word("often"), kOurs, 5000);
  }
  EXPECT_EQ(heard_.size(), 2000U);
  say(word("a second later"), kOurs, 6000);
  EXPECT_EQ(heard_.size(), 2001U);
}

}  // namespace
}  // namespace webjs
