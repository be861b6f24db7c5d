// SPDX-License-Identifier: Apache-2.0
// wax.host.metrics/1.
#include <algorithm>
#include <string>

#include "plugin/host_tables.hpp"
#include "plugin/metric_slots.hpp"
#include "plugin/services.hpp"

namespace waxwing::plugin_host {
namespace {

const std::vector<double> kBuckets = {0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60};

// [a-zA-Z0-9_], as Prometheus wants it.
std::string metric_name(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return text;
}

int32_t define(const wax_host* host, int32_t kind, const char* name, const char* unit,
               const char* help) noexcept {
  Module& module = module_of(host);
  if (!module.initialising()) {
    return WAX_E_STATE;
  }
  if (name == nullptr || *name == '\0') {
    return WAX_E_INVALID;
  }
  std::string full = "plugin_" + metric_name(module.id()) + "_" + metric_name(name);
  if (unit != nullptr && *unit != '\0') {
    full += "_" + metric_name(unit);
  }
  const std::string text = help != nullptr ? help : "";
  Metrics& metrics = module.services().metrics;
  Module::MetricSlots::Slot slot;
  switch (kind) {
    case WAX_METRIC_COUNTER:
      slot.counter = &metrics.counter(full + "_total", text);
      break;
    case WAX_METRIC_GAUGE:
      slot.gauge = &metrics.gauge(full, text);
      break;
    case WAX_METRIC_HISTOGRAM:
      slot.histogram = &metrics.histogram(full, text, kBuckets);
      break;
    default:
      return WAX_E_INVALID;
  }
  auto& slots = module.metric_slots().slots;
  slots.push_back(slot);
  return static_cast<int32_t>(slots.size() - 1);
}

void record(const wax_host* host, int32_t id, double value) noexcept {
  const auto& slots = module_of(host).metric_slots().slots;
  if (id < 0 || static_cast<std::size_t>(id) >= slots.size()) {
    return;
  }
  const auto& slot = slots[static_cast<std::size_t>(id)];
  if (slot.counter != nullptr) {
    slot.counter->add(value);
  } else if (slot.gauge != nullptr) {
    slot.gauge->set(value);
  } else {
    slot.histogram->observe(value);
  }
}

}  // namespace

const wax_host_metrics* metrics_table() noexcept {
  static const wax_host_metrics table = {sizeof(wax_host_metrics), 0, &define, &record};
  return &table;
}

}  // namespace waxwing::plugin_host
