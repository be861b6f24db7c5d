// SPDX-License-Identifier: Apache-2.0
// The configured version first, the built-in one when that is refused.
#include "multidevice/engine/versions.hpp"

#include <algorithm>

namespace waxwing::multidevice {

bool Versions::is_rejected(const ClientVersion& version) const {
  return std::find(rejected_.begin(), rejected_.end(), version) != rejected_.end();
}

ClientVersion Versions::choose(const std::optional<ClientVersion>& wanted) const {
  const std::lock_guard lock(mutex_);
  return wanted && !is_rejected(*wanted) ? *wanted : ClientVersion{};
}

bool Versions::reject(const ClientVersion& version, const std::optional<ClientVersion>& wanted) {
  {
    const std::lock_guard lock(mutex_);
    if (!is_rejected(version)) {
      rejected_.push_back(version);
    }
  }
  return choose(wanted) != version;
}

}  // namespace waxwing::multidevice
