// SPDX-License-Identifier: Apache-2.0
// The client version that an engine claims to be: the operator's choice, kept for the next start.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/unique_function.hpp"
#include "plugin/registry.hpp"
#include "storage/store.hpp"

namespace waxwing::config {
class SessionConfigSchema;
}
namespace waxwing::runtime {
class Loop;
}

namespace waxwing::session {

// Reason of a session whose engine found no version that is accepted.
inline constexpr std::string_view kClientOutdated = "client_outdated";

// [any-thread] unless said otherwise. All references outlive it.
class ClientVersions {
 public:
  ClientVersions(const plugin_host::Registry& plugins, const config::SessionConfigSchema& config,
                 storage::Store& store, runtime::Loop& loop);

  // Tells the engines what was chosen in an earlier life of the server. Blocks. [main-thread]
  Status load();
  // As wax_client_version.describe(), with the engine's id. Code::NotFound when there is no such
  // engine, Code::Unsupported when it has no version.
  [[nodiscard]] Result<std::string> describe(const std::string& engine) const;
  // Durable when done(Ok) is called, on any thread. An empty version is no choice. Fails as
  // describe(), and with Code::Invalid, Code::Unavailable.
  void choose(const std::string& engine, const std::string& version,
              UniqueFunction<void(Status)> done);

 private:
  [[nodiscard]] Result<plugin_host::EngineType> find(const std::string& engine) const;
  static Status tell(const plugin_host::EngineType& type, const std::string& version);

  const plugin_host::Registry& plugins_;
  const config::SessionConfigSchema& config_;
  storage::Store& store_;
  storage::TenantStore rows_;
};

}  // namespace waxwing::session
