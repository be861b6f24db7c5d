// SPDX-License-Identifier: Apache-2.0
// Which client version to connect with, when WhatsApp may reject one for a whole fleet at any time.
#pragma once

#include <mutex>
#include <optional>
#include <vector>

#include "multidevice/session/personality.hpp"

namespace waxwing::multidevice {

// One per module, shared by its sessions. [any-thread]
class Versions {
 public:
  // The wanted one unless it was rejected, then the one that was built in.
  [[nodiscard]] ClientVersion choose(const std::optional<ClientVersion>& wanted) const;
  // Whether choose() gives another one afterwards.
  [[nodiscard]] bool reject(const ClientVersion& version,
                            const std::optional<ClientVersion>& wanted);

 private:
  [[nodiscard]] bool is_rejected(const ClientVersion& version) const;

  mutable std::mutex mutex_;
  std::vector<ClientVersion> rejected_;
};

}  // namespace waxwing::multidevice
