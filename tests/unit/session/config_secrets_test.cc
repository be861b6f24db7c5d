// SPDX-License-Identifier: Apache-2.0
// Secrets of a session's config: masked in answers, kept when the mask comes back.
#include "session/config_secrets.hpp"

#include <gtest/gtest.h>

#include "base/json.hpp"

namespace waxwing::session {
namespace {

const char* const kStored = R"({
  "proxy": {"server": "p:1", "username": "u", "password": "pw"},
  "webhooks": [
    {"url": "http://a/", "events": ["*"], "hmac": {"key": "ka"}},
    {"url": "http://b/", "events": ["*"], "hmac": {"key": null}},
    {"url": "http://c/", "events": ["*"], "hmac": {"key": "kc"}}]})";

TEST(ConfigSecrets, AreMaskedAndNothingElseIs) {
  const Json stored = Json::parse(kStored);
  const Json shown = masked(stored);
  EXPECT_EQ(shown["proxy"]["password"], "***");
  EXPECT_EQ(shown["proxy"]["username"], "u");
  EXPECT_EQ(shown["webhooks"][0]["hmac"]["key"], "***");
  EXPECT_TRUE(shown["webhooks"][1]["hmac"]["key"].is_null());
  EXPECT_EQ(shown.dump().find("pw"), std::string::npos);
  EXPECT_EQ(shown.dump().find("\"ka\""), std::string::npos);
}

TEST(ConfigSecrets, ComeBackForTheirMask) {
  const std::string shown = masked(Json::parse(kStored)).dump();
  EXPECT_EQ(Json::parse(unmasked(shown, kStored)), Json::parse(kStored));
}

TEST(ConfigSecrets, FollowTheWebhooksUrl) {
  const std::string moved = unmasked(
      R"({"webhooks":[{"url":"http://c/","hmac":{"key":"***"}},{"url":"http://new/","hmac":{"key":"n"}}]})",
      kStored);
  const Json config = Json::parse(moved);
  EXPECT_EQ(config["webhooks"][0]["hmac"]["key"], "kc");
  EXPECT_EQ(config["webhooks"][1]["hmac"]["key"], "n");
}

TEST(ConfigSecrets, NewOnesReplaceOldOnes) {
  const Json config =
      Json::parse(unmasked(R"({"proxy":{"server":"p","password":"new"}})", kStored));
  EXPECT_EQ(config["proxy"]["password"], "new");
}

}  // namespace
}  // namespace waxwing::session
