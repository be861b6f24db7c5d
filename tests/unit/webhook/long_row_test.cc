// SPDX-License-Identifier: Apache-2.0
// Tests of the header below.
#include "webhook/long_row.hpp"

#include <gtest/gtest.h>

namespace waxwing::webhook {
namespace {

TEST(LongRow, AShortOneIsOneRow) {
  std::vector<storage::WriteOp> ops;
  put_row(ops, "space", "key", std::string(kPieceBytes, 'x'), 7);
  ASSERT_EQ(ops.size(), 1U);
  EXPECT_EQ(ops[0].space, "space");
  EXPECT_EQ(ops[0].key, "key");
  EXPECT_EQ(ops[0].value.size(), kPieceBytes);
  EXPECT_EQ(ops[0].expires_at_ms, 7);
  EXPECT_FALSE(pieces_of(ops[0].value).has_value());
}

TEST(LongRow, ALongOneLiesInPiecesThatComeFirst) {
  const std::string value =
      std::string(kPieceBytes, 'a') + std::string(kPieceBytes, 'b') + std::string("c");
  std::vector<storage::WriteOp> ops;
  put_row(ops, "space", "key", value, 7);
  ASSERT_EQ(ops.size(), 4U);
  std::string joined;
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(ops[i].space, parts_space("space"));
    EXPECT_EQ(ops[i].key, std::string("key\0\0\0", 6) + static_cast<char>(i));
    EXPECT_EQ(ops[i].expires_at_ms, 7);
    joined += ops[i].value;
  }
  EXPECT_EQ(joined, value);
  EXPECT_EQ(ops[3].space, "space");
  EXPECT_EQ(ops[3].expires_at_ms, 7);
  EXPECT_EQ(pieces_of(ops[3].value), 3U);
}

TEST(LongRow, WhatIsErasedTakesItsPiecesAlong) {
  std::vector<storage::WriteOp> ops;
  erase_row(ops, "space", "key", 100);
  EXPECT_EQ(ops.size(), 1U) << "a short one has none";
  ops.clear();
  for (const std::size_t bytes : {kPieceBytes, kUnknownBytes}) {
    erase_row(ops, "space", "key", bytes);
  }
  ASSERT_EQ(ops.size(), 4U);
  EXPECT_EQ(ops[0].space, parts_space("space"));
  EXPECT_NE(ops[0].flags & WAX_KV_DELETE_PREFIX, 0U);
  EXPECT_EQ(ops[1].space, "space");
}

TEST(LongRow, OnlyWhatWasCutLooksLikeIt) {
  for (const std::string& value : {std::string(), std::string("\x01row"), std::string("\xFE"),
                                   std::string("\xFE\0\0\0\3x", 6), std::string("\1\0\0\0\3", 5)}) {
    EXPECT_FALSE(pieces_of(value).has_value());
  }
  EXPECT_EQ(pieces_of(std::string("\xFE\0\0\1\2", 5)), 258U);
}

}  // namespace
}  // namespace waxwing::webhook
