// SPDX-License-Identifier: Apache-2.0
// The whole server: owns every part, and is the one place that knows their order.
#pragma once

#include "app/options.hpp"
#include "base/result.hpp"

namespace waxwing::app {

// Runs until a signal or POST /api/server/stop; 0 after a graceful end, 1 when it could not start,
// 2 for a configuration that is wrong. [main-thread]
[[nodiscard]] int run(const Options& options);

}  // namespace waxwing::app
