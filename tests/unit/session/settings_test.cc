// SPDX-License-Identifier: Apache-2.0
// What a session reads in its own config.
#include "session/settings.hpp"

#include <gtest/gtest.h>

#include "config/config.hpp"

namespace waxwing::session {
namespace {

TEST(Settings, WhatTheSessionDoesNotSayIsTheServersChoice) {
  config::Ignore defaults;
  defaults.status = true;
  defaults.groups = true;
  const Settings settings =
      read_settings(R"({"ignore":{"groups":false,"channels":true},"debug":true})", defaults);
  EXPECT_TRUE(settings.ignore.status);
  EXPECT_FALSE(settings.ignore.groups);
  EXPECT_TRUE(settings.ignore.channels);
  EXPECT_TRUE(settings.debug);
  EXPECT_EQ(settings.metadata_json, "");
}

TEST(Settings, ShowsNoSecretAndKeepsMetadataAsTheyAre) {
  const Settings settings = read_settings(
      R"({"metadata":{"user":"7"},"proxy":{"server":"p:1","password":"secret"}})", {});
  EXPECT_EQ(settings.metadata_json, R"({"user":"7"})");
  EXPECT_NE(settings.shown_json.find(R"("server":"p:1")"), std::string::npos);
  EXPECT_EQ(settings.shown_json.find("secret"), std::string::npos);
  EXPECT_FALSE(settings.debug);
}

TEST(Settings, WhatIsNoJsonReadsAsEmpty) {
  const Settings settings = read_settings("{", {});
  EXPECT_EQ(settings.shown_json, "{}");
  EXPECT_EQ(settings.metadata_json, "");
}

}  // namespace
}  // namespace waxwing::session
