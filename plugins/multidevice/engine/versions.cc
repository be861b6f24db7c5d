// SPDX-License-Identifier: Apache-2.0
// The order of versions, and the table through which the server asks and chooses.
#include "multidevice/engine/versions.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include <waxwing/plugin.hpp>

namespace waxwing::multidevice {
namespace {

using Json = nlohmann::json;

Json text_or_null(const std::optional<ClientVersion>& version) {
  return version ? Json(version->text()) : Json();
}

std::string_view text_of(wax_str text) {
  return {text.data, text.size};
}

}  // namespace

Versions& Versions::of_module() {
  static Versions versions;
  return versions;
}

bool Versions::is_rejected(const ClientVersion& version) const {
  return std::find(rejected_.begin(), rejected_.end(), version) != rejected_.end();
}

Versions::Choice Versions::pick(const std::optional<ClientVersion>& configured) const {
  const ClientVersion built_in;
  const std::pair<std::string_view, std::optional<ClientVersion>> order[] = {
      {"chosen", preferred_},
      {"configured", configured},
      {"built_in", built_in},
      {"last_working", last_working_}};
  for (const auto& [source, version] : order) {
    if (version && !is_rejected(*version)) {
      return {source, *version};
    }
  }
  return {"built_in", built_in};
}

ClientVersion Versions::choose(const std::optional<ClientVersion>& configured) const {
  const std::lock_guard lock(mutex_);
  return pick(configured).second;
}

bool Versions::reject(const ClientVersion& version,
                      const std::optional<ClientVersion>& configured) {
  const std::lock_guard lock(mutex_);
  if (!is_rejected(version)) {
    rejected_.push_back(version);
  }
  return pick(configured).second != version && !is_rejected(pick(configured).second);
}

void Versions::worked(const ClientVersion& version) {
  const std::lock_guard lock(mutex_);
  last_working_ = version;
}

void Versions::prefer(const std::optional<ClientVersion>& version) {
  const std::lock_guard lock(mutex_);
  preferred_ = version;
  if (version) {
    std::erase(rejected_, *version);
  }
}

std::string Versions::describe(const std::optional<ClientVersion>& configured) const {
  const std::lock_guard lock(mutex_);
  const Choice next = pick(configured);
  Json rejected = Json::array();
  for (const ClientVersion& version : rejected_) {
    rejected.push_back(version.text());
  }
  return Json{{"version", next.second.text()},
              {"source", next.first},
              {"chosen", text_or_null(preferred_)},
              {"configured", text_or_null(configured)},
              {"lastWorking", text_or_null(last_working_)},
              {"builtIn", ClientVersion{}.text()},
              {"rejected", std::move(rejected)}}
      .dump();
}

const wax_client_version kVersionTable = {
    sizeof(wax_client_version), 0,
    [](wax_module_ctx*, const char*, wax_str configured, void (*out)(void*, wax_str),
       void* user) noexcept {
      const std::string json =
          Versions::of_module().describe(ClientVersion::parse(text_of(configured)));
      out(user, {json.data(), json.size()});
    },
    [](wax_module_ctx*, const char*, wax_str text, wax_error* err) noexcept {
      return plugin::detail::guard_status(err, [&] {
        const std::optional<ClientVersion> version = ClientVersion::parse(text_of(text));
        if (!version && text.size != 0) {
          throw plugin::Error(WAX_E_INVALID,
                              "version must be three numbers such as " + ClientVersion{}.text());
        }
        Versions::of_module().prefer(version);
      });
    }};

}  // namespace waxwing::multidevice
