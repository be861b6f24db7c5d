// SPDX-License-Identifier: Apache-2.0
// The data model of storage-local: batches, conditions, scans, expiry, versions.
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/local_storage.hpp"
#include "support/temp_dir.hpp"

namespace waxwing {
namespace {

using plugin_host::Batch;
using plugin_host::BatchResult;
using plugin_host::KeyRef;
using plugin_host::Row;
using plugin_host::Scan;
using plugin_host::StorageModule;
using plugin_host::WriteOp;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

using Ops = std::vector<WriteOp>;

class StorageLocal : public ::testing::Test {
 protected:
  // The value, or "-" when there is no such row.
  std::string value(const std::string& key, const std::string& tenant = "t") {
    const auto rows = storage_->get(tenant, std::vector<KeyRef>{{"s", key}});
    EXPECT_TRUE(rows) << (rows ? "" : rows.error().message());
    return rows && !rows->empty() ? rows->front().value : "-";
  }
  std::vector<std::string> keys(Scan scan, const std::string& tenant = "t") {
    scan.space = scan.space.empty() ? "s" : scan.space;
    const auto rows = storage_->scan(tenant, scan);
    EXPECT_TRUE(rows) << (rows ? "" : rows.error().message());
    std::vector<std::string> found;
    for (const Row& row : rows.value_or(std::vector<Row>())) {
      found.push_back(row.key);
    }
    return found;
  }
  BatchResult apply(const Ops& ops, const std::string& tenant = "t") {
    return storage_->apply(tenant, ops);
  }
  void put(const std::vector<std::string>& names, const std::string& tenant = "t") {
    Ops ops;
    for (const auto& name : names) {
      ops.push_back(WriteOp::put("s", name, "value of " + name));
    }
    ASSERT_TRUE(apply(ops, tenant).status);
  }

  waxwing::testing::TempDir dir_;
  std::unique_ptr<StorageModule> storage_ = waxwing::testing::open_local_storage(dir_ / "data");
};

TEST_F(StorageLocal, ReturnsWhatWasPutAndLeavesOutWhatIsMissing) {
  put({"a", "b"});
  ASSERT_TRUE(apply({WriteOp::put("other", "a", "elsewhere")}).status);
  const auto rows = storage_->get(
      "t", std::vector<KeyRef>{{"s", "a"}, {"s", "nothing"}, {"other", "a"}, {"s", "b"}});
  ASSERT_TRUE(rows);
  std::vector<std::string> values;
  for (const Row& row : *rows) {
    values.push_back(row.space + "/" + row.key + "=" + row.value);
    EXPECT_GT(row.version, 0U);
    EXPECT_EQ(row.expires_at_ms, 0);
  }
  EXPECT_THAT(values,
              UnorderedElementsAre("s/a=value of a", "other/a=elsewhere", "s/b=value of b"));
}

TEST_F(StorageLocal, KeepsTenantsApart) {
  put({"a"}, "one");
  put({"a", "b"}, "two");
  put({"a"}, "");
  EXPECT_THAT(keys({}, "one"), ElementsAre("a"));
  EXPECT_THAT(keys({}, "two"), ElementsAre("a", "b"));
  ASSERT_TRUE(storage_->drop_tenant("two"));
  ASSERT_TRUE(storage_->drop_tenant("never existed"));
  EXPECT_THAT(keys({}, "two"), IsEmpty());
  EXPECT_THAT(keys({}, "one"), ElementsAre("a"));
  EXPECT_THAT(keys({}, ""), ElementsAre("a"));
}

TEST_F(StorageLocal, ListsTenantsThatHaveRows) {
  std::vector<std::string> expected = {""};
  for (int i = 0; i < 50; ++i) {
    expected.push_back("tenant-" + std::to_string(i));
  }
  for (const auto& tenant : expected) {
    put({"a", "b"}, tenant);
  }
  put({"a"}, "dropped");
  ASSERT_TRUE(storage_->drop_tenant("dropped"));
  ASSERT_TRUE(apply({WriteOp::put("s", "a", "v", 1)}, "expired").status);
  const auto found = storage_->list_tenants();
  ASSERT_TRUE(found);
  EXPECT_THAT(*found, ::testing::UnorderedElementsAreArray(expected));
}

TEST_F(StorageLocal, AppliesABatchWholeOrNotAtAll) {
  put({"a"});
  const auto result = apply({WriteOp::put("s", "new", "1"), WriteOp::erase("s", "a"),
                             WriteOp::put("s", "a", "2").if_version(999)});
  EXPECT_EQ(result.status.code(), Code::Conflict);
  EXPECT_EQ(value("new"), "-");
  EXPECT_EQ(value("a"), "value of a");
}

TEST_F(StorageLocal, ChecksConditionsWhenTheirTurnComes) {
  EXPECT_TRUE(apply({WriteOp::put("s", "a", "1").if_absent()}).status);
  const auto again = apply({WriteOp::put("s", "a", "2").if_absent()});
  EXPECT_EQ(again.status.code(), Code::Conflict);
  EXPECT_THAT(again.status.message(), HasSubstr("exists"));
  EXPECT_EQ(value("a"), "1");
  // The batch's own earlier step makes the room.
  EXPECT_TRUE(apply({WriteOp::erase("s", "a"), WriteOp::put("s", "a", "3").if_absent()}).status);
  EXPECT_EQ(value("a"), "3");
}

TEST_F(StorageLocal, ComparesVersions) {
  const auto first = apply({WriteOp::put("s", "a", "1"), WriteOp::put("s", "b", "1")});
  ASSERT_TRUE(first.status);
  const auto rows = storage_->get("t", std::vector<KeyRef>{{"s", "a"}, {"s", "b"}});
  ASSERT_TRUE(rows);
  EXPECT_EQ((*rows)[0].version, first.version);
  EXPECT_EQ((*rows)[1].version, first.version);

  const auto second = apply({WriteOp::put("s", "a", "2").if_version(first.version)});
  ASSERT_TRUE(second.status);
  EXPECT_GT(second.version, first.version);
  EXPECT_EQ(apply({WriteOp::put("s", "a", "3").if_version(first.version)}).status.code(),
            Code::Conflict);
  EXPECT_EQ(apply({WriteOp::erase("s", "a").if_version(first.version)}).status.code(),
            Code::Conflict);
  EXPECT_TRUE(apply({WriteOp::erase("s", "a").if_version(second.version)}).status);
  // 0 means absent.
  EXPECT_TRUE(apply({WriteOp::put("s", "a", "4").if_version(0)}).status);
  EXPECT_EQ(apply({WriteOp::put("s", "a", "5").if_version(0)}).status.code(), Code::Conflict);
}

TEST_F(StorageLocal, VersionsGrowThroughConflictsDropsAndRestarts) {
  std::uint64_t last = 0;
  const auto grow = [&] {
    const auto result = apply({WriteOp::put("s", "a", "x")});
    ASSERT_TRUE(result.status);
    EXPECT_GT(result.version, last);
    last = result.version;
  };
  grow();
  EXPECT_FALSE(apply({WriteOp::put("s", "a", "x").if_absent()}).status);
  grow();
  ASSERT_TRUE(storage_->drop_tenant("t"));
  grow();
  for (int i = 0; i < 3; ++i) {
    storage_.reset();
    storage_ = waxwing::testing::open_local_storage(dir_ / "data");
    grow();
    grow();
  }
}

TEST_F(StorageLocal, OneBatchOfAGroupFailsAlone) {
  put({"taken"}, "a");
  const Ops good = {WriteOp::put("s", "x", "1")};
  const Ops conflict = {WriteOp::put("s", "y", "1"), WriteOp::put("s", "taken", "2").if_absent()};
  const Ops invalid = {WriteOp::put("s", "z", "1"), WriteOp::put("s", "", "no key")};
  const Ops after = {WriteOp::put("s", "x", "2")};
  std::vector<Batch> batches = {{"a", good}, {"a", conflict}, {"b", invalid}, {"a", after}};
  for (int i = 0; i < 20; ++i) {
    batches.push_back({"b", good});
  }
  const auto results = storage_->apply_many(batches);
  ASSERT_EQ(results.size(), batches.size());
  EXPECT_TRUE(results[0].status);
  EXPECT_EQ(results[1].status.code(), Code::Conflict);
  EXPECT_EQ(results[2].status.code(), Code::Invalid);
  EXPECT_TRUE(results[3].status);
  EXPECT_GT(results[3].version, results[0].version);
  EXPECT_EQ(value("x", "a"), "2");
  EXPECT_EQ(value("y", "a"), "-");
  EXPECT_EQ(value("taken", "a"), "value of taken");
  EXPECT_EQ(value("z", "b"), "-");
  EXPECT_EQ(value("x", "b"), "1");
}

TEST_F(StorageLocal, ScansInOrderOfOctets) {
  const std::string high("\xFF\x01", 2);
  const std::string zero("\0", 1);
  put({"b", "a", "ab", "B", high, zero, "\x7F", "\x80"});
  EXPECT_THAT(keys({}), ElementsAre(zero, "B", "a", "ab", "b", "\x7F", "\x80", high));
  EXPECT_THAT(keys({.reverse = true}),
              ElementsAre(high, "\x80", "\x7F", "b", "ab", "a", "B", zero));
}

TEST_F(StorageLocal, ScansByPrefixUpToItsEdges) {
  const std::string ff("\xFF", 1);
  put({"a", "a" + ff, "a" + ff + ff, "a" + ff + ff + "x", "b", ff, ff + "1", ff + ff});
  EXPECT_THAT(keys({.prefix = "a"}),
              ElementsAre("a", "a" + ff, "a" + ff + ff, "a" + ff + ff + "x"));
  EXPECT_THAT(keys({.prefix = "a" + ff}),
              ElementsAre("a" + ff, "a" + ff + ff, "a" + ff + ff + "x"));
  EXPECT_THAT(keys({.prefix = ff}), ElementsAre(ff, ff + "1", ff + ff));
  EXPECT_THAT(keys({.prefix = ff + ff}), ElementsAre(ff + ff));
  EXPECT_THAT(keys({.prefix = "zz"}), IsEmpty());
}

TEST_F(StorageLocal, PagesBothWays) {
  put({"p1", "p2", "p3", "p4", "p5", "q1", "a1"});
  EXPECT_THAT(keys({.prefix = "p", .limit = 2}), ElementsAre("p1", "p2"));
  EXPECT_THAT(keys({.prefix = "p", .after = "p2", .limit = 2}), ElementsAre("p3", "p4"));
  EXPECT_THAT(keys({.prefix = "p", .after = "p4", .limit = 2}), ElementsAre("p5"));
  EXPECT_THAT(keys({.prefix = "p", .after = "p5", .limit = 2}), IsEmpty());
  EXPECT_THAT(keys({.prefix = "p", .limit = 2, .reverse = true}), ElementsAre("p5", "p4"));
  EXPECT_THAT(keys({.prefix = "p", .after = "p4", .limit = 9, .reverse = true}),
              ElementsAre("p3", "p2", "p1"));
  // A start outside of the prefix changes nothing on the near side and leaves nothing on the far.
  EXPECT_THAT(keys({.prefix = "p", .after = "a"}), ElementsAre("p1", "p2", "p3", "p4", "p5"));
  EXPECT_THAT(keys({.prefix = "p", .after = "z"}), IsEmpty());
  EXPECT_THAT(keys({.prefix = "p", .after = "z", .limit = 1, .reverse = true}), ElementsAre("p5"));
  EXPECT_THAT(keys({.prefix = "p", .after = "a", .reverse = true}), IsEmpty());
}

TEST_F(StorageLocal, ScansKeysWithoutValues) {
  put({"a"});
  const auto rows = storage_->scan("t", {.space = "s", .keys_only = true});
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 1U);
  EXPECT_EQ(rows->front().value, "");
  EXPECT_GT(rows->front().version, 0U);
}

TEST_F(StorageLocal, ErasesByPrefixUpToItsEdges) {
  const std::string ff("\xFF", 1);
  put({"a", "a" + ff, "a" + ff + "x", "b", ff, ff + ff});
  ASSERT_TRUE(apply({WriteOp::erase_prefix("s", "a" + ff)}).status);
  EXPECT_THAT(keys({}), ElementsAre("a", "b", ff, ff + ff));
  ASSERT_TRUE(apply({WriteOp::erase_prefix("s", ff)}).status);
  EXPECT_THAT(keys({}), ElementsAre("a", "b"));
  ASSERT_TRUE(apply({WriteOp::put("other", "a", "1")}).status);
  ASSERT_TRUE(apply({WriteOp::erase_prefix("s", "")}).status);
  EXPECT_THAT(keys({}), IsEmpty());
  EXPECT_THAT(keys({.space = "other"}), ElementsAre("a"));
}

TEST_F(StorageLocal, KeepsBinaryKeysAndEmptyValues) {
  std::string all;
  for (int c = 0; c < 256; ++c) {
    all.push_back(static_cast<char>(c));
  }
  ASSERT_TRUE(apply({WriteOp::put("s", all, all), WriteOp::put("s", "empty", "")}).status);
  EXPECT_EQ(value(all), all);
  EXPECT_EQ(value("empty"), "");
  EXPECT_THAT(keys({}), ElementsAre(all, "empty"));
}

TEST_F(StorageLocal, HidesExpiredRowsAndErasesThemLater) {
  constexpr std::int64_t kLongAgo = 1'000;
  constexpr std::int64_t kFarAhead = 4'000'000'000'000;
  ASSERT_TRUE(apply({WriteOp::put("s", "old", "1", kLongAgo),
                     WriteOp::put("s", "young", "1", kFarAhead), WriteOp::put("s", "ever", "1")})
                  .status);
  EXPECT_EQ(value("old"), "-");
  EXPECT_EQ(value("young"), "1");
  EXPECT_THAT(keys({}), ElementsAre("ever", "young"));
  // It counts as absent …
  EXPECT_EQ(apply({WriteOp::put("s", "young", "2").if_absent()}).status.code(), Code::Conflict);
  EXPECT_TRUE(apply({WriteOp::put("s", "old", "2").if_absent()}).status);
  EXPECT_EQ(value("old"), "2");
  // … and a put without a time makes it stay.
  const auto rows = storage_->get("t", std::vector<KeyRef>{{"s", "young"}});
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->front().expires_at_ms, kFarAhead);
}

TEST_F(StorageLocal, RefusesWhatItCannotKeepAndNamesIt) {
  const auto refusal = [&](Ops ops) {
    const auto result = apply(ops);
    EXPECT_EQ(result.status.code(), Code::Invalid);
    return result.status.message();
  };
  EXPECT_THAT(refusal({WriteOp::put("", "a", "")}), HasSubstr("space"));
  EXPECT_THAT(refusal({WriteOp::put("s", "", "")}), HasSubstr("key"));
  EXPECT_THAT(refusal({WriteOp::put("s", std::string(5'000, 'k'), "")}), HasSubstr("key"));
  EXPECT_THAT(refusal({WriteOp::put("s", "a", std::string((1 << 20) + 1, 'v'))}),
              HasSubstr("value"));
  EXPECT_THAT(refusal({WriteOp::erase_prefix("s", "a").if_absent()}), HasSubstr("condition"));
  EXPECT_TRUE(apply({WriteOp::put("s", "a", std::string(1 << 20, 'v'))}).status);
  EXPECT_EQ(value("a").size(), std::size_t{1} << 20);
}

TEST_F(StorageLocal, GroupsBatchesIntoOneCommitPerShard) {
  const Ops ops = {WriteOp::put("s", "a", "1"), WriteOp::put("s", "b", "2")};
  std::vector<std::string> tenants;
  std::vector<Batch> batches;
  for (int i = 0; i < 200; ++i) {
    tenants.push_back("tenant-" + std::to_string(i));
  }
  for (const auto& tenant : tenants) {
    batches.push_back({tenant, ops});
  }
  for (const auto& result : storage_->apply_many(batches)) {
    EXPECT_TRUE(result.status);
  }
  const auto stats = storage_->stats();
  ASSERT_TRUE(stats);
  EXPECT_THAT(*stats, HasSubstr(R"("shards":4,)"));
  EXPECT_THAT(*stats, HasSubstr(R"("batches":200,)"));
  EXPECT_THAT(*stats, HasSubstr(R"("commits":4,)"));
}

}  // namespace
}  // namespace waxwing
