/* SPDX-License-Identifier: Apache-2.0 */
/* An event on its way from an engine to webhooks, sockets and metrics. */
#ifndef WAX_ABI_EVENT_H
#define WAX_ABI_EVENT_H

#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
  WAX_EVENT_EPHEMERAL = 1u << 0 /* may be dropped under load (presence) */
};

typedef struct wax_event {
  uint32_t struct_size;
  uint32_t flags;    /* WAX_EVENT_*; an unknown bit is ignored */
  wax_str type;      /* "message", "message.ack", "group.v2.join" */
  wax_str json;      /* the webhook `payload`, a JSON object */
  wax_str order_key; /* events with the same key keep their order; a chat id */
  const wax_part* parts;
  uint32_t parts_count;
  uint32_t reserved;
  int64_t timestamp_ms; /* unix time; 0 = now */
} wax_event;

/* The end of an asynchronous request. `err` may be NULL when status is WAX_OK. */
typedef void (*wax_done_fn)(void* user, wax_status status, const wax_error* err) WAX_NOEXCEPT;

#ifdef __cplusplus
}
#endif
#endif
