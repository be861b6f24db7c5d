// SPDX-License-Identifier: Apache-2.0
// A program that was built without pages has none, and asks for no packed file.
#include <gtest/gtest.h>

#include "pages/asset.hpp"

namespace waxwing::pages {
namespace {

TEST(NoAssets, KnowsNoFile) {
  EXPECT_TRUE(assets().empty());
  EXPECT_EQ(find_asset("dashboard/index.html"), nullptr);
  EXPECT_EQ(find_asset(""), nullptr);
}

}  // namespace
}  // namespace waxwing::pages
