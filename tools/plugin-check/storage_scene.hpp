// SPDX-License-Identifier: Apache-2.0
// A storage of the module under test, driven as the server drives it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lab.hpp"
#include "plugin/storage_module.hpp"

namespace waxwing::plugin_check {

using Ops = std::vector<plugin_host::WriteOp>;

class StorageScene {
 public:
  // Maps and initialises the module; the storage is made by open().
  explicit StorageScene(const Run& run);

  // A backend with the run's configuration: a second one finds what the first one stored.
  [[nodiscard]] Result<std::unique_ptr<plugin_host::StorageModule>> create();
  // Created and opened into storage(); fails the test otherwise.
  void open();
  void close() { storage_ = nullptr; }
  [[nodiscard]] plugin_host::StorageModule& storage() noexcept { return *storage_; }

  // Shorthands for the space "s"; each fails the test when the storage fails.
  [[nodiscard]] std::string value(const std::string& key, const std::string& tenant = "t");  // "-"
  [[nodiscard]] std::vector<std::string> keys(plugin_host::Scan scan = {},
                                              const std::string& tenant = "t");
  std::uint64_t apply(const Ops& ops, const std::string& tenant = "t");  // gives the version
  void put(const std::vector<std::string>& keys, const std::string& tenant = "t");
  void expect_conflict(const Ops& ops, const std::string& when);

 private:
  const Run& run_;
  Lab lab_;
  std::unique_ptr<plugin_host::StorageModule> storage_;
};

}  // namespace waxwing::plugin_check
