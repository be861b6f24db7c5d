// SPDX-License-Identifier: Apache-2.0
// All modules of the process: loads what the configuration names, finds what others ask for.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "plugin/module.hpp"

namespace waxwing::config {
struct Plugins;
}

namespace waxwing::plugin_host {

class StorageModule;
class ProxyModule;

// An engine and the module that makes it.
struct EngineType {
  std::shared_ptr<Module> module;
  const EngineInfo* info = nullptr;
};

// What became of one file that the configuration names.
struct LoadOutcome {
  std::string id;  // as configured
  std::string path;
  std::shared_ptr<Module> module;  // null when refused
  std::string refusal;
};

// Filled once at start, then constant: every const function is [any-thread].
class Registry {
 public:
  // `default_dir` is where plugins lie when the configuration does not say. A refused file is
  // logged and the server goes on without it; a file that is not `optional` is an error, and so is
  // an allow-list that cannot be read. [main-thread]
  static Result<std::unique_ptr<Registry>> load(const config::Plugins& config,
                                                const std::string& default_dir, Services& services);
  // In reverse order of loading. All objects of the modules are gone. [main-thread]
  void shutdown();

  [[nodiscard]] const std::vector<LoadOutcome>& outcomes() const noexcept { return outcomes_; }
  [[nodiscard]] std::optional<EngineType> find_engine(std::string_view id) const;
  [[nodiscard]] std::vector<EngineType> engines() const;

  // Code::NotFound names what exists. [main-thread]
  [[nodiscard]] Result<std::unique_ptr<StorageModule>> create_storage(
      std::string_view id, std::string_view config_json) const;
  [[nodiscard]] Result<std::unique_ptr<ProxyModule>> create_proxy(
      std::string_view id, std::string_view config_json) const;
  // The storages or proxies that some module offers.
  [[nodiscard]] std::vector<BackendInfo> storages() const;
  [[nodiscard]] std::vector<BackendInfo> proxies() const;

 private:
  [[nodiscard]] Status find_clash(const Module& module) const;

  std::vector<LoadOutcome> outcomes_;
};

}  // namespace waxwing::plugin_host
