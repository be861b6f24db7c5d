// SPDX-License-Identifier: Apache-2.0
// Loading the configured modules and finding what they offer.
#include "plugin/registry.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>

#include "base/json.hpp"
#include "base/json_schema.hpp"
#include "base/log.hpp"
#include "config/config.hpp"
#include "plugin/host_tables.hpp"
#include "plugin/proxy_module.hpp"
#include "plugin/storage_module.hpp"
#include "plugin/table.hpp"
#include "plugin/verifier.hpp"

namespace waxwing::plugin_host {
namespace {

namespace fs = std::filesystem;

// The files to load: those named, then, for development, whatever else lies in the folder.
std::vector<config::PluginFile> files_of(const config::Plugins& config, const fs::path& dir) {
  std::vector<config::PluginFile> files = config.load;
  for (config::PluginFile& file : files) {
    if (file.file.empty()) {
      file.file = file.id + ".so";
    }
  }
  if (config.dir_scan) {
    std::error_code ignored;
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(dir, ignored)) {
      if (entry.path().extension() == ".so") {
        found.push_back(entry.path().filename().string());
      }
    }
    std::sort(found.begin(), found.end());
    for (const std::string& name : found) {
      const bool named = std::any_of(files.begin(), files.end(),
                                     [&](const auto& file) { return file.file == name; });
      if (!named) {
        files.push_back({fs::path(name).stem().string(), name, "", true});
      }
    }
  }
  return files;
}

template <class Desc>
Result<Json> checked_config(const Desc& info, std::string_view what, std::string_view config_json) {
  WAX_TRY(Json config, json::parse(config_json.empty() ? "{}" : config_json));
  if (info.config_schema.empty()) {
    return config;
  }
  WAX_TRY(const Json schema_json, json::parse(info.config_schema));
  WAX_TRY(const JsonSchema schema, JsonSchema::compile(schema_json));
  const auto violations = schema.validate(config, std::string(what) + "." + info.id + ".config");
  if (!violations.empty()) {
    return Status(Code::Invalid, violations.front().message());
  }
  return schema.normalise(std::move(config), JsonSchema::Unknown::Keep);
}

std::string list_ids(const std::vector<BackendInfo>& all) {
  std::string ids;
  for (const BackendInfo& info : all) {
    ids += (ids.empty() ? "" : ", ") + info.id;
  }
  return ids.empty() ? "none" : ids;
}

}  // namespace

Result<std::unique_ptr<Registry>> Registry::load(const config::Plugins& config,
                                                 const std::string& default_dir,
                                                 Services& services) {
  const fs::path dir = config.dir.empty() ? default_dir : config.dir;
  std::map<std::string, std::string> allowed;
  const bool use_allowlist = config.trust == config::Trust::Allowlist;
  if (use_allowlist) {
    auto list = read_allowlist((dir / config.allowlist).string());
    if (list.has_value()) {
      allowed = std::move(*list);
    } else if (list.error().code() != Code::NotFound) {
      return list.error();
    }
  }
  auto registry = std::make_unique<Registry>();
  for (const config::PluginFile& file : files_of(config, dir)) {
    const std::string path = (dir / file.file).string();
    std::string hash = file.sha256;
    if (hash.empty() && use_allowlist) {
      const auto it = allowed.find(fs::path(file.file).filename().string());
      hash = it == allowed.end() ? "" : it->second;
    }
    Result<std::shared_ptr<Module>> module =
        use_allowlist && hash.empty()
            ? Status(Code::Unauthorized,
                     "no SHA-256 for it in plugins.load or in " + (dir / config.allowlist).string())
            : Module::load(path, hash, services);
    if (module.has_value()) {
      if (const Status clash = registry->find_clash(**module); !clash.is_ok()) {
        (*module)->shutdown();
        module = clash;
      }
    }
    if (module.has_value()) {
      log::info("plugin.loaded", {{"plugin", (*module)->id()},
                                  {"version", (*module)->version()},
                                  {"sha256", (*module)->sha256()},
                                  {"path", path}});
      registry->outcomes_.push_back({file.id, path, std::move(*module), ""});
      continue;
    }
    const Status refusal = module.error().with(path);
    log::warn("plugin.refused", {{"plugin", file.id}, {"why", refusal.message()}});
    if (!file.optional) {
      return refusal;
    }
    registry->outcomes_.push_back({file.id, path, nullptr, module.error().message()});
  }
  return registry;
}

// The first module to offer an id keeps it.
Status Registry::find_clash(const Module& module) const {
  const auto exists = [](std::string_view what, const std::string& id) {
    return Status(Code::Conflict, std::string(what) + " " + id + " exists already");
  };
  const auto lists = [](const std::vector<BackendInfo>& all, const std::string& id) {
    return std::any_of(all.begin(), all.end(), [&](const auto& info) { return info.id == id; });
  };
  for (const LoadOutcome& outcome : outcomes_) {
    if (outcome.module && outcome.module->id() == module.id()) {
      return exists("a module", module.id());
    }
  }
  for (const EngineInfo& engine : module.engines()) {
    if (find_engine(engine.id).has_value()) {
      return exists("an engine", engine.id);
    }
  }
  for (const BackendInfo& storage : module.storages()) {
    if (lists(storages(), storage.id)) {
      return exists("a storage", storage.id);
    }
  }
  for (const BackendInfo& proxy : module.proxies()) {
    if (lists(proxies(), proxy.id)) {
      return exists("a proxy", proxy.id);
    }
  }
  return Status::ok();
}

void Registry::shutdown() {
  for (auto it = outcomes_.rbegin(); it != outcomes_.rend(); ++it) {
    if (it->module) {
      it->module->shutdown();
    }
  }
}

std::optional<EngineType> Registry::find_engine(std::string_view id) const {
  for (const EngineType& engine : engines()) {
    if (engine.info->id == id) {
      return engine;
    }
  }
  return std::nullopt;
}

std::vector<EngineType> Registry::engines() const {
  std::vector<EngineType> all;
  for (const LoadOutcome& outcome : outcomes_) {
    if (outcome.module) {
      for (const EngineInfo& info : outcome.module->engines()) {
        all.push_back({outcome.module, &info});
      }
    }
  }
  return all;
}

std::vector<BackendInfo> Registry::storages() const {
  std::vector<BackendInfo> all;
  for (const LoadOutcome& outcome : outcomes_) {
    if (outcome.module) {
      const auto& some = outcome.module->storages();
      all.insert(all.end(), some.begin(), some.end());
    }
  }
  return all;
}

std::vector<BackendInfo> Registry::proxies() const {
  std::vector<BackendInfo> all;
  for (const LoadOutcome& outcome : outcomes_) {
    if (outcome.module) {
      const auto& some = outcome.module->proxies();
      all.insert(all.end(), some.begin(), some.end());
    }
  }
  return all;
}

Result<std::unique_ptr<StorageModule>> Registry::create_storage(
    std::string_view id, std::string_view config_json) const {
  for (const LoadOutcome& outcome : outcomes_) {
    if (!outcome.module) {
      continue;
    }
    const auto& storages = outcome.module->storages();
    for (std::uint32_t i = 0; i < storages.size(); ++i) {
      if (storages[i].id != id) {
        continue;
      }
      Module& module = *outcome.module;
      WAX_TRY(const Json config, checked_config(storages[i], "storage", config_json));
      const wax_storage_vtable* table = nullptr;
      wax_storage* self = nullptr;
      wax_error error = empty_error();
      const std::string text = json::dump(config);
      const wax_status status = module.storage_factory().create(
          module.context(), storages[i].id.c_str(), to_abi(text), &table, &self, &error);
      if (status != WAX_OK) {
        return status_from_abi(status, error, "the storage refused its configuration");
      }
      const auto desc = normalised(module.storage_factory().describe(module.context(), i));
      return StorageModule::adopt(
          normalised(table), self,
          {storages[i].id, desc.max_value_bytes, std::max(1U, desc.concurrency)}, outcome.module);
    }
  }
  return Status(Code::NotFound, "no storage '" + std::string(id) +
                                    "' is loaded; there are: " + list_ids(storages()));
}

Result<std::unique_ptr<ProxyModule>> Registry::create_proxy(std::string_view id,
                                                            std::string_view config_json) const {
  for (const LoadOutcome& outcome : outcomes_) {
    if (!outcome.module) {
      continue;
    }
    for (const BackendInfo& info : outcome.module->proxies()) {
      if (info.id != id) {
        continue;
      }
      Module& module = *outcome.module;
      WAX_TRY(const Json config, checked_config(info, "proxy", config_json));
      const wax_proxy_vtable* table = nullptr;
      wax_proxy* self = nullptr;
      wax_error error = empty_error();
      const std::string text = json::dump(config);
      const wax_status status = module.proxy_factory().create(module.context(), info.id.c_str(),
                                                              to_abi(text), &table, &self, &error);
      if (status != WAX_OK) {
        return status_from_abi(status, error, "the proxy module refused its configuration");
      }
      return ProxyModule::adopt(normalised(table), self, info.id, outcome.module);
    }
  }
  return Status(Code::NotFound, "no proxy module '" + std::string(id) +
                                    "' is loaded; there are: " + list_ids(proxies()));
}

}  // namespace waxwing::plugin_host
