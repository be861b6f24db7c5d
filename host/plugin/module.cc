// SPDX-License-Identifier: Apache-2.0
// Loading a module: verify, map, negotiate, initialise, describe.
#include "plugin/module.hpp"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <deque>
#include <utility>

#include "base/log.hpp"
#include "plugin/boost_dll.hpp"
#include "plugin/host_tables.hpp"
#include "plugin/metric_slots.hpp"
#include "plugin/services.hpp"
#include "plugin/table.hpp"
#include "plugin/verifier.hpp"

namespace waxwing::plugin_host {
namespace {

constexpr std::chrono::milliseconds kSlowInit(50);  // rule WP-2

std::string text(const char* s) {
  return s != nullptr ? s : "";
}

// Up to and including `description`: what the first revision of wax_module had, plus its functions.
constexpr std::size_t kSmallestModule = sizeof(wax_module);

bool valid_id(std::string_view id, std::string_view extra) {
  return !id.empty() && id.size() <= 100 && std::all_of(id.begin(), id.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           extra.find(c) != std::string_view::npos;
  });
}

constexpr std::string_view kCapitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_";

// Of a storage or a proxy, into `all`.
template <class Desc>
Status add_backend(const Desc* raw, std::string_view kind, std::vector<BackendInfo>& all) {
  const Desc desc = normalised(raw);
  BackendInfo info{text(desc.id), text(desc.name), text(desc.version), text(desc.config_schema)};
  if (!valid_id(info.id, "._")) {
    return {Code::Invalid,
            "its " + std::string(kind) + " id '" + info.id + "' is not of the form [a-z0-9._-]+"};
  }
  if (std::any_of(all.begin(), all.end(), [&](const auto& other) { return other.id == info.id; })) {
    return {Code::Invalid, "it offers the " + std::string(kind) + " " + info.id + " twice"};
  }
  all.push_back(std::move(info));
  return Status::ok();
}

EngineInfo engine_info(const wax_engine_desc& desc) {
  EngineInfo info;
  info.id = text(desc.id);
  info.name = text(desc.name);
  info.version = text(desc.version);
  info.config_schema = text(desc.config_schema);
  info.storage_version = desc.storage_version;
  info.config_section = text(desc.config_section);
  if (info.config_section.empty()) {
    info.config_section = info.id;
    std::transform(info.config_section.begin(), info.config_section.end(),
                   info.config_section.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  }
  for_each_element(desc.ops, desc.ops_count, [&](const wax_op& op) {
    info.ops.push_back({text(op.name), op.flags, op.revision, op.max_concurrency,
                        text(op.request_schema), text(op.response_schema)});
  });
  for (const char* const* event = desc.events; event != nullptr && *event != nullptr; ++event) {
    info.events.emplace_back(*event);
  }
  return info;
}

}  // namespace

const OpInfo* EngineInfo::find_op(std::string_view op) const {
  const auto it =
      std::find_if(ops.begin(), ops.end(), [&](const OpInfo& info) { return info.name == op; });
  return it == ops.end() ? nullptr : &*it;
}

std::string_view to_string(Misbehaviour what) noexcept {
  switch (what) {
    case Misbehaviour::LateAnswer:
      return "late_answer";
    case Misbehaviour::DoubleAnswer:
      return "double_answer";
    case Misbehaviour::NoAnswer:
      return "no_answer";
    case Misbehaviour::WrongThread:
      return "wrong_thread";
    case Misbehaviour::IllegalState:
      return "illegal_state";
    case Misbehaviour::LateCall:
      return "late_call";
    case Misbehaviour::Count:
      break;
  }
  return "unknown";
}

Module::Module(std::string path, std::string sha256, Services& services)
    : path_(std::move(path)),
      sha256_(std::move(sha256)),
      services_(services),
      metric_slots_(std::make_unique<MetricSlots>()) {}

Module::~Module() {
  shutdown();
}

Result<std::shared_ptr<Module>> Module::load(const std::string& path,
                                             const std::string& expected_sha256,
                                             Services& services) {
  WAX_TRY(const auto file, verify(path, expected_sha256));
  wax_module_v1_fn entry = nullptr;
  try {
    // Never unmapped: see the class comment. Modules are loaded by the main thread alone.
    static auto* const mapped = new std::deque<boost::dll::shared_library>;
    boost::dll::shared_library* const library = &mapped->emplace_back();
    using boost::dll::load_mode::rtld_local;
    using boost::dll::load_mode::rtld_now;
    library->load(std::filesystem::path(file->path()), rtld_now | rtld_local);
    entry = library->get<const wax_module*() noexcept>(WAX_MODULE_SYMBOL);
  } catch (const std::exception& e) {
    return Status(Code::Abi, std::string("cannot be loaded: ") + e.what());
  }
  auto module = std::shared_ptr<Module>(new Module(path, file->sha256(), services));
  WAX_TRY_VOID(module->start(entry));
  return module;
}

Result<std::shared_ptr<Module>> Module::adopt(wax_module_v1_fn entry, std::string path,
                                              Services& services) {
  auto module = std::shared_ptr<Module>(new Module(std::move(path), "", services));
  WAX_TRY_VOID(module->start(entry));
  return module;
}

Status Module::start(wax_module_v1_fn entry) {
  const wax_module* raw = entry();
  if (raw == nullptr) {
    return {Code::Abi, WAX_MODULE_SYMBOL " returned nothing"};
  }
  // The numbers stand where every revision has them, so they are safe to read first.
  if (raw->abi_major != WAX_ABI_MAJOR) {
    return {Code::Abi, "built for plugin ABI " + std::to_string(raw->abi_major) + "." +
                           std::to_string(raw->abi_minor) + ", this server speaks " +
                           std::to_string(WAX_ABI_MAJOR) + "." + std::to_string(WAX_ABI_MINOR)};
  }
  if (raw->abi_minor_required > WAX_ABI_MINOR) {
    return {Code::Abi, "needs plugin ABI " + std::to_string(WAX_ABI_MAJOR) + "." +
                           std::to_string(raw->abi_minor_required) + " or newer; this server has " +
                           std::to_string(WAX_ABI_MAJOR) + "." + std::to_string(WAX_ABI_MINOR)};
  }
  if (raw->abi_minor < WAX_ABI_MINOR_OLDEST) {
    return {Code::Abi, "built for plugin ABI " + std::to_string(raw->abi_major) + "." +
                           std::to_string(raw->abi_minor) + "; the oldest understood is " +
                           std::to_string(WAX_ABI_MAJOR) + "." +
                           std::to_string(WAX_ABI_MINOR_OLDEST)};
  }
  if (raw->struct_size < kSmallestModule) {
    return {Code::Abi, "its module descriptor is smaller than any version of the ABI has it"};
  }
  module_ = normalised(raw);
  id_ = text(module_.id);
  name_ = text(module_.name);
  version_ = text(module_.version);
  vendor_ = text(module_.vendor);
  license_ = text(module_.license);
  if (!valid_id(id_, ".")) {
    return {Code::Invalid, "its module id '" + id_ + "' is not of the form [a-z0-9.-]+"};
  }
  if (module_.init == nullptr || module_.shutdown == nullptr || module_.get_factory == nullptr) {
    return {Code::Abi, "its module descriptor lacks init, shutdown or get_factory"};
  }
  host_ = make_host(*this);
  wax_error error = empty_error();
  initialising_ = true;
  const auto began = std::chrono::steady_clock::now();
  const wax_status status = module_.init(&host_, &context_, &error);
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - began);
  initialising_ = false;
  if (status != WAX_OK) {
    return status_from_abi(status, error, "init failed").with("init");
  }
  initialised_ = true;
  if (took > kSlowInit) {
    log::warn("plugin.slow_init", {{"plugin", id_}, {"ms", took.count()}});
  }
  return describe();
}

Status Module::describe() {
  if (const void* factory = module_.get_factory(context_, WAX_ENGINE_FACTORY)) {
    engine_factory_ = normalised(static_cast<const wax_engine_factory*>(factory));
    if (engine_factory_.describe == nullptr || engine_factory_.create == nullptr) {
      return {Code::Abi, "its engine factory lacks describe or create"};
    }
    for (std::uint32_t i = 0; i < engine_factory_.count; ++i) {
      const wax_engine_desc desc = normalised(engine_factory_.describe(context_, i));
      EngineInfo info = engine_info(desc);
      if (!valid_id(info.id, kCapitals)) {
        return {Code::Invalid, "its engine id '" + info.id + "' is not of the form [A-Za-z0-9_-]+"};
      }
      if (!valid_id(info.config_section, "_")) {
        return {Code::Invalid, "engine " + info.id + ": bad config section name"};
      }
      if (std::any_of(engines_.begin(), engines_.end(),
                      [&](const EngineInfo& other) { return other.id == info.id; })) {
        return {Code::Invalid, "it offers the engine " + info.id + " twice"};
      }
      engines_.push_back(std::move(info));
    }
  }
  if (const void* table = module_.get_factory(context_, WAX_CLIENT_VERSION)) {
    client_version_ = normalised(static_cast<const wax_client_version*>(table));
  }
  if (const void* factory = module_.get_factory(context_, WAX_STORAGE_FACTORY)) {
    storage_factory_ = normalised(static_cast<const wax_storage_factory*>(factory));
    if (storage_factory_.describe == nullptr || storage_factory_.create == nullptr) {
      return {Code::Abi, "its storage factory lacks describe or create"};
    }
    for (std::uint32_t i = 0; i < storage_factory_.count; ++i) {
      WAX_TRY_VOID(add_backend(storage_factory_.describe(context_, i), "storage", storages_));
    }
  }
  if (const void* factory = module_.get_factory(context_, WAX_PROXY_FACTORY)) {
    proxy_factory_ = normalised(static_cast<const wax_proxy_factory*>(factory));
    if (proxy_factory_.describe == nullptr || proxy_factory_.create == nullptr) {
      return {Code::Abi, "its proxy factory lacks describe or create"};
    }
    for (std::uint32_t i = 0; i < proxy_factory_.count; ++i) {
      WAX_TRY_VOID(add_backend(proxy_factory_.describe(context_, i), "proxy", proxies_));
    }
  }
  if (engines_.empty() && storages_.empty() && proxies_.empty()) {
    return {Code::Invalid, "offers no engine, no storage and no proxy"};
  }
  return Status::ok();
}

void Module::shutdown() {
  if (std::exchange(initialised_, false)) {
    module_.shutdown(context_);
  }
}

std::string Module::abi() const {
  return std::to_string(module_.abi_major) + "." + std::to_string(module_.abi_minor);
}

void Module::misbehaved(Misbehaviour what, std::string_view detail) noexcept {
  const auto before = misbehaviour_[static_cast<std::size_t>(what)].fetch_add(1);
  // One line for the first, then at each power of ten, so that a flood does not fill the disk.
  std::uint64_t decade = 1;
  while (decade < before + 1) {
    decade *= 10;
  }
  if (decade == before + 1) {
    log::warn(
        "plugin.misbehaves",
        {{"plugin", id_}, {"what", to_string(what)}, {"detail", detail}, {"count", before + 1}});
  }
}

}  // namespace waxwing::plugin_host
