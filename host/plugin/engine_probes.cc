// SPDX-License-Identifier: Apache-2.0
// One task for each engine that can be asked.
#include "plugin/engine_probes.hpp"

#include <mutex>
#include <utility>

#include "base/json.hpp"
#include "base/log.hpp"
#include "config/session_config.hpp"
#include "plugin/host_tables.hpp"
#include "plugin/module.hpp"
#include "runtime/blocking_pool.hpp"

namespace waxwing::plugin_host {
namespace {

constexpr Millis kPatience(10'000);

}  // namespace

struct EngineProbes::Asked {
  mutable std::mutex mutex;         // guards lack
  std::optional<std::string> lack;  // empty text: none

  void set(std::string text) {
    const std::lock_guard lock(mutex);
    lack = std::move(text);
  }
};

EngineProbes::EngineProbes(const std::vector<EngineType>& engines,
                           const config::SessionConfigSchema& config, runtime::BlockingPool& pool,
                           const Clock& clock)
    : clock_(clock), asked_(clock.monotonic()) {
  for (const EngineType& type : engines) {
    if (type.module->engine_factory().probe == nullptr) {
      continue;
    }
    const auto asked = std::make_shared<Asked>();
    engines_[type.info->id] = asked;
    std::string section = json::dump(config.section(type.info->config_section, Json()));
    const Status queued = pool.submit([type, asked, section = std::move(section)] {
      Module& module = *type.module;
      wax_error error = empty_error();
      const wax_status status = module.engine_factory().probe(
          module.context(), type.info->id.c_str(), to_abi(section), &error);
      if (status == WAX_OK) {
        log::info("engine.available", {{"engine", type.info->id}});
        asked->set("");
        return;
      }
      const Status why = status_from_abi(status, error, "the engine gives no reason");
      log::warn("engine.unavailable", {{"engine", type.info->id}, {"why", why.message()}});
      asked->set(why.message());
    });
    if (!queued.is_ok()) {
      engines_.erase(type.info->id);
    }
  }
}

std::optional<std::string> EngineProbes::lack_of(std::string_view engine) const {
  const auto it = engines_.find(engine);
  if (it == engines_.end()) {
    return std::nullopt;
  }
  {
    const std::lock_guard lock(it->second->mutex);
    if (it->second->lack.has_value()) {
      return it->second->lack;
    }
  }
  if (clock_.monotonic() - asked_ < kPatience) {
    return std::nullopt;
  }
  return "it has not said for 10 seconds whether this machine has what it needs";
}

}  // namespace waxwing::plugin_host
