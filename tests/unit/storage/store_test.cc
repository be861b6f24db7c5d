// SPDX-License-Identifier: Apache-2.0
// The store's promises: order, read-your-writes, grouping, limits, cache.
#include "storage/store.hpp"

#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "storage/blocking.hpp"
#include "unit/storage/mailbox.hpp"
#include "unit/storage/memory_storage.hpp"

namespace waxwing::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using waxwing::testing::Mailbox;
using waxwing::testing::memory_storage;
using waxwing::testing::MemoryControl;

class StoreTest : public ::testing::Test {
 protected:
  void open(StoreOptions options = {}, std::uint32_t concurrency = 1) {
    auto opened = Store::open(memory_storage(control_, concurrency), std::move(options));
    ASSERT_TRUE(opened) << opened.error().message();
    store_ = std::move(opened).value();
  }
  // Notes "name=value", "name=-" or "name:code" in log_ when the answer arrives.
  RowsFn note_rows(std::string name) {
    return [this, name = std::move(name)](const Result<std::vector<Row>>& rows) {
      std::string text = name;
      if (!rows) {
        text += ":" + std::string(to_string(rows.error().code()));
      } else if (rows->empty()) {
        text += "=-";
      }
      for (const Row& row : rows.value_or(std::vector<Row>())) {
        text += "=" + row.value;
      }
      log_.push_back(text);
    };
  }
  DoneFn note_done(std::string name) {
    return [this, name = std::move(name)](const Status& status) {
      log_.push_back(name + (status ? "" : ":" + std::string(to_string(status.code()))));
    };
  }
  static std::vector<WriteOp> put(const std::string& key, const std::string& value) {
    return {WriteOp::put("s", key, value)};
  }

  // Occupies the lane with a commit that waits, so that what follows queues up.
  void block_lane(const TenantStore& tenant) {
    control_.hold();
    tenant.commit(put("blocker", ""), note_done("blocker"));
    control_.await_commit();
  }

  MemoryControl control_;
  Mailbox box_;
  std::vector<std::string> log_;
  std::shared_ptr<Store> store_;
};

TEST_F(StoreTest, AnswersOnTheExecutorAndNeverInsideTheCall) {
  open();
  const TenantStore t = store_->tenant("t", box_.post());
  t.commit(put("a", "1"), note_done("commit"));
  t.get({{"s", "a"}}, note_rows("get"));
  EXPECT_THAT(log_, IsEmpty());
  box_.run(2);
  t.get({{"s", "a"}}, note_rows("cached"));
  EXPECT_THAT(log_, ElementsAre("commit", "get=1"));
  box_.run(1);
  EXPECT_THAT(log_, ElementsAre("commit", "get=1", "cached=1"));
}

TEST_F(StoreTest, ReadsSeeEarlierWritesAndNotLaterOnes) {
  open();
  const TenantStore t = store_->tenant("t", box_.post());
  block_lane(t);
  t.get({{"s", "a"}}, note_rows("r0"));
  t.commit(put("a", "1"), note_done("w1"));
  t.get({{"s", "a"}}, note_rows("r1"));
  t.scan({.space = "s", .after = "A"}, note_rows("scan"));
  t.commit(put("a", "2"), note_done("w2"));
  t.commit({WriteOp::erase("s", "a")}, note_done("w3"));
  t.get({{"s", "a"}}, note_rows("r3"));
  t.commit(put("a", "4"), note_done("w4"));
  t.drop("", note_done("drop"));
  t.get({{"s", "a"}}, note_rows("r5"));
  control_.release();
  box_.run(11);
  EXPECT_THAT(log_, ElementsAre("blocker", "r0=-", "w1", "r1=1", "scan=1=", "w2", "w3", "r3=-",
                                "w4", "drop", "r5=-"));
}

TEST_F(StoreTest, CommitsWhatQueuedUpTogether) {
  open();
  std::vector<TenantStore> tenants;
  for (int i = 0; i < 50; ++i) {
    tenants.push_back(store_->tenant("t" + std::to_string(i), box_.post()));
  }
  block_lane(tenants[0]);
  for (const TenantStore& t : tenants) {
    t.get({{"s", "a"}}, note_rows("before"));
    t.commit(put("a", t.name()), note_done("w"));
    t.commit(put("b", t.name()), note_done("w"));
  }
  control_.release();
  box_.run(1 + 3 * tenants.size());
  EXPECT_THAT(control_.commits(), ElementsAre(1, 100));
  const StoreCounters counted = store_->counters();
  EXPECT_EQ(counted.commits, 2U);
  EXPECT_EQ(counted.batches, 101U);
  EXPECT_EQ(counted.queued, 0U);
}

TEST_F(StoreTest, AReadHoldsBackOnlyItsOwnTenant) {
  open();
  const TenantStore a = store_->tenant("a", box_.post());
  const TenantStore b = store_->tenant("b", box_.post());
  block_lane(a);
  a.commit(put("k", "1"), note_done("a1"));
  a.get({{"s", "k"}}, note_rows("ar"));
  a.commit(put("k", "2"), note_done("a2"));
  b.commit(put("k", "1"), note_done("b1"));
  b.commit(put("k", "2"), note_done("b2"));
  control_.release();
  box_.run(6);
  EXPECT_THAT(log_, ElementsAre("blocker", "a1", "b1", "b2", "ar=1", "a2"));
  EXPECT_THAT(control_.commits(), ElementsAre(1, 3, 1));
}

TEST_F(StoreTest, LimitsTheSizeOfACommit) {
  open({.max_batches_per_commit = 3});
  const TenantStore t = store_->tenant("t", box_.post());
  block_lane(t);
  for (int i = 0; i < 7; ++i) {
    t.commit(put("a", std::to_string(i)), note_done(std::to_string(i)));
  }
  control_.release();
  box_.run(8);
  EXPECT_THAT(log_, ElementsAre("blocker", "0", "1", "2", "3", "4", "5", "6"));
  EXPECT_THAT(control_.commits(), ElementsAre(1, 3, 3, 1));
}

// An hour: what does not go at once waits for somebody who reads, or for the end.
TEST_F(StoreTest, GathersWhatComesBetweenCommits) {
  open({.commits_at_once = 2, .commit_interval = std::chrono::hours(1)});
  const TenantStore t = store_->tenant("t", box_.post());
  for (const char* name : {"1", "2"}) {
    t.commit(put("a", name), note_done(name));
    box_.run(1);
  }
  t.commit(put("a", "3"), note_done("3"));
  t.commit(put("a", "4"), note_done("4"));
  t.get({{"s", "a"}}, note_rows("read"));
  box_.run(3);
  EXPECT_THAT(log_, ElementsAre("1", "2", "3", "4", "read=4"));
  EXPECT_THAT(control_.commits(), ElementsAre(1, 1, 2));
  t.commit(put("a", "5"), note_done("5"));
  store_->flush_and_close();
  box_.run(1);
  EXPECT_EQ(log_.back(), "5");
  EXPECT_THAT(control_.commits(), ElementsAre(1, 1, 2, 1));
}

TEST_F(StoreTest, RefusesInOrderWhenTheLaneIsFull) {
  open({.max_queued_calls = 3});
  const TenantStore t = store_->tenant("t", box_.post());
  const TenantStore other = store_->tenant("other", box_.post());
  block_lane(t);
  t.commit(put("a", "1"), note_done("w1"));
  t.get({{"s", "a"}}, note_rows("r1"));
  t.commit(put("a", "2"), note_done("w2"));
  t.get({{"s", "a"}}, note_rows("r2"));
  other.commit(put("a", "1"), note_done("other"));
  control_.release();
  box_.run(6);
  EXPECT_THAT(log_, ElementsAre("blocker", "other:unavailable", "w1", "r1=1", "w2:unavailable",
                                "r2:unavailable"));
  EXPECT_EQ(store_->counters().refused, 3U);
  t.commit(put("a", "3"), note_done("w3"));
  box_.run(1);
  EXPECT_EQ(log_.back(), "w3");
}

TEST_F(StoreTest, RefusesByBytesButLetsASingleBigBatchThrough) {
  open({.max_queued_bytes = 500});
  const TenantStore t = store_->tenant("t", box_.post());
  t.commit(put("a", std::string(900, 'x')), note_done("big"));
  box_.run(1);
  block_lane(t);
  t.commit(put("a", std::string(900, 'x')), note_done("big again"));
  control_.release();
  box_.run(2);
  EXPECT_THAT(log_, ElementsAre("big", "blocker", "big again:unavailable"));
}

TEST_F(StoreTest, RefusesBadInputInOrderAndNamesIt) {
  open();
  BlockingTenant t(*store_, "t");
  const Status big = t.commit(put("a", std::string(1'001, 'x')));
  EXPECT_EQ(big.code(), Code::Invalid);
  EXPECT_THAT(big.message(), ::testing::AllOf(HasSubstr("'s'"), HasSubstr("1001")));
  EXPECT_EQ(t.commit({WriteOp::put("", "a", "")}).code(), Code::Invalid);
  EXPECT_EQ(t.get({{std::string("a\0b", 3), "a"}}).error().code(), Code::Invalid);
  EXPECT_EQ(t.scan({.space = "with blank"}).error().code(), Code::Invalid);
  EXPECT_TRUE(t.commit({}));
  EXPECT_THAT(control_.commits(), IsEmpty());

  const TenantStore async = store_->tenant("t", box_.post());
  block_lane(async);
  async.commit({WriteOp::put("", "a", "")}, note_done("bad"));
  control_.release();
  box_.run(2);
  EXPECT_THAT(log_, ElementsAre("blocker", "bad:invalid"));
}

TEST_F(StoreTest, ReadsRowsAndTheirAbsenceFromTheCache) {
  open();
  BlockingTenant t(*store_, "t");
  ASSERT_TRUE(t.commit(put("a", "1")));
  for (int i = 0; i < 3; ++i) {
    const auto rows = t.get({{"s", "none"}, {"s", "a"}});
    ASSERT_TRUE(rows);
    ASSERT_EQ(rows->size(), 1U);
    EXPECT_EQ(rows->front().value, "1");
    EXPECT_EQ(rows->front().version, 1U);
  }
  EXPECT_EQ(control_.reads(), 1U);
  EXPECT_EQ(store_->counters().cache_hits, 2U);
}

TEST_F(StoreTest, WritesChangeTheCacheWithTheirVersion) {
  open();
  BlockingTenant t(*store_, "t");
  ASSERT_TRUE(t.commit({WriteOp::put("s", "a", "1"), WriteOp::put("s", "b", "1")}));
  ASSERT_TRUE(t.get_one("s", "a"));
  ASSERT_TRUE(t.get_one("s", "b"));
  ASSERT_TRUE(t.commit(put("a", "2")));
  EXPECT_EQ(t.commit({WriteOp::put("s", "a", "3").if_absent()}).code(), Code::Conflict);
  const auto a = t.get_one("s", "a");
  ASSERT_TRUE(a);
  EXPECT_EQ(a->value, "2");
  EXPECT_EQ(a->version, 2U);
  EXPECT_EQ(control_.reads(), 2U) << "only the first two";
  ASSERT_TRUE(t.commit({WriteOp::erase("s", "a")}));
  EXPECT_EQ(t.get_one("s", "a").error().code(), Code::NotFound);
  ASSERT_TRUE(t.commit({WriteOp::erase_prefix("s", "b")}));
  EXPECT_EQ(t.get_one("s", "b").error().code(), Code::NotFound);
}

TEST_F(StoreTest, AllHandlesOfATenantShareTheCache) {
  open();
  BlockingTenant one(*store_, "t");
  BlockingTenant two(*store_, "t");
  ASSERT_TRUE(one.commit(put("a", "1")));
  EXPECT_EQ(one.get_one("s", "a").value().value, "1");
  ASSERT_TRUE(two.commit(put("a", "2")));
  EXPECT_EQ(one.get_one("s", "a").value().value, "2");
  ASSERT_TRUE(two.drop());
  EXPECT_FALSE(one.get_one("s", "a"));
}

TEST_F(StoreTest, ExpiredRowsLeaveTheCacheInTime) {
  ManualClock clock;
  open({.clock = &clock});
  BlockingTenant t(*store_, "t");
  ASSERT_TRUE(t.commit({WriteOp::put("s", "a", "1", clock.unix_ms() + 1'000)}));
  EXPECT_TRUE(t.get_one("s", "a"));
  clock.advance(Millis(999));
  EXPECT_TRUE(t.get_one("s", "a"));
  clock.advance(Millis(1));
  EXPECT_FALSE(t.get_one("s", "a"));
}

TEST_F(StoreTest, AFailedWriteChangesNothingAndLaterOnesWork) {
  open();
  BlockingTenant t(*store_, "t");
  ASSERT_TRUE(t.commit(put("a", "1")));
  EXPECT_EQ(t.get_one("s", "a").value().value, "1");
  control_.fail_writes(WAX_E_UNAVAILABLE);
  const Status status = t.commit(put("a", "2"));
  EXPECT_EQ(status.code(), Code::Unavailable);
  EXPECT_THAT(status.message(), HasSubstr("the medium says no"));
  EXPECT_EQ(t.get_one("s", "a").value().value, "1");
  control_.fail_writes(WAX_OK);
  EXPECT_TRUE(t.commit(put("a", "3")));
  EXPECT_EQ(t.get_one("s", "a").value().value, "3");
  EXPECT_EQ(store_->counters().failed, 1U);
}

TEST_F(StoreTest, EveryBatchOfAFailedGroupHearsWhy) {
  open();
  const TenantStore t = store_->tenant("t", box_.post());
  block_lane(t);
  std::vector<std::string> reasons;
  for (int i = 0; i < 3; ++i) {
    t.commit(put("a", "1"), [&](const Status& s) { reasons.push_back(s.message()); });
  }
  control_.fail_writes(WAX_E_UNAVAILABLE);
  control_.release();
  box_.run(4);
  EXPECT_THAT(reasons, ::testing::Each(HasSubstr("the medium says no")));
}

TEST_F(StoreTest, FinishesWhatIsQueuedBeforeItCloses) {
  open();
  const TenantStore t = store_->tenant("t", box_.post());
  for (int i = 0; i < 20; ++i) {
    t.commit(put("a", std::to_string(i)), note_done("w"));
  }
  t.get({{"s", "a"}}, note_rows("last"));
  store_->flush_and_close();
  EXPECT_EQ(box_.waiting(), 21U);
  box_.run(21);
  EXPECT_EQ(log_.back(), "last=19");
  t.commit(put("a", "late"), note_done("late"));
  t.get({{"s", "b"}}, note_rows("late read"));
  store_.reset();
  t.scan({.space = "s"}, note_rows("later still"));
  box_.run(3);
  EXPECT_THAT(std::vector(log_.end() - 3, log_.end()),
              ElementsAre("late:unavailable", "late read:unavailable", "later still:unavailable"));
}

TEST_F(StoreTest, ListsTenantsAndTellsOfCommits) {
  std::vector<std::size_t> sizes;
  open({.on_commit = [&](std::chrono::nanoseconds, std::size_t n) { sizes.push_back(n); }});
  ASSERT_TRUE(BlockingTenant(*store_, "b").commit(put("x", "")));
  ASSERT_TRUE(BlockingTenant(*store_, "a").commit(put("x", "")));
  const auto names = list_tenants(*store_);
  ASSERT_TRUE(names);
  EXPECT_THAT(*names, ElementsAre("a", "b"));
  EXPECT_EQ(stats(*store_).value(), "{}");
  store_->flush_and_close();
  EXPECT_THAT(sizes, ElementsAre(1, 1));
}

}  // namespace
}  // namespace waxwing::storage
