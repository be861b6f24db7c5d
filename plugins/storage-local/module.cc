// SPDX-License-Identifier: Apache-2.0
// The module: tenants spread over shards, batches grouped by shard.
#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <waxwing/plugin/storage.hpp>

#include "directory.hpp"
#include "flusher.hpp"
#include "schema.hpp"
#include "settings.hpp"
#include "shard.hpp"

namespace waxwing::storage_local {

// FNV-1a-64: the hash by which the host spreads tenants over its lanes (abi/storage.h), so a lane
// has its shards for itself.
constexpr std::uint64_t hash_of(std::string_view tenant) noexcept {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : tenant) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  }
  return hash;
}

// For rows that are old enough to be moved, and after a flush that failed.
constexpr std::chrono::seconds kLookInterval(1);

class LocalStorage final : public plugin::StorageModule {
 public:
  static constexpr const char* kId = "local";
  static constexpr const char* kName = "Local files (SQLite)";
  static constexpr const char* kConfigSchema = kSettingsSchema;
  static constexpr std::uint32_t kConcurrency = 2;  // of which each syncs for itself
  static constexpr std::uint32_t kMaxValueBytes = storage_local::kMaxValueBytes;
  static constexpr const char* kLicense = "Apache-2.0";
  static constexpr const char* kDescription = "Stores everything in SQLite files in one directory";

  LocalStorage(const plugin::Host& host, std::string_view config_json)
      : host_(host), settings_(Settings::parse(config_json)) {}

  void open() override {
    directory_ = std::make_unique<Directory>(settings_.path);
    if (settings_.shards == 0) {
      const std::uint32_t there = shards_of(*directory_);
      settings_.shards = there != 0 ? there : kConcurrency;
    }
    create_missing_shards(*directory_, settings_.shards);
    for (std::uint32_t i = 0; i < settings_.shards; ++i) {
      shards_.push_back(std::make_unique<Shard>(directory_->shard_path(i), i, settings_, counters_,
                                                [this] { flusher_.wake(); }));
    }
    directory_->sync();  // the journals' names
    const std::chrono::milliseconds age(settings_.flush_after_ms);
    flusher_.start(shards_, std::min<std::chrono::milliseconds>(age, kLookInterval));
    host_.log(nullptr, WAX_LOG_INFO, "storage.opened",
              {{"path", directory_->path()}, {"shards", std::to_string(settings_.shards)}});
  }

  std::vector<plugin::Row> get(std::string_view tenant, const plugin::KvList& keys) override {
    return shard_of(tenant).get(tenant, keys);
  }

  std::vector<plugin::Row> scan(std::string_view tenant, const plugin::Scan& scan) override {
    return shard_of(tenant).scan(tenant, scan);
  }

  std::uint64_t apply(std::string_view tenant, const plugin::KvList& ops) override {
    plugin::Batch batch;
    batch.tenant = tenant;
    batch.ops = ops;
    shard_of(tenant).apply({&batch});
    if (batch.status != WAX_OK) {
      throw plugin::Error(batch.status, std::move(batch.message));
    }
    return batch.version;
  }

  void apply_many(std::vector<plugin::Batch>& batches) override {
    std::vector<std::vector<plugin::Batch*>> by_shard(shards_.size());
    for (plugin::Batch& batch : batches) {
      by_shard[hash_of(batch.tenant) % shards_.size()].push_back(&batch);
    }
    for (std::size_t i = 0; i < by_shard.size(); ++i) {
      if (!by_shard[i].empty()) {
        shards_[i]->apply(by_shard[i]);
      }
    }
  }

  void drop_tenant(std::string_view tenant, std::string_view keep) override {
    shard_of(tenant).drop_tenant(tenant, keep);
  }

  std::vector<std::string> list_tenants() override {
    std::vector<std::string> names;
    for (const auto& shard : shards_) {
      shard->list_tenants(names);
    }
    return names;
  }

  // No lock that a commit holds: it must answer while one waits for the disk.
  std::string stats() override {
    std::uint64_t file_bytes = 0;
    std::uint64_t log_bytes = 0;
    std::uint64_t journal_bytes = 0;
    std::uint64_t unflushed_bytes = 0;
    for (const auto& shard : shards_) {
      file_bytes += Directory::size_of(shard->path());
      log_bytes += Directory::size_of(shard->path() + "-wal");
      journal_bytes += Directory::size_of(shard->stem() + ".journal-0") +
                       Directory::size_of(shard->stem() + ".journal-1");
      unflushed_bytes += shard->unflushed_bytes();
    }
    const auto field = [](const char* name, std::uint64_t value) {
      return std::string(",\"") + name + "\":" + std::to_string(value);
    };
    return "{\"shards\":" + std::to_string(shards_.size()) + field("file_bytes", file_bytes) +
           field("log_bytes", log_bytes) + field("journal_bytes", journal_bytes) +
           field("unflushed_bytes", unflushed_bytes) + field("commits", counters_.commits) +
           field("batches", counters_.batches) + field("failed_commits", counters_.failed_commits) +
           field("flushes", counters_.flushes) + "}";
  }

 private:
  Shard& shard_of(std::string_view tenant) { return *shards_[hash_of(tenant) % shards_.size()]; }

  const plugin::Host& host_;
  void report(const std::string& why) const {
    if (why.empty()) {
      host_.log(nullptr, WAX_LOG_INFO, "storage.flushes_recovered", {});
    } else {
      host_.log(nullptr, WAX_LOG_ERROR, "storage.flushes_fail", {{"reason", why}});
    }
  }

  Settings settings_;
  Shard::Counters counters_;
  std::unique_ptr<Directory> directory_;  // the lock goes last
  std::vector<std::unique_ptr<Shard>> shards_;
  Flusher flusher_{[this](const std::string& why) { report(why); }};  // before the shards go
};

}  // namespace waxwing::storage_local

WAX_STORAGE_MODULE(waxwing::storage_local::LocalStorage, "waxwing.storage-local", "0.1.0");
