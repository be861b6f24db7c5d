// SPDX-License-Identifier: Apache-2.0
// The store over real files: order under load, groups, and rows that outlive SIGKILL.
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "storage/blocking.hpp"
#include "storage/store.hpp"
#include "support/child.hpp"
#include "support/local_storage.hpp"
#include "support/temp_dir.hpp"

namespace waxwing::storage {
namespace {

using waxwing::testing::Child;
using waxwing::testing::create_local_storage;
using waxwing::testing::integrity_of;
using waxwing::testing::local_config;
using waxwing::testing::TempDir;

std::shared_ptr<Store> open_local(const std::string& path, int shards,
                                  const std::string& more = "") {
  auto module = create_local_storage(local_config(path, shards, more));
  auto store = module ? Store::open(std::move(module).value())
                      : Result<std::shared_ptr<Store>>(module.error());
  if (!store) {
    std::fprintf(stderr, "%s\n", store.error().message().c_str());
    std::abort();
  }
  return std::move(store).value();
}

void run_here(Task task) {
  task();
}

class Countdown {
 public:
  explicit Countdown(std::size_t count) : count_(count) {}
  void arrive() {
    const std::lock_guard lock(mutex_);
    if (--count_ == 0) {
      done_.notify_all();
    }
  }
  void wait() {
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return count_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable done_;
  std::size_t count_;
};

TEST(StoreOverFiles, KeepsTheOrderOfEveryTenantUnderLoad) {
  constexpr int kTenants = 24;
  constexpr int kRounds = 40;
  TempDir dir;
  const auto store = open_local(dir / "data", 16);
  EXPECT_EQ(store->info().concurrency, 2U);

  // One answer after the other per tenant, so plain vectors suffice.
  std::vector<std::vector<int>> answers(kTenants);
  std::atomic<int> wrong{0};
  Countdown left(std::size_t{kTenants} * kRounds * 2);
  std::vector<std::thread> callers;
  for (int c = 0; c < 4; ++c) {
    callers.emplace_back([&, c] {
      std::vector<TenantStore> mine;
      for (int t = c; t < kTenants; t += 4) {
        mine.push_back(store->tenant("tenant-" + std::to_string(t), run_here));
      }
      for (int round = 0; round < kRounds; ++round) {
        for (std::size_t i = 0; i < mine.size(); ++i) {
          const std::size_t t = i * 4 + static_cast<std::size_t>(c);
          mine[i].commit({WriteOp::put("s", "round", std::to_string(round))},
                         [&, t, round](const Status& status) {
                           answers[t].push_back(2 * round);
                           wrong += status ? 0 : 1;
                           left.arrive();
                         });
          mine[i].get({{"s", "round"}}, [&, t, round](const Result<std::vector<Row>>& rows) {
            answers[t].push_back(2 * round + 1);
            wrong += rows && rows->front().value == std::to_string(round) ? 0 : 1;
            left.arrive();
          });
        }
      }
    });
  }
  for (auto& caller : callers) {
    caller.join();
  }
  left.wait();
  EXPECT_EQ(wrong, 0);
  for (const auto& order : answers) {
    EXPECT_EQ(order.size(), 2U * kRounds);
    EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  }
  const StoreCounters counted = store->counters();
  EXPECT_EQ(counted.batches, static_cast<std::uint64_t>(kTenants * kRounds));
  EXPECT_LT(counted.commits, counted.batches) << "some were written together";
}

TEST(StoreOverFiles, WritesABurstInFewCommits) {
  constexpr int kBatches = 1'000;
  TempDir dir;
  const auto store = open_local(dir / "data", 16);
  Countdown left(kBatches);
  std::atomic<int> failed{0};
  for (int i = 0; i < kBatches; ++i) {
    store->tenant("tenant-" + std::to_string(i % 100), run_here)
        .commit({WriteOp::put("s", std::to_string(i), "v")}, [&](const Status& status) {
          failed += status ? 0 : 1;
          left.arrive();
        });
  }
  left.wait();
  EXPECT_EQ(failed, 0);
  EXPECT_LT(store->counters().commits, kBatches / 10U);
}

// What the child says for every write that was answered Ok. Small enough for one atomic write().
struct Acknowledged {
  std::uint32_t tenant;
  std::uint32_t number;
};

constexpr std::uint32_t kTenants = 12;

std::string tenant_name(std::uint32_t index) {
  return "tenant-" + std::to_string(index);
}

// Keeps writing batches of two rows per tenant until it is killed.
void write_forever(const std::string& path, std::uint32_t first, int out) {
  const auto store = open_local(path, 2, R"("checkpoint_pages":10,"flush_kb":16)");
  for (std::uint32_t number = first;; ++number) {
    Countdown left(kTenants);
    for (std::uint32_t t = 0; t < kTenants; ++t) {
      const std::string key = std::to_string(number);
      const std::string value = std::string(300, 'x') + key;
      store->tenant(tenant_name(t), run_here)
          .commit({WriteOp::put("left", key, value), WriteOp::put("right", key, value)},
                  [&, t, number](const Status& status) {
                    const Acknowledged said = {t, number};
                    if (!status || ::write(out, &said, sizeof said) != sizeof said) {
                      ::_exit(1);
                    }
                    left.arrive();
                  });
    }
    left.wait();
  }
}

TEST(StoreOverFiles, KeepWhatWasAcknowledgedOverSigkill) {
  constexpr int kKills = 60;
  TempDir dir;
  const std::string path = dir / "data";
  open_local(path, 2)->flush_and_close();
  std::minstd_rand random(4'711);
  std::map<std::uint32_t, std::set<std::string>> acknowledged;  // keys by tenant
  std::uint32_t next = 0;

  for (int kill = 0; kill < kKills; ++kill) {
    {
      const std::uint32_t first = next;
      Child child([&](int out) { write_forever(path, first, out); });
      const auto note = [&](const Acknowledged& said) {
        acknowledged[said.tenant].insert(std::to_string(said.number));
        next = std::max(next, said.number + 1);
      };
      const auto enough = 1 + random() % 60;
      Acknowledged said{};
      for (std::size_t i = 0; i < enough; ++i) {
        ASSERT_EQ(::read(child.in(), &said, sizeof said), static_cast<ssize_t>(sizeof said));
        note(said);
      }
      // A moment more, so that it dies in the middle of whatever it is doing.
      ::poll(nullptr, 0, static_cast<int>(random() % 3));
      child.kill();
      while (::read(child.in(), &said, sizeof said) == static_cast<ssize_t>(sizeof said)) {
        note(said);
      }
    }
    const auto store = open_local(path, 2, R"("checkpoint_pages":10,"flush_kb":16)");
    for (const auto& [tenant, keys] : acknowledged) {
      const BlockingTenant rows(*store, tenant_name(tenant));
      const auto left = rows.scan_all({.space = "left"});
      const auto right = rows.scan_all({.space = "right"});
      ASSERT_TRUE(left && right);
      // A batch is there whole or not at all, and every acknowledged one is there.
      ASSERT_EQ(left->size(), right->size()) << tenant_name(tenant) << " after kill " << kill;
      std::set<std::string> lost = keys;
      for (const Row& row : *right) {
        EXPECT_EQ(row.value, std::string(300, 'x') + row.key);
        lost.erase(row.key);
      }
      ASSERT_THAT(lost, ::testing::IsEmpty()) << tenant_name(tenant) << " after kill " << kill;
    }
    if (kill % 10 == 9) {
      store->flush_and_close();
      EXPECT_EQ(integrity_of(path + "/shard-00.db"), "ok");
      EXPECT_EQ(integrity_of(path + "/shard-01.db"), "ok");
    }
  }
}

}  // namespace
}  // namespace waxwing::storage
