/* SPDX-License-Identifier: Apache-2.0 */
/* wax.host.log/1: structured log lines. */
#ifndef WAX_ABI_EXT_LOG_H
#define WAX_ABI_EXT_LOG_H

#include "../host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define WAX_HOST_LOG "wax.host.log/1"

enum {
  WAX_LOG_TRACE = 0,
  WAX_LOG_DEBUG = 1,
  WAX_LOG_INFO = 2,
  WAX_LOG_WARN = 3,
  WAX_LOG_ERROR = 4
};

typedef struct wax_field {
  wax_str key;
  wax_str value;
} wax_field;

typedef struct wax_host_log {
  uint32_t struct_size;
  uint32_t reserved;
  /* [any-thread] Check first; building the text is the costly part. session may
   * be NULL; a session with `debug` set answers 1 for WAX_LOG_DEBUG. */
  int32_t (*enabled)(const wax_host* host, wax_session* session, int32_t level) WAX_NOEXCEPT;
  /* [any-thread] session may be NULL. */
  void (*write)(const wax_host* host, wax_session* session, int32_t level, wax_str message,
                const wax_field* fields, uint32_t fields_count) WAX_NOEXCEPT;
} wax_host_log;

#ifdef __cplusplus
}
#endif
#endif
