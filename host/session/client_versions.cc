// SPDX-License-Identifier: Apache-2.0
// Choices as rows of the server's own part of the storage: engine id to version.
#include "session/client_versions.hpp"

#include <utility>

#include "base/json.hpp"
#include "base/log.hpp"
#include "config/session_config.hpp"
#include "plugin/module.hpp"
#include "runtime/loop.hpp"
#include "storage/blocking.hpp"

namespace waxwing::session {
namespace {

using storage::WriteOp;

constexpr std::string_view kSpace = "waxwing.versions";

wax_str view_of(std::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

ClientVersions::ClientVersions(const plugin_host::Registry& plugins,
                               const config::SessionConfigSchema& config, storage::Store& store,
                               runtime::Loop& loop)
    : plugins_(plugins),
      config_(config),
      store_(store),
      rows_(store.tenant("", [&loop](Task task) { loop.post(std::move(task)); })) {}

Status ClientVersions::load() {
  storage::Scan scan;
  scan.space = kSpace;
  WAX_TRY(const auto rows, storage::BlockingTenant(store_, "").scan_all(std::move(scan)));
  for (const storage::Row& row : rows) {
    const auto type = find(row.key);
    const Status status = type.has_value() ? tell(*type, row.value) : Status(type.error());
    if (!status.is_ok()) {
      log::warn("engine.version_not_chosen", {{"engine", row.key}, {"why", status.message()}});
    }
  }
  return Status::ok();
}

Result<plugin_host::EngineType> ClientVersions::find(const std::string& engine) const {
  const auto type = plugins_.find_engine(engine);
  if (!type.has_value()) {
    return Status(Code::NotFound, "There is no engine '" + engine + "'");
  }
  const wax_client_version& table = type->module->client_version();
  if (table.describe == nullptr || table.choose == nullptr) {
    return Status(Code::Unsupported, "The engine " + engine + " has no client version");
  }
  return *type;
}

Status ClientVersions::tell(const plugin_host::EngineType& type, const std::string& version) {
  wax_error error{};
  error.struct_size = sizeof error;
  const wax_status status = type.module->client_version().choose(
      type.module->context(), type.info->id.c_str(), view_of(version), &error);
  if (status == WAX_OK) {
    return Status::ok();
  }
  return {code_from_abi(status), error.message[0] != '\0' ? error.message : "it was refused"};
}

Result<std::string> ClientVersions::describe(const std::string& engine) const {
  WAX_TRY(const auto type, find(engine));
  const Json section = config_.section(type.info->config_section, Json());
  const std::string configured = json::string_or(section, "version", "");
  std::string text;
  type.module->client_version().describe(
      type.module->context(), type.info->id.c_str(), view_of(configured),
      [](void* user, wax_str json) noexcept {
        static_cast<std::string*>(user)->assign(json.data, json.size);
      },
      &text);
  WAX_TRY(Json object, json::parse(text));
  if (!object.is_object()) {
    return Status(Code::Internal, "The engine did not describe its version");
  }
  object["engine"] = engine;
  return json::dump(object);
}

void ClientVersions::choose(const std::string& engine, const std::string& version,
                            UniqueFunction<void(Status)> done) {
  const auto type = find(engine);
  if (!type.has_value()) {
    done(type.error());
    return;
  }
  // Told first, because only the engine knows what a version is; a crash before it is stored undoes
  // both.
  if (const Status told = tell(*type, version); !told.is_ok()) {
    done(told);
    return;
  }
  log::info("engine.version_chosen", {{"engine", engine}, {"version", version}});
  rows_.commit(
      {version.empty() ? WriteOp::erase(std::string(kSpace), engine)
                       : WriteOp::put(std::string(kSpace), engine, version)},
      [done = std::move(done)](Status status) mutable {
        done(status.is_ok() ? Status::ok() : status.with("the choice could not be stored"));
      });
}

}  // namespace waxwing::session
