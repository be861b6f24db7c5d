// SPDX-License-Identifier: Apache-2.0
// The metrics of one module: ids given out while init() runs, then frozen.
#pragma once

#include <vector>

#include "base/metrics.hpp"
#include "plugin/module.hpp"

namespace waxwing::plugin_host {

struct Module::MetricSlots {
  // One of the three is set.
  struct Slot {
    Metrics::Counter* counter = nullptr;
    Metrics::Gauge* gauge = nullptr;
    Metrics::Histogram* histogram = nullptr;
  };
  std::vector<Slot> slots;  // by id; grows only while the module initialises
};

}  // namespace waxwing::plugin_host
