// SPDX-License-Identifier: Apache-2.0
// Which client version to connect with, when WhatsApp may reject one for a whole fleet at any time.
#pragma once

#include <array>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <waxwing/abi.h>

#include "multidevice/session/personality.hpp"

namespace waxwing::multidevice {

// Shared by all sessions of a module. [any-thread]
//
// What the operator chose goes first, then what is configured, what was built in, and what WhatsApp
// has accepted last, each unless it was rejected; when all were, the built-in one is tried again.
class Versions {
 public:
  static Versions& of_module();

  [[nodiscard]] ClientVersion choose(const std::optional<ClientVersion>& configured) const;
  // Whether choose() gives another one afterwards.
  [[nodiscard]] bool reject(const ClientVersion& version,
                            const std::optional<ClientVersion>& configured);
  // A login with it has succeeded, now or in an earlier life.
  void worked(const ClientVersion& version);
  // By the operator; nothing takes the choice back. One that was rejected gets another try.
  void prefer(const std::optional<ClientVersion>& version);
  // wax_client_version.describe().
  [[nodiscard]] std::string describe(const std::optional<ClientVersion>& configured) const;

 private:
  using Choice = std::pair<std::string_view, ClientVersion>;  // its source first
  [[nodiscard]] Choice pick(const std::optional<ClientVersion>& configured) const;
  [[nodiscard]] bool is_rejected(const ClientVersion& version) const;

  mutable std::mutex mutex_;  // guards all of it
  std::optional<ClientVersion> preferred_;
  std::optional<ClientVersion> last_working_;
  std::vector<ClientVersion> rejected_;
};

// Of the module, for wax_module.get_factory().
extern const wax_client_version kVersionTable;

}  // namespace waxwing::multidevice
