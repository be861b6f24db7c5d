/* SPDX-License-Identifier: Apache-2.0 */
/* What the host hands to a module: extensions by id, and answers to calls. */
#ifndef WAX_ABI_HOST_H
#define WAX_ABI_HOST_H

#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Everything the host offers. One object per module, valid from
 * wax_module.init() until wax_module.shutdown() has returned.
 * All functions are [any-thread] and never block. */
typedef struct wax_host {
  uint32_t struct_size;
  uint16_t abi_major;
  uint16_t abi_minor;
  const char* name;    /* "waxwing" */
  const char* version; /* "0.4.0" */
  void* impl;          /* host private; pass `host` back, never this */

  /* Returns an extension table or NULL. The pointer lives as long as host. */
  const void* (*get_extension)(const struct wax_host* host, const char* extension_id)WAX_NOEXCEPT;

  /* Answers a call exactly once. A second answer is dropped and logged as
   * plugin misbehaviour. May be called before invoke() returns. */
  void (*call_finish)(const struct wax_host* host, wax_call* call,
                      const wax_response* response) WAX_NOEXCEPT;
  /* 1 once nobody waits any more: the client has gone, the deadline passed, or the
   * session is ending. The answer may then be left out. */
  int32_t (*call_cancelled)(const struct wax_host* host, wax_call* call) WAX_NOEXCEPT;
} wax_host;

#ifdef __cplusplus
}
#endif
#endif
