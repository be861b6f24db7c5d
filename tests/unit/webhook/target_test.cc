// SPDX-License-Identifier: Apache-2.0
// Tests of the header below.
#include "webhook/target.hpp"

#include <gtest/gtest.h>

#include "base/json.hpp"

namespace waxwing::webhook {
namespace {

using config::Retries;
using config::RetryPolicy;

Json webhooks(const std::vector<std::string>& urls) {
  Json config = {{"webhooks", Json::array()}};
  for (const std::string& url : urls) {
    config["webhooks"].push_back({{"url", url}, {"events", {"*"}}});
  }
  return config;
}

Slot slot_of(const Targets& targets, const std::string& url) {
  for (const auto& [slot, target] : targets.items) {
    if (target->url == url) {
      return slot;
    }
  }
  return kGlobalSlot;
}

TEST(RetryDelay, FollowsTheContractsArithmetic) {
  const Retries constant{RetryPolicy::Constant, 2, 15};
  EXPECT_EQ(retry_delay(constant, 1, 0.9), Millis(2000));
  EXPECT_EQ(retry_delay(constant, 15, 0), Millis(2000));
  const Retries linear{RetryPolicy::Linear, 2, 15};
  EXPECT_EQ(retry_delay(linear, 1, 0), Millis(2000));
  EXPECT_EQ(retry_delay(linear, 3, 0), Millis(6000));
  const Retries exponential{RetryPolicy::Exponential, 2, 15};
  EXPECT_EQ(retry_delay(exponential, 1, 0), Millis(4000));
  EXPECT_EQ(retry_delay(exponential, 2, 0), Millis(8000));
  EXPECT_EQ(retry_delay(exponential, 3, 0.5), Millis(17'600));
  EXPECT_EQ(retry_delay(Retries{RetryPolicy::Exponential, 0, 15}, 5, 0.5), Millis(0));
  EXPECT_EQ(retry_delay(exponential, 4'000'000, 1), std::chrono::hours(24 * 7));
}

TEST(AssignSlots, ReadsEverySetting) {
  const auto config = json::parse(R"({"webhooks":[{"url":"http://a/","events":["message"],
      "hmac":{"key":"k"},"verifyTls":false,
      "retries":{"policy":"linear","delaySeconds":0.5,"attempts":3},
      "customHeaders":[{"name":"N","value":"v"}]},
      {"url":"http://off/","events":[]}]})");
  std::string memory;
  const Targets targets = assign_slots(*config, memory);
  ASSERT_EQ(targets.items.size(), 1U) << "without events it is off";
  const Target& target = *targets.items.front().second;
  EXPECT_TRUE(target.events.matches("message"));
  EXPECT_EQ(target.hmac_key, "k");
  EXPECT_FALSE(target.verify_tls);
  EXPECT_EQ(target.retries, (Retries{RetryPolicy::Linear, 0.5, 3}));
  EXPECT_EQ(target.headers.at(0).value, "v");
}

TEST(AssignSlots, AUrlKeepsItsSlotWhereverItStands) {
  std::string memory;
  const Targets before = assign_slots(webhooks({"http://a/", "http://b/"}), memory);
  const Targets after = assign_slots(webhooks({"http://c/", "http://b/", "http://a/"}), memory);
  EXPECT_EQ(slot_of(after, "http://a/"), slot_of(before, "http://a/"));
  EXPECT_EQ(slot_of(after, "http://b/"), slot_of(before, "http://b/"));
  EXPECT_NE(slot_of(after, "http://c/"), slot_of(before, "http://a/"));
  EXPECT_NE(slot_of(after, "http://c/"), kGlobalSlot);
}

TEST(AssignSlots, ANewUrlTakesOverFromTheOneThatWent) {
  std::string memory;
  const Targets before = assign_slots(webhooks({"http://a/", "http://b/"}), memory);
  const Targets after = assign_slots(webhooks({"http://new/", "http://b/"}), memory);
  EXPECT_EQ(slot_of(after, "http://new/"), slot_of(before, "http://a/"));
}

TEST(AssignSlots, WithoutWebhooksNothingIsRemembered) {
  std::string memory;
  EXPECT_TRUE(assign_slots(Json::object(), memory).items.empty());
  EXPECT_EQ(memory, "");
  memory = "nonsense";
  EXPECT_EQ(assign_slots(webhooks({"http://a/"}), memory).items.size(), 1U);
}

}  // namespace
}  // namespace waxwing::webhook
