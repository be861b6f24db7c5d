// SPDX-License-Identifier: Apache-2.0
// The laws of a field, at its edges and at random.
#include "multidevice/crypto/field25519.hpp"

#include <gtest/gtest.h>

#include "multidevice/crypto/random.hpp"

namespace waxwing::multidevice {
namespace {

using Octets = std::array<std::uint8_t, 32>;

Octets little(std::uint8_t low, std::uint8_t rest, std::uint8_t top) {
  Octets out;
  out.fill(rest);
  out[0] = low;
  out[31] = top;
  return out;
}

TEST(Field25519, ReducesWhatIsThePrimeOrMore) {
  EXPECT_EQ(Field25519::from_octets(little(0xed, 0xff, 0x7f)).to_octets(), Octets{});
  EXPECT_EQ(Field25519::from_octets(little(0xee, 0xff, 0x7f)).to_octets(), (Octets{1}));
  EXPECT_EQ(Field25519::from_octets(little(0xff, 0xff, 0x7f)).to_octets(), (Octets{18}));
  EXPECT_EQ(Field25519::from_octets(little(0xec, 0xff, 0x7f)).to_octets(),
            little(0xec, 0xff, 0x7f));
  EXPECT_EQ(Field25519::from_octets(little(5, 0, 0x80)).to_octets(), (Octets{5}));
}

TEST(Field25519, ObeysTheLaws) {
  const Octets edges[] = {{}, {1}, little(0xec, 0xff, 0x7f), little(0, 0, 0x40)};
  for (int i = 0; i < 200; ++i) {
    Octets a_octets;
    Octets b_octets;
    fill_random(a_octets);
    fill_random(b_octets);
    if (i < 16) {
      a_octets = edges[i / 4];
      b_octets = edges[i % 4];
    }
    const auto a = Field25519::from_octets(a_octets);
    const auto b = Field25519::from_octets(b_octets);
    EXPECT_EQ(((a + b) * (a - b)).to_octets(), (a * a - b * b).to_octets());
    EXPECT_EQ((a - b + b).to_octets(), a.to_octets());
    if (!a.is_zero()) {
      EXPECT_EQ((a * a.inverse()).to_octets(), Field25519::one().to_octets());
    }
  }
  EXPECT_TRUE(Field25519().inverse().is_zero());
}

}  // namespace
}  // namespace waxwing::multidevice
