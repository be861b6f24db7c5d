// SPDX-License-Identifier: Apache-2.0
// Compressed frames: what comes back, and what is refused.
#include "multidevice/binary/compression.hpp"

#include <gtest/gtest.h>

namespace waxwing::multidevice {
namespace {

TEST(Compression, GivesBackWhatWentIn) {
  for (const std::size_t size : {0U, 1U, 4095U, 4096U, 4097U, 1000000U}) {
    Bytes octets(size);
    for (std::size_t i = 0; i < size; ++i) {
      octets[i] = static_cast<std::uint8_t>(i * i >> 5U);
    }
    Result<Bytes> stream = deflate(octets);
    ASSERT_TRUE(stream);
    Result<Bytes> back = inflate(*stream, size);
    ASSERT_TRUE(back) << size << ": " << back.error().message();
    EXPECT_EQ(*back, octets);
  }
}

TEST(Compression, StopsAtTheBound) {
  const Bytes bomb(std::size_t{8} << 20U, 0);
  Result<Bytes> stream = deflate(bomb);
  ASSERT_TRUE(stream);
  for (const std::size_t bound : {std::size_t{0}, std::size_t{4096}, bomb.size() - 1}) {
    Result<Bytes> refused = inflate(*stream, bound);
    ASSERT_FALSE(refused) << bound;
    EXPECT_EQ(refused.error().fault(), Fault::Limit);
  }
}

TEST(Compression, RefusesABrokenStream) {
  Result<Bytes> stream = deflate(Bytes(5000, 7));
  ASSERT_TRUE(stream);
  for (std::size_t size = 0; size < stream->size(); ++size) {
    Result<Bytes> cut = inflate(ByteView(*stream).first(size), 1U << 20U);
    ASSERT_FALSE(cut) << size;
    EXPECT_EQ(cut.error().fault(), Fault::Malformed);
  }
  stream->back() ^= 1U;  // The checksum.
  EXPECT_FALSE(inflate(*stream, 1U << 20U));
}

}  // namespace
}  // namespace waxwing::multidevice
