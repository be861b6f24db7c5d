// SPDX-License-Identifier: Apache-2.0
// storage-local against a map, by random steps, with flushes, restarts and crashes between them.
#include <chrono>
#include <filesystem>
#include <map>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/local_storage.hpp"
#include "support/temp_dir.hpp"

namespace waxwing {
namespace {

using plugin_host::Batch;
using plugin_host::KeyRef;
using plugin_host::Row;
using plugin_host::Scan;
using plugin_host::StorageModule;
using plugin_host::WriteOp;

using Ops = std::vector<WriteOp>;

class StorageLocalModel : public ::testing::TestWithParam<unsigned> {
 protected:
  using Name = std::tuple<std::string, std::string, std::string>;  // tenant, space, key
  using Model = std::map<Name, std::pair<std::string, std::uint64_t>>;

  unsigned dice(unsigned sides) { return static_cast<unsigned>(random_() % sides); }
  std::string tenant() { return std::vector<std::string>{"", "a", "ab", "b"}[dice(4)]; }
  std::string space() { return std::vector<std::string>{"s", "s.t", "t"}[dice(3)]; }
  std::string key() {
    std::string text;
    for (unsigned i = dice(3) + 1; i > 0; --i) {
      text.push_back("ab\xFF\0\1"[dice(5)]);
    }
    return text;
  }

  // Flushes happen by age while others go on, or by size only, so that between them the files can
  // be copied.
  [[nodiscard]] bool by_age() const { return GetParam() % 2 == 0; }
  void open() {
    storage_ = waxwing::testing::open_local_storage(
        path_, 1, by_age() ? R"("flush_after_ms":10)" : R"("flush_kb":16,"flush_after_ms":600000)");
  }
  [[nodiscard]] std::size_t unflushed_bytes() {
    const std::string stats = storage_->stats().value();
    const std::string field = "\"unflushed_bytes\":";
    return std::stoul(stats.substr(stats.find(field) + field.size()));
  }
  void crash() {
    while (unflushed_bytes() > std::size_t{16} << 10) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    const std::string copy = dir_ / ("crash-" + std::to_string(++crashes_));
    std::filesystem::copy(path_, copy);
    std::filesystem::remove(copy + "/shard-00.db-shm");
    storage_.reset();
    path_ = copy;
    open();
  }

  // False when a condition does not hold.
  bool apply_to(Model& model, const std::string& tenant, const Ops& ops, std::uint64_t version) {
    for (const WriteOp& op : ops) {
      const auto it = model.find({tenant, op.space, op.key});
      const std::uint64_t now = it != model.end() ? it->second.second : 0;
      if (((op.flags & WAX_KV_IF_ABSENT) != 0 && now != 0) ||
          ((op.flags & WAX_KV_IF_VERSION) != 0 && now != op.version)) {
        return false;
      }
      if ((op.flags & WAX_KV_DELETE_PREFIX) != 0) {
        for (auto at = model.lower_bound({tenant, op.space, op.key});
             at != model.end() && std::get<0>(at->first) == tenant &&
             std::get<1>(at->first) == op.space && std::get<2>(at->first).starts_with(op.key);) {
          at = model.erase(at);
        }
      } else if ((op.flags & WAX_KV_DELETE) != 0) {
        model.erase({tenant, op.space, op.key});
      } else {
        model[{tenant, op.space, op.key}] = {op.value, version};
      }
    }
    return true;
  }

  Ops some_ops(const std::string& tenant) {
    Ops ops;
    for (unsigned i = dice(4) + 1; i > 0; --i) {
      const std::string where = space();
      const std::string what = key();
      switch (dice(12)) {
        case 0:
          ops.push_back(WriteOp::erase_prefix(where, dice(2) == 0 ? "" : what));
          break;
        case 1:
          ops.push_back(WriteOp::put(where, what, "if absent").if_absent());
          break;
        case 2: {
          const auto it = model_.find({tenant, where, what});
          const std::uint64_t now = it != model_.end() ? it->second.second : 0;
          ops.push_back(
              WriteOp::put(where, what, "if version").if_version(now + (dice(5) == 0 ? 1U : 0U)));
          break;
        }
        case 3:
        case 4:
        case 5:
          ops.push_back(WriteOp::erase(where, what));
          break;
        default:
          ops.push_back(WriteOp::put(where, what, std::string(dice(400), 'v')));
      }
    }
    return ops;
  }

  void write() {
    std::vector<std::string> tenants;
    std::vector<Ops> ops;
    for (unsigned i = dice(4) + 1; i > 0; --i) {
      tenants.push_back(tenant());
      ops.push_back(some_ops(tenants.back()));
    }
    std::vector<Batch> batches;
    for (std::size_t i = 0; i < ops.size(); ++i) {
      batches.push_back({tenants[i], ops[i]});
    }
    const auto results = storage_->apply_many(batches);
    for (std::size_t i = 0; i < ops.size(); ++i) {
      Model next = model_;
      const bool kept = results[i].version != 0;
      const bool holds = apply_to(next, tenants[i], ops[i], kept ? results[i].version : ~0ULL);
      ASSERT_EQ(results[i].status.is_ok(), holds) << results[i].status.message();
      if (holds) {
        ASSERT_GT(results[i].version, last_version_);
        last_version_ = results[i].version;
        model_ = std::move(next);
      }
    }
  }

  void read() {
    const std::string tenant = this->tenant();
    std::vector<KeyRef> keys;
    std::vector<std::string> names;
    const std::string space = this->space();
    for (int i = 0; i < 5; ++i) {
      names.push_back(key());
    }
    for (const std::string& name : names) {
      keys.push_back({space, name});
    }
    const auto rows = storage_->get(tenant, keys);
    ASSERT_TRUE(rows);
    std::size_t expected = 0;
    for (const std::string& name : names) {
      expected += model_.count({tenant, space, name});
    }
    ASSERT_EQ(rows->size(), expected);
    for (const Row& row : *rows) {
      const auto& [value, version] = model_.at({tenant, space, row.key});
      ASSERT_EQ(row.value, value);
      ASSERT_EQ(row.version, version);
    }
  }

  void scan() {
    const std::string tenant = this->tenant();
    const std::string space = this->space();
    const std::string prefix = dice(2) == 0 ? "" : key().substr(0, 1);
    const std::string after = dice(2) == 0 ? "" : key();
    Scan scan{.space = space, .prefix = prefix, .after = after};
    scan.limit = 1 + dice(10);
    scan.reverse = dice(2) == 0;
    scan.keys_only = dice(2) == 0;
    std::vector<std::string> expected;
    for (const auto& [name, row] : model_) {
      const auto& [t, s, k] = name;
      if (t == tenant && s == space && k.starts_with(prefix) &&
          (after.empty() || (scan.reverse ? k < after : k > after))) {
        expected.push_back(k + "=" + (scan.keys_only ? "" : row.first));
      }
    }
    if (scan.reverse) {
      std::reverse(expected.begin(), expected.end());
    }
    expected.resize(std::min<std::size_t>(expected.size(), scan.limit));
    const auto rows = storage_->scan(tenant, scan);
    ASSERT_TRUE(rows);
    std::vector<std::string> found;
    for (const Row& row : *rows) {
      found.push_back(row.key + "=" + row.value);
    }
    ASSERT_EQ(found, expected);
  }

  void drop() {
    const std::string tenant = this->tenant();
    const std::string keep = dice(2) == 0 ? "" : "s";
    ASSERT_TRUE(storage_->drop_tenant(tenant, keep));
    std::erase_if(model_, [&](const auto& row) {
      return std::get<0>(row.first) == tenant &&
             (keep.empty() || !std::get<1>(row.first).starts_with(keep));
    });
  }

  void list() {
    std::set<std::string> expected;
    for (const auto& [name, row] : model_) {
      expected.insert(std::get<0>(name));
    }
    const auto found = storage_->list_tenants();
    ASSERT_TRUE(found);
    ASSERT_THAT(*found, ::testing::UnorderedElementsAreArray(expected));
  }

  void step() {
    switch (dice(40)) {
      case 0:
        return drop();
      case 1:
      case 2:
        return list();
      case 3:
        std::this_thread::sleep_for(std::chrono::milliseconds(dice(15)));
        return;
      case 4:
        if (dice(5) == 0) {
          storage_.reset();
          open();
        }
        return;
      case 5:
        if (!by_age() && dice(3) == 0) {
          crash();
        }
        return;
      default:
        return dice(2) == 0 ? write() : dice(2) == 0 ? read() : scan();
    }
  }

  waxwing::testing::TempDir dir_;
  std::string path_ = dir_ / "data";
  std::mt19937 random_{GetParam()};
  std::unique_ptr<StorageModule> storage_;
  Model model_;
  std::uint64_t last_version_ = 0;
  int crashes_ = 0;
};

TEST_P(StorageLocalModel, AgreesWithAMap) {
  open();
  for (int i = 0; i < 600; ++i) {
    step();
    ASSERT_FALSE(HasFatalFailure()) << "step " << i << " of seed " << GetParam();
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, StorageLocalModel, ::testing::Range(1U, 7U));

}  // namespace
}  // namespace waxwing
