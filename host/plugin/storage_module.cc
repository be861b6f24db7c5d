// SPDX-License-Identifier: Apache-2.0
// Calls over a storage table: C++ types in, C structs over the border, C++ types out.
#include "plugin/storage_module.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "plugin/table.hpp"

namespace waxwing::plugin_host {
namespace {

wax_str to_str(std::string_view s) noexcept {
  return {s.data(), s.size()};
}
wax_bytes to_bytes(std::string_view s) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(s.data()), s.size()};
}
std::string to_string(wax_str s) {
  return s.data != nullptr ? std::string(s.data, static_cast<std::size_t>(s.size)) : std::string();
}
std::string to_string(wax_bytes b) {
  return b.data != nullptr
             ? std::string(reinterpret_cast<const char*>(b.data), static_cast<std::size_t>(b.size))
             : std::string();
}

wax_error fresh_error() noexcept {
  wax_error err{};
  err.struct_size = sizeof err;
  return err;
}

// The module owns neither the size nor the terminator of the text it left in `err`.
std::string text_of(const wax_error& err, Code code) {
  const auto* end = std::find(err.message, err.message + sizeof err.message, '\0');
  if (end == err.message) {
    return code == Code::Conflict ? "a condition of the write does not hold"
                                  : "the storage module gave no reason";
  }
  return std::string(err.message, end);
}

Status status_from(wax_status status, const wax_error& err) {
  if (status == WAX_OK) {
    return Status::ok();
  }
  const Code code = code_from_abi(status);
  return Status(code, text_of(err, code)).retry_after(err.retry_after_ms);
}

// Where the rows of a read land. No exception may pass back through the module.
struct RowSink {
  bool answered = false;
  bool out_of_memory = false;
  Status failure;
  std::vector<Row> rows;

  static void receive(void* user, wax_status status, const wax_kv* rows, std::uint32_t count,
                      const wax_error* err) noexcept {
    auto& sink = *static_cast<RowSink*>(user);
    sink.answered = true;
    try {
      if (status != WAX_OK) {
        sink.failure = status_from(status, normalised(err));
        return;
      }
      sink.rows.reserve(sink.rows.size() + count);
      for_each_element<wax_kv>(rows, count, [&](const wax_kv& kv) {
        sink.rows.push_back({to_string(kv.space), to_string(kv.key), to_string(kv.value),
                             kv.version, kv.expires_at_ms});
      });
    } catch (const std::bad_alloc&) {
      sink.out_of_memory = true;
    }
  }
};

Result<std::vector<Row>> answer_of(RowSink& sink, wax_status status, const wax_error& err) {
  if (status != WAX_OK) {
    return status_from(status, err);
  }
  if (!sink.failure) {
    return std::move(sink.failure);
  }
  if (sink.out_of_memory) {
    return Status(Code::NoMemory, "out of memory while reading from the storage");
  }
  if (!sink.answered) {
    return Status(Code::Internal, "the storage module did not answer the read");
  }
  return std::move(sink.rows);
}

std::vector<wax_kv> to_abi(std::span<const WriteOp> ops) {
  std::vector<wax_kv> raw;
  raw.reserve(ops.size());
  for (const WriteOp& op : ops) {
    raw.push_back({sizeof(wax_kv), op.flags, to_str(op.space), to_bytes(op.key), to_bytes(op.value),
                   op.version, op.expires_at_ms});
  }
  return raw;
}

}  // namespace

WriteOp WriteOp::put(std::string space, std::string key, std::string value,
                     std::int64_t expires_at_ms) {
  return {WAX_KV_PUT, std::move(space), std::move(key), std::move(value), 0, expires_at_ms};
}

WriteOp WriteOp::erase(std::string space, std::string key) {
  return {WAX_KV_DELETE, std::move(space), std::move(key), {}, 0, 0};
}

WriteOp WriteOp::erase_prefix(std::string space, std::string prefix) {
  return {WAX_KV_DELETE_PREFIX, std::move(space), std::move(prefix), {}, 0, 0};
}

WriteOp&& WriteOp::if_absent() && {
  flags |= WAX_KV_IF_ABSENT;
  return std::move(*this);
}

WriteOp&& WriteOp::if_version(std::uint64_t expected) && {
  flags |= WAX_KV_IF_VERSION;
  version = expected;
  return std::move(*this);
}

Result<std::unique_ptr<StorageModule>> StorageModule::adopt(
    const wax_storage_vtable& table, wax_storage* self, StorageInfo info,
    std::shared_ptr<const void> keep_alive) {
  const char* missing = self == nullptr                 ? "self"
                        : table.open == nullptr         ? "open"
                        : table.get == nullptr          ? "get"
                        : table.scan == nullptr         ? "scan"
                        : table.apply == nullptr        ? "apply"
                        : table.drop_tenant == nullptr  ? "drop_tenant"
                        : table.list_tenants == nullptr ? "list_tenants"
                        : table.close == nullptr        ? "close"
                                                        : nullptr;
  if (missing != nullptr) {
    if (self != nullptr && table.close != nullptr) {
      table.close(self);
    }
    return Status(Code::Abi,
                  "storage '" + info.id + "' has no '" + missing + "' in its function table");
  }
  info.concurrency = std::max(info.concurrency, 1U);
  return std::unique_ptr<StorageModule>(
      new StorageModule(table, self, std::move(info), std::move(keep_alive)));
}

StorageModule::StorageModule(const wax_storage_vtable& table, wax_storage* self, StorageInfo info,
                             std::shared_ptr<const void> keep_alive)
    : keep_alive_(std::move(keep_alive)), table_(table), self_(self), info_(std::move(info)) {}

StorageModule::~StorageModule() {
  close();
}

Status StorageModule::open() {
  wax_error err = fresh_error();
  const wax_status status = table_.open(self_, &err);
  return status_from(status, err);
}

Result<std::vector<Row>> StorageModule::get(std::string_view tenant, std::span<const KeyRef> keys) {
  if (keys.empty()) {
    return std::vector<Row>();
  }
  std::vector<wax_kv> raw(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    raw[i].struct_size = sizeof(wax_kv);
    raw[i].space = to_str(keys[i].space);
    raw[i].key = to_bytes(keys[i].key);
  }
  RowSink sink;
  wax_error err = fresh_error();
  const wax_status status =
      table_.get(self_, to_str(tenant), raw.data(), static_cast<std::uint32_t>(raw.size()),
                 &RowSink::receive, &sink, &err);
  return answer_of(sink, status, err);
}

Result<std::vector<Row>> StorageModule::scan(std::string_view tenant, const Scan& scan) {
  wax_scan raw{};
  raw.struct_size = sizeof raw;
  raw.limit = scan.limit;
  raw.space = to_str(scan.space);
  raw.prefix = to_bytes(scan.prefix);
  raw.after = to_bytes(scan.after);
  raw.flags = (scan.reverse ? std::uint32_t{WAX_SCAN_REVERSE} : 0U) |
              (scan.keys_only ? std::uint32_t{WAX_SCAN_KEYS_ONLY} : 0U);
  RowSink sink;
  wax_error err = fresh_error();
  const wax_status status =
      table_.scan(self_, to_str(tenant), &raw, &RowSink::receive, &sink, &err);
  return answer_of(sink, status, err);
}

BatchResult StorageModule::apply(std::string_view tenant, std::span<const WriteOp> ops) {
  const std::vector<wax_kv> raw = to_abi(ops);
  BatchResult result;
  wax_error err = fresh_error();
  const wax_status status =
      table_.apply(self_, to_str(tenant), raw.data(), static_cast<std::uint32_t>(raw.size()),
                   &result.version, &err);
  result.status = status_from(status, err);
  return result;
}

std::vector<BatchResult> StorageModule::apply_many(std::span<const Batch> batches) {
  std::vector<BatchResult> results(batches.size());
  if (table_.apply_many == nullptr || batches.size() == 1) {
    std::transform(batches.begin(), batches.end(), results.begin(),
                   [this](const Batch& batch) { return apply(batch.tenant, batch.ops); });
    return results;
  }
  std::vector<std::vector<wax_kv>> raw;
  std::vector<wax_str> tenants;
  std::vector<const wax_kv*> ops;
  std::vector<std::uint32_t> counts;
  for (const Batch& batch : batches) {
    raw.push_back(to_abi(batch.ops));
    tenants.push_back(to_str(batch.tenant));
    ops.push_back(raw.back().data());
    counts.push_back(static_cast<std::uint32_t>(batch.ops.size()));
  }
  // A module that fails before it looks at the batches leaves this mark.
  constexpr wax_status kUntouched = 1;
  std::vector<wax_status> statuses(batches.size(), kUntouched);
  std::vector<std::uint64_t> versions(batches.size(), 0);
  wax_error err = fresh_error();
  const wax_status overall = table_.apply_many(self_, tenants.data(), ops.data(), counts.data(),
                                               static_cast<std::uint32_t>(batches.size()),
                                               statuses.data(), versions.data(), &err);
  for (std::size_t i = 0; i < batches.size(); ++i) {
    const wax_status status = statuses[i] != kUntouched ? statuses[i]
                              : overall != WAX_OK       ? overall
                                                        : WAX_E_INTERNAL;
    // The one text belongs to the failure that was reported with it.
    results[i].status =
        status_from(status, err.code == status || overall == status ? err : fresh_error());
    results[i].version = versions[i];
  }
  return results;
}

Status StorageModule::drop_tenant(std::string_view tenant, std::string_view keep) {
  wax_error err = fresh_error();
  const wax_status status = table_.drop_tenant(self_, to_str(tenant), to_str(keep), &err);
  return status_from(status, err);
}

Result<std::vector<std::string>> StorageModule::list_tenants() {
  RowSink sink;
  wax_error err = fresh_error();
  const wax_status status = table_.list_tenants(self_, &RowSink::receive, &sink, &err);
  sink.answered = true;  // no tenant at all may be no call at all
  WAX_TRY(std::vector<Row> rows, answer_of(sink, status, err));
  std::vector<std::string> names;
  names.reserve(rows.size());
  for (Row& row : rows) {
    names.push_back(std::move(row.key));
  }
  return names;
}

Result<std::string> StorageModule::stats() {
  if (table_.stats == nullptr) {
    return std::string("{}");
  }
  RowSink sink;
  wax_error err = fresh_error();
  const wax_status status = table_.stats(self_, &RowSink::receive, &sink, &err);
  WAX_TRY(std::vector<Row> rows, answer_of(sink, status, err));
  return rows.empty() ? std::string("{}") : std::move(rows.front().value);
}

void StorageModule::close() noexcept {
  if (wax_storage* self = std::exchange(self_, nullptr); self != nullptr) {
    table_.close(self);
  }
}

}  // namespace waxwing::plugin_host
