// SPDX-License-Identifier: Apache-2.0
// SDK base of a storage module: one class with a few blocking functions becomes a backend.
//
//   class Sqlite final : public waxwing::plugin::StorageModule {
//    public:
//     static constexpr const char* kId = "sqlite";       // what `storage:` in the settings names
//     static constexpr const char* kName = "SQLite";
//     Sqlite(const Host& host, std::string_view config_json);
//     …
//   };
//   WAX_STORAGE_MODULE(Sqlite, "com.example.sqlite", "1.0.0");
//
// Optional statics: kConfigSchema (JSON Schema text), kConcurrency (calls at once, 1),
// kMaxValueBytes (1 MiB), and those of core.hpp.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core.hpp"

namespace waxwing::plugin {
inline namespace v1 {

// One element of a request, borrowed for the call: a key to read, or a step of a batch.
struct Kv {
  std::uint32_t flags;  // WAX_KV_*
  std::string_view space;
  std::string_view key;
  std::string_view value;
  std::uint64_t version;       // with WAX_KV_IF_VERSION: the expected one, 0 = absent
  std::int64_t expires_at_ms;  // 0 = never

  bool has(std::uint32_t flag) const noexcept { return (flags & flag) != 0; }
};

// A borrowed array of them, as the host laid it out.
class KvList {
 public:
  KvList() = default;
  KvList(const wax_kv* first, std::uint32_t count) noexcept
      : first_(first), count_(first != nullptr ? count : 0) {}

  std::uint32_t size() const noexcept { return count_; }
  Kv operator[](std::uint32_t i) const noexcept {
    const auto* at = reinterpret_cast<const unsigned char*>(first_);
    const auto kv = detail::normalised<wax_kv>(at + std::size_t{i} * first_->struct_size);
    return {kv.flags, view(kv.space), view(kv.key), view(kv.value), kv.version, kv.expires_at_ms};
  }

 private:
  const wax_kv* first_ = nullptr;
  std::uint32_t count_ = 0;
};

// One row of an answer.
struct Row {
  std::string space;
  std::string key;
  std::string value;
  std::uint64_t version = 0;
  std::int64_t expires_at_ms = 0;
};

// A scan, borrowed for the call.
struct Scan {
  std::string_view space;
  std::string_view prefix;
  std::string_view after;  // exclusive; empty = from the first (reverse: from the last)
  std::uint32_t limit;     // 0 = your own limit
  bool reverse;
  bool keys_only;
};

// One tenant's batch on its way through apply_many(), borrowed for the call.
struct Batch {
  std::string_view tenant;
  KvList ops;
  // The answer: fail() or succeed() once.
  wax_status status = WAX_E_INTERNAL;
  std::uint64_t version = 0;
  std::string message;

  void succeed(std::uint64_t with_version) noexcept {
    status = WAX_OK;
    version = with_version;
  }
  void fail(wax_status code, std::string why) noexcept {
    status = code;
    message = std::move(why);
  }
};

// Base class of a backend. The functions may block; up to kConcurrency of them run at once, those
// of one tenant one after the other. They fail by throwing Error: WAX_E_CONFLICT for a condition
// that does not hold, WAX_E_UNAVAILABLE when the medium refuses. abi/storage.h has the data model.
class StorageModule {
 public:
  StorageModule() = default;
  virtual ~StorageModule() = default;  // closes the backend
  StorageModule(const StorageModule&) = delete;
  StorageModule& operator=(const StorageModule&) = delete;

  // Connects and brings the backend's own schema up to date. Called once, before all others.
  virtual void open() = 0;
  // Exact keys; leave missing ones out.
  virtual std::vector<Row> get(std::string_view tenant, const KvList& keys) = 0;
  virtual std::vector<Row> scan(std::string_view tenant, const Scan& scan) = 0;
  // All or nothing, durable when it returns; the version of the rows it put.
  virtual std::uint64_t apply(std::string_view tenant, const KvList& ops) = 0;
  // Override it when several batches can share one commit. Answers every batch.
  virtual void apply_many(std::vector<Batch>& batches) {
    for (Batch& batch : batches) {
      try {
        batch.succeed(apply(batch.tenant, batch.ops));
      } catch (...) {
        detail::with_current_exception([&](wax_status code, std::string_view what, std::uint32_t) {
          batch.fail(code, std::string(what));
        });
      }
    }
  }
  // Rows in spaces that start with `keep` stay; with an empty one none does.
  virtual void drop_tenant(std::string_view tenant, std::string_view keep) = 0;
  virtual std::vector<std::string> list_tenants() = 0;
  // Health and size, a JSON object.
  virtual std::string stats() { return "{}"; }
};

namespace detail {

// clang-format off
template <class T> constexpr auto storage_concurrency(int) -> decltype(static_cast<std::uint32_t>(T::kConcurrency)) { return T::kConcurrency; }
template <class T> constexpr std::uint32_t storage_concurrency(...) { return 1; }
template <class T> constexpr auto max_value_bytes(int) -> decltype(static_cast<std::uint32_t>(T::kMaxValueBytes)) { return T::kMaxValueBytes; }
template <class T> constexpr std::uint32_t max_value_bytes(...) { return 1u << 20; }
// clang-format on

inline StorageModule& storage_of(wax_storage* self) noexcept {
  return *reinterpret_cast<StorageModule*>(self);
}

inline void deliver(const std::vector<Row>& rows, wax_rows_fn sink, void* user) {
  std::vector<wax_kv> raw;
  raw.reserve(rows.size());
  for (const Row& row : rows) {
    raw.push_back({sizeof(wax_kv), 0, str(row.space), bytes(row.key), bytes(row.value), row.version,
                   row.expires_at_ms});
  }
  sink(user, WAX_OK, raw.data(), static_cast<std::uint32_t>(raw.size()), nullptr);
}

// The slots of the table, each forwarding to the virtual function of its name.
struct StorageSlots {
  static wax_status open(wax_storage* self, wax_error* err) noexcept {
    return guard_status(err, [&] { storage_of(self).open(); });
  }
  static wax_status get(wax_storage* self, wax_str tenant, const wax_kv* keys, std::uint32_t count,
                        wax_rows_fn sink, void* user, wax_error* err) noexcept {
    return guard_status(
        err, [&] { deliver(storage_of(self).get(view(tenant), KvList(keys, count)), sink, user); });
  }
  static wax_status scan(wax_storage* self, wax_str tenant, const wax_scan* query, wax_rows_fn sink,
                         void* user, wax_error* err) noexcept {
    return guard_status(err, [&] {
      const auto q = normalised<wax_scan>(query);
      const Scan scan = {view(q.space),
                         view(q.prefix),
                         view(q.after),
                         q.limit,
                         (q.flags & WAX_SCAN_REVERSE) != 0,
                         (q.flags & WAX_SCAN_KEYS_ONLY) != 0};
      deliver(storage_of(self).scan(view(tenant), scan), sink, user);
    });
  }
  static wax_status apply(wax_storage* self, wax_str tenant, const wax_kv* ops, std::uint32_t count,
                          std::uint64_t* version, wax_error* err) noexcept {
    return guard_status(err, [&] {
      const std::uint64_t got = storage_of(self).apply(view(tenant), KvList(ops, count));
      if (version != nullptr) {
        *version = got;
      }
    });
  }
  static wax_status apply_many(wax_storage* self, const wax_str* tenants, const wax_kv* const* ops,
                               const std::uint32_t* counts, std::uint32_t count,
                               wax_status* results, std::uint64_t* versions,
                               wax_error* err) noexcept {
    wax_status worst = WAX_OK;
    const wax_status status = guard_status(err, [&] {
      std::vector<Batch> batches(count);
      for (std::uint32_t i = 0; i < count; ++i) {
        batches[i].tenant = view(tenants[i]);
        batches[i].ops = KvList(ops[i], counts[i]);
      }
      storage_of(self).apply_many(batches);
      for (std::uint32_t i = 0; i < count; ++i) {
        const Batch& batch = batches[i];
        results[i] = batch.status;
        if (versions != nullptr) {
          versions[i] = batch.version;
        }
        // A conflict explains itself; keep the text of what is wrong with the medium.
        if (batch.status != WAX_OK && (worst == WAX_OK || worst == WAX_E_CONFLICT)) {
          worst = batch.status;
          fill(err, batch.status, batch.message);
        }
      }
    });
    if (status != WAX_OK) {
      for (std::uint32_t i = 0; i < count; ++i) {
        results[i] = status;
      }
      return status;
    }
    return worst;
  }
  static wax_status drop_tenant(wax_storage* self, wax_str tenant, wax_str keep,
                                wax_error* err) noexcept {
    return guard_status(err, [&] { storage_of(self).drop_tenant(view(tenant), view(keep)); });
  }
  static wax_status list_tenants(wax_storage* self, wax_rows_fn sink, void* user,
                                 wax_error* err) noexcept {
    return guard_status(err, [&] {
      std::vector<Row> rows;
      for (std::string& name : storage_of(self).list_tenants()) {
        rows.emplace_back().key = std::move(name);
      }
      deliver(rows, sink, user);
    });
  }
  static wax_status stats(wax_storage* self, wax_rows_fn sink, void* user,
                          wax_error* err) noexcept {
    return guard_status(err, [&] {
      std::vector<Row> rows(1);
      rows[0].key = "stats";
      rows[0].value = storage_of(self).stats();
      deliver(rows, sink, user);
    });
  }
  static void close(wax_storage* self) noexcept { delete &storage_of(self); }
  static const void* get_extension(wax_storage*, const char*) noexcept { return nullptr; }

  static constexpr wax_storage_vtable kTable = {sizeof(wax_storage_vtable),
                                                0,
                                                &open,
                                                &get,
                                                &scan,
                                                &apply,
                                                &apply_many,
                                                &drop_tenant,
                                                &list_tenants,
                                                &stats,
                                                &close,
                                                &get_extension};
};

template <class Traits>
struct StorageBinding {
  using Impl = typename Traits::Impl;

  static constexpr wax_storage_desc kDesc = {sizeof(wax_storage_desc),
                                             0,
                                             Impl::kId,
                                             Impl::kName,
                                             Traits::kModuleVersion,
                                             config_schema<Impl>(0),
                                             max_value_bytes<Impl>(0),
                                             storage_concurrency<Impl>(0)};

  static const wax_storage_desc* describe(wax_module_ctx*, std::uint32_t index) noexcept {
    return index == 0 ? &kDesc : nullptr;
  }
  static wax_status create(wax_module_ctx* ctx, const char* storage_id, wax_str config_json,
                           const wax_storage_vtable** vtable, wax_storage** self,
                           wax_error* err) noexcept {
    return guard_status(err, [&] {
      if (std::string_view(storage_id) != Impl::kId) {
        throw Error(WAX_E_NOT_FOUND, "this module has no storage of that id");
      }
      std::unique_ptr<StorageModule> module =
          std::make_unique<Impl>(host_of(ctx), view(config_json));
      *vtable = &StorageSlots::kTable;
      *self = reinterpret_cast<wax_storage*>(module.release());
    });
  }
  static constexpr wax_storage_factory kFactory = {sizeof(wax_storage_factory), 1, &describe,
                                                   &create};

  static const void* get_factory(wax_module_ctx*, const char* factory_id) noexcept {
    return std::string_view(factory_id) == WAX_STORAGE_FACTORY ? &kFactory : nullptr;
  }
  static constexpr wax_module kModule = make_module<Traits>(&get_factory);
};

}  // namespace detail
}  // namespace v1
}  // namespace waxwing::plugin

// Makes the file a module with one storage class; once, at namespace scope.
#define WAX_STORAGE_MODULE(Class, module_id, module_version) \
  WAX_DETAIL_MODULE(::waxwing::plugin::detail::StorageBinding, Class, module_id, module_version)
