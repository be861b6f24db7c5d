// SPDX-License-Identifier: Apache-2.0
// wax.host.log/1.
#include <algorithm>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "plugin/engine_session.hpp"
#include "plugin/host_tables.hpp"
#include "plugin/services.hpp"

namespace waxwing::plugin_host {
namespace {

constexpr std::uint32_t kMaxFields = 32;

log::Level level_of(int32_t level) noexcept {
  return static_cast<log::Level>(std::clamp(level, 0, 4));
}

std::shared_ptr<EngineSession> session_or_null(const wax_host* host, wax_session* token) {
  return token == nullptr
             ? nullptr
             : module_of(host).services().sessions.get(reinterpret_cast<std::uint64_t>(token));
}

bool wanted(const EngineSession* session, log::Level level) noexcept {
  return log::enabled(level) ||
         (session != nullptr && session->debug() && level >= log::Level::Debug);
}

int32_t enabled(const wax_host* host, wax_session* token, int32_t level) noexcept {
  return wanted(session_or_null(host, token).get(), level_of(level)) ? 1 : 0;
}

void write(const wax_host* host, wax_session* token, int32_t level, wax_str message,
           const wax_field* fields, uint32_t fields_count) noexcept {
  const auto session = session_or_null(host, token);
  if (!wanted(session.get(), level_of(level))) {
    return;
  }
  std::vector<log::Field> all;
  all.reserve(fields_count + 3U);
  all.emplace_back("plugin", module_of(host).id());
  if (session) {
    all.emplace_back("session", session->name());
  }
  all.emplace_back("message", view(message));
  for (std::uint32_t i = 0; i < std::min(fields_count, kMaxFields); ++i) {
    all.emplace_back(view(fields[i].key), view(fields[i].value));
  }
  log::write(level_of(level), "plugin.log", all);
}

}  // namespace

const wax_host_log* log_table() noexcept {
  static const wax_host_log table = {sizeof(wax_host_log), 0, &enabled, &write};
  return &table;
}

}  // namespace waxwing::plugin_host
