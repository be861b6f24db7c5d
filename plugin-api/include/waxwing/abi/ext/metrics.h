/* SPDX-License-Identifier: Apache-2.0 */
/* wax.host.metrics/1: counters, gauges and histograms of a module. */
#ifndef WAX_ABI_EXT_METRICS_H
#define WAX_ABI_EXT_METRICS_H

#include "../host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define WAX_HOST_METRICS "wax.host.metrics/1"

enum { WAX_METRIC_COUNTER = 0, WAX_METRIC_GAUGE = 1, WAX_METRIC_HISTOGRAM = 2 };

typedef struct wax_host_metrics {
  uint32_t struct_size;
  uint32_t reserved;
  /* Only inside wax_module.init(); the set is frozen afterwards. Returns an id
   * or a negative wax_status. The host prefixes wax_plugin_<module>_. */
  int32_t (*define)(const wax_host* host, int32_t kind, const char* name, const char* unit,
                    const char* help) WAX_NOEXCEPT;
  /* [any-thread] counter: add; gauge: set; histogram: observe. Lock-free. */
  void (*record)(const wax_host* host, int32_t id, double value) WAX_NOEXCEPT;
} wax_host_metrics;

#ifdef __cplusplus
}
#endif
#endif
