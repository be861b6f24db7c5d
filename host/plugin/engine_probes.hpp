// SPDX-License-Identifier: Apache-2.0
// Whether the machine has what each engine needs, asked of the engines once at start.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "plugin/registry.hpp"

namespace waxwing::config {
class SessionConfigSchema;
}
namespace waxwing::runtime {
class BlockingPool;
}

namespace waxwing::plugin_host {

// Asks on the pool; nothing waits for it. What it finds is told to the log and to who asks.
class EngineProbes {
 public:
  // The modules are shut down after the pool has stopped. [main-thread]
  EngineProbes(const std::vector<EngineType>& engines, const config::SessionConfigSchema& config,
               runtime::BlockingPool& pool, const Clock& clock = Clock::system());

  // Empty when the engine is available, else what it lacks, for the operator. Nothing when the
  // engine cannot be asked, or has not answered for less than ten seconds. [any-thread]
  [[nodiscard]] std::optional<std::string> lack_of(std::string_view engine) const;

 private:
  struct Asked;  // shared with the pool, whose thread may be the last to hold it

  const Clock& clock_;
  const Millis asked_;
  std::map<std::string, std::shared_ptr<Asked>, std::less<>> engines_;
};

}  // namespace waxwing::plugin_host
