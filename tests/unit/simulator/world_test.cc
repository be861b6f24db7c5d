// SPDX-License-Identifier: Apache-2.0
// Accounts, numbers that were seen, hashes of device lists.
#include "world.hpp"

#include <set>

#include <gtest/gtest.h>

#include "multidevice/crypto/random.hpp"
#include "stanzas.hpp"
#include "support/wa_vectors.hpp"

namespace waxwing::simulator {
namespace {

TEST(SimulatorWorld, NumbersAreSeenOnceInAnyOrder) {
  SeenNumbers seen;
  std::set<std::uint32_t> reference;
  for (int i = 0; i < 5000; ++i) {
    const std::uint32_t number = md::random_below(1000);
    EXPECT_EQ(seen.insert(number), reference.insert(number).second) << number;
  }
}

TEST(SimulatorWorld, AccountsAreFoundByBothNames) {
  World world;
  Account* alice = world.create("15550001001", "alice");
  ASSERT_NE(alice, nullptr);
  EXPECT_EQ(world.create("15550001001", "again"), nullptr);
  EXPECT_EQ(world.create("123", "short"), nullptr);
  EXPECT_EQ(world.create("1555000100a", "letter"), nullptr);
  EXPECT_EQ(world.find(alice->phone_jid(3)), alice);
  EXPECT_EQ(world.find(alice->lid_jid()), alice);
  EXPECT_EQ(world.find(md::Jid::of_user("15550001001", md::server::kGroup)), nullptr);
  EXPECT_EQ(alice->device(0)->prekeys.size(), 50U) << "others can write to the phone";
}

TEST(SimulatorWorld, DeviceListsHashAsRecorded) {
  const auto recorded = waxwing::testing::wa_vector("phash");
  std::vector<md::Jid> devices;
  for (const std::string& text : recorded["example_input"].texts()) {
    devices.push_back(md::Jid::parse(text).value());
  }
  EXPECT_EQ(device_list_hash(devices), recorded["example"].text());
  EXPECT_EQ(device_list_hash({}), recorded["empty"].text());
}

}  // namespace
}  // namespace waxwing::simulator
