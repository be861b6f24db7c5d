// SPDX-License-Identifier: Apache-2.0
// The time by which rows expire.
#pragma once

#include <chrono>
#include <cstdint>

namespace waxwing::storage_local {

[[nodiscard]] inline std::int64_t unix_ms() {
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  return duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace waxwing::storage_local
