// SPDX-License-Identifier: Apache-2.0
// The cache's limits, its order of age and what writes do to it.
#include "storage/cache.hpp"

#include <string>

#include <gtest/gtest.h>

namespace waxwing::storage {
namespace {

using Known = RowCache::Known;
using plugin_host::Row;
using plugin_host::WriteOp;

Row row(const std::string& key, std::size_t bytes = 1, std::int64_t expires_at_ms = 0) {
  return {"s", key, std::string(bytes, 'v'), 7, expires_at_ms};
}

class RowCacheTest : public ::testing::Test {
 protected:
  Known known(const std::string& key, std::int64_t now_ms = 0) {
    return cache_.find("s", key, now_ms).known;
  }
  void wrote(WriteOp op, std::uint64_t version) { cache_.wrote(op, version); }

  CacheBudget budget_{1 << 20, {}};
  RowCache cache_{10'000, budget_};
};

TEST_F(RowCacheTest, KnowsWhatItLearned) {
  EXPECT_EQ(known("a"), Known::No);
  cache_.learn(row("a"));
  cache_.learn_absent("s", "b");
  EXPECT_EQ(known("a"), Known::Present);
  EXPECT_EQ(cache_.find("s", "a", 0).row->version, 7U);
  EXPECT_EQ(known("b"), Known::Absent);
  EXPECT_EQ(cache_.find("other", "a", 0).known, Known::No);
}

TEST_F(RowCacheTest, AnExpiredRowIsAbsent) {
  cache_.learn(row("a", 1, 100));
  EXPECT_EQ(known("a", 99), Known::Present);
  EXPECT_EQ(known("a", 100), Known::Absent);
}

TEST_F(RowCacheTest, WritesChangeOnlyWhatIsThere) {
  wrote(WriteOp::put("s", "unread", "1"), 1);
  EXPECT_EQ(known("unread"), Known::No);
  cache_.learn(row("a"));
  wrote(WriteOp::put("s", "a", "new", 50), 9);
  const auto found = cache_.find("s", "a", 0);
  ASSERT_EQ(found.known, Known::Present);
  EXPECT_EQ(found.row->value, "new");
  EXPECT_EQ(found.row->version, 9U);
  EXPECT_EQ(found.row->expires_at_ms, 50);
  wrote(WriteOp::put("s", "a", "x"), 0);  // the module did not say the version
  EXPECT_EQ(known("a"), Known::No);
}

TEST_F(RowCacheTest, WhatIsWrittenAndNotReadAgainLeaves) {
  for (const char* key : {"read", "unread", "erased"}) {
    cache_.learn(row(key));
  }
  cache_.learn_absent("s", "made");
  wrote(WriteOp::put("s", "read", "1"), 8);
  wrote(WriteOp::put("s", "unread", "1"), 8);
  wrote(WriteOp::put("s", "made", "1"), 8);
  wrote(WriteOp::erase("s", "erased"), 8);
  EXPECT_EQ(known("read"), Known::Present);
  wrote(WriteOp::put("s", "read", "2"), 9);
  wrote(WriteOp::put("s", "unread", "2"), 9);
  EXPECT_EQ(known("read"), Known::Present);
  for (const char* gone : {"unread", "made", "erased"}) {
    EXPECT_EQ(known(gone), Known::No) << gone;
  }
}

TEST_F(RowCacheTest, ForgetsAPrefixAndNothingBesideIt) {
  for (const char* key : {"a", "ab", "abc", "b"}) {
    cache_.learn(row(key));
  }
  cache_.learn({"s2", "ab", "v", 1, 0});
  wrote(WriteOp::erase_prefix("s", "ab"), 8);
  EXPECT_EQ(known("a"), Known::Present);
  EXPECT_EQ(known("ab"), Known::No);
  EXPECT_EQ(known("abc"), Known::No);
  EXPECT_EQ(known("b"), Known::Present);
  EXPECT_EQ(cache_.find("s2", "ab", 0).known, Known::Present);
}

TEST_F(RowCacheTest, TheLeastRecentlyUsedGoesFirst) {
  cache_.learn(row("a", 3'300));
  cache_.learn(row("b", 3'300));
  EXPECT_EQ(known("a"), Known::Present);  // and used now
  cache_.learn(row("c", 3'300));
  EXPECT_EQ(known("b"), Known::No);
  EXPECT_EQ(known("a"), Known::Present);
  EXPECT_EQ(known("c"), Known::Present);
  EXPECT_LE(cache_.bytes(), 10'000U);
  cache_.learn(row("huge", 20'000));
  EXPECT_EQ(known("huge"), Known::No);
}

TEST_F(RowCacheTest, KeepsTheAccountOfAllTenants) {
  {
    RowCache other(10'000, budget_);
    other.learn(row("a", 500));
    cache_.learn(row("a", 500));
    EXPECT_EQ(budget_.used_bytes, cache_.bytes() + other.bytes());
    cache_.learn(row("a", 50));
    EXPECT_EQ(budget_.used_bytes, cache_.bytes() + other.bytes());
  }
  EXPECT_EQ(budget_.used_bytes, cache_.bytes());
  cache_.clear();
  EXPECT_EQ(budget_.used_bytes, 0U);
  EXPECT_EQ(cache_.bytes(), 0U);
}

TEST_F(RowCacheTest, MakesRoomInItselfWhenAllTogetherAreFull) {
  budget_.max_bytes = 4'000;
  RowCache other(10'000, budget_);
  other.learn(row("a", 2'000));
  cache_.learn(row("a", 800));
  cache_.learn(row("b", 800));
  EXPECT_EQ(other.find("s", "a", 0).known, Known::Present);
  EXPECT_EQ(known("a"), Known::No);
  EXPECT_EQ(known("b"), Known::Present);
}

}  // namespace
}  // namespace waxwing::storage
