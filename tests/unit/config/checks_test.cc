// SPDX-License-Identifier: Apache-2.0
// Weak secrets are replaced, others are left alone.
#include "config/checks.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.hpp"

namespace waxwing::config {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;

TEST(Checks, KnowsWeakSecrets) {
  for (const std::string& weak :
       {std::string(), std::string("123"), std::string("321"), std::string("waha"),
        std::string("admin"), std::string("Admin"), std::string(32, '0'), std::string(32, '1')}) {
    EXPECT_TRUE(is_weak_secret(weak)) << weak;
  }
  EXPECT_TRUE(is_weak_secret("sha512:" + sha512_hex("admin")));
  // The hash that the documentation of the variable prints.
  EXPECT_TRUE(
      is_weak_secret("sha512:98b6d128682e280b74b324ca82a6bae6e8a3f7174e0605bfd52eb9948fad89"
                     "84854ec08f7652f32055c4a9f12b69add4850481d9503a7f2225501671d6124648"));
  EXPECT_FALSE(is_weak_secret("correct horse"));
  EXPECT_FALSE(is_weak_secret("sha512:" + sha512_hex("correct horse")));
  EXPECT_FALSE(is_weak_secret(std::string(31, '0')));
}

TEST(Checks, ReplacesWhatIsMissing) {
  Config config;
  EXPECT_THAT(replace_weak_secrets(config),
              ElementsAre(MatchesRegex("WAHA_API_KEY=[0-9a-f]{32}"),
                          MatchesRegex("WAHA_DASHBOARD_PASSWORD=[0-9a-f]{32}")));
  EXPECT_THAT(config.security.api_key, MatchesRegex("[0-9a-f]{32}"));
  EXPECT_EQ(config.security.api_key_plain, config.security.api_key);
  EXPECT_EQ(config.swagger.password, config.dashboard.password);
  EXPECT_NE(config.dashboard.password, config.security.api_key);

  Config again;
  static_cast<void>(replace_weak_secrets(again));
  EXPECT_NE(again.security.api_key, config.security.api_key);
}

TEST(Checks, LeavesGoodSecretsAndSwitchesAlone) {
  Config config;
  config.security.api_key = "a-good-one";
  config.dashboard.password = "another-good-one";
  config.swagger.password = "admin";
  EXPECT_THAT(replace_weak_secrets(config),
              ElementsAre(MatchesRegex("WHATSAPP_SWAGGER_PASSWORD=[0-9a-f]{32}")));
  EXPECT_EQ(config.security.api_key, "a-good-one");
  EXPECT_EQ(config.dashboard.password, "another-good-one");

  Config open;
  open.security.no_api_key = true;
  open.dashboard.no_password = true;
  open.swagger.enabled = false;
  EXPECT_THAT(replace_weak_secrets(open), IsEmpty());
  EXPECT_EQ(open.security.api_key, "");
}

}  // namespace
}  // namespace waxwing::config
