// SPDX-License-Identifier: Apache-2.0
// Making a storage, and asking it in few words.
#include "storage_scene.hpp"

#include <utility>

#include "plugin/host_tables.hpp"
#include "plugin/table.hpp"
#include "requests.hpp"

namespace waxwing::plugin_check {

using plugin_host::KeyRef;
using plugin_host::normalised;
using plugin_host::Row;
using plugin_host::StorageModule;
using plugin_host::WriteOp;

namespace {

// "{tmp}" in a configuration that was given stands for the run's own directory.
std::string with_tmp(std::string config, const std::string& tmp) {
  for (auto at = config.find("{tmp}"); at != std::string::npos; at = config.find("{tmp}")) {
    config.replace(at, 5, tmp);
  }
  return config;
}

}  // namespace

StorageScene::StorageScene(const Run& run) : run_(run), lab_(run.subject) {}

Result<std::unique_ptr<StorageModule>> StorageScene::create() {
  auto& module = lab_.module();
  const auto& storages = module.storages();
  std::uint32_t index = 0;
  while (storages.at(index).id != run_.target) {
    ++index;
  }
  const std::string config = run_.subject.config.empty()
                                 ? config_from_schema(storages[index].config_schema, run_.tmp)
                                 : with_tmp(run_.subject.config, run_.tmp);
  const wax_storage_vtable* table = nullptr;
  wax_storage* self = nullptr;
  wax_error error = plugin_host::empty_error();
  const wax_status status = module.storage_factory().create(
      module.context(), run_.target.c_str(), plugin_host::to_abi(config), &table, &self, &error);
  if (status != WAX_OK) {
    return plugin_host::status_from_abi(status, error, "create() refused " + config);
  }
  const auto desc = normalised(module.storage_factory().describe(module.context(), index));
  return StorageModule::adopt(normalised(table), self,
                              {run_.target, desc.max_value_bytes, desc.concurrency},
                              lab_.shared_module());
}

void StorageScene::open() {
  auto made = create();
  expect_ok(made ? Status::ok() : made.error(), "create() failed");
  storage_ = std::move(made).value();
  expect_ok(storage_->open(), "open() failed");
}

std::string StorageScene::value(const std::string& key, const std::string& tenant) {
  const auto rows = storage_->get(tenant, std::vector<KeyRef>{{"s", key}});
  expect_ok(rows ? Status::ok() : rows.error(), "get() failed");
  return rows->empty() ? "-" : rows->front().value;
}

std::vector<std::string> StorageScene::keys(plugin_host::Scan scan, const std::string& tenant) {
  scan.space = scan.space.empty() ? "s" : scan.space;
  const auto rows = storage_->scan(tenant, scan);
  expect_ok(rows ? Status::ok() : rows.error(), "scan() failed");
  std::vector<std::string> found;
  for (const Row& row : *rows) {
    found.push_back(row.key);
  }
  return found;
}

std::uint64_t StorageScene::apply(const Ops& ops, const std::string& tenant) {
  const auto result = storage_->apply(tenant, ops);
  expect_ok(result.status, "apply() failed");
  return result.version;
}

void StorageScene::put(const std::vector<std::string>& keys, const std::string& tenant) {
  Ops ops;
  for (const std::string& key : keys) {
    ops.push_back(WriteOp::put("s", key, "value of " + key));
  }
  apply(ops, tenant);
}

void StorageScene::expect_conflict(const Ops& ops, const std::string& when) {
  const auto result = storage_->apply("t", ops);
  expect(result.status.code() == Code::Conflict, "apply() answers " +
                                                     std::string(to_string(result.status.code())) +
                                                     " instead of CONFLICT " + when);
}

}  // namespace waxwing::plugin_check
