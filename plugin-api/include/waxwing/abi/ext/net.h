/* SPDX-License-Identifier: Apache-2.0 */
/* wax.host.net/1: WebSocket and HTTP through the session's proxy. */
#ifndef WAX_ABI_EXT_NET_H
#define WAX_ABI_EXT_NET_H

#include "../host.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Sockets, DNS, proxies, TLS, WebSocket framing and HTTP are the host's. An engine that uses only
 * this is a pure protocol machine, which unit tests drive with no network at all. Every connection
 * goes through the proxy that the session leases, and the host reports to the proxy's module how it
 * went. Whatever is open when the session ends is closed before destroy(). */
#define WAX_HOST_NET "wax.host.net/1"

typedef struct wax_ws wax_ws;     /* host: one WebSocket */
typedef struct wax_http wax_http; /* host: one HTTP request */

typedef struct wax_header {
  wax_str name;
  wax_str value;
} wax_header;

/* Flags of connections and requests. */
enum {
  /* Past the session's proxy: for a helper process on this machine, never for the network. */
  WAX_NET_NO_PROXY = 1u << 0
};

/* How a connection ended, or why there was none. Borrowed for the callback. */
typedef struct wax_net_end {
  uint32_t struct_size;
  /* WAX_OK: the WebSocket was closed in order, or the HTTP answer is complete. WAX_E_CANCELLED: the
   * session ends. WAX_E_INVALID: the request itself cannot work (URL, headers). WAX_E_TIMEOUT and
   * WAX_E_UNAVAILABLE: try again, later and with more patience each time. */
  wax_status status;
  int32_t close_code; /* of a WebSocket: what the far end said; 1005 nothing; 1006 it just ended */
  int32_t http_code;  /* what the server or the proxy answered when that was the fault, or 0 */
  wax_str reason;     /* stable id [a-z0-9_], fit for wax_state_change.reason: docs/reasons.md */
  wax_str text;       /* for people, no secrets; of an orderly close: what the far end said */
} wax_net_end;

typedef struct wax_ws_options {
  uint32_t struct_size;
  uint32_t flags; /* WAX_NET_* */
  wax_str url;    /* wss://host/path; ws:// is for tests and helpers */
  const wax_header* headers;
  uint32_t headers_count;
  uint32_t connect_timeout_ms; /* until opened(), proxy and all; 0 = 20,000 */
  uint64_t max_message_bytes;  /* of one received; longer ends the connection; 0 = 16 MB */
  wax_str ca_pem;              /* trusted beside the system's authorities; usually empty */
  /* Sends a ping when nothing came for that long, and ends the connection when nothing comes for
   * that long again. 0 = never. Pings of the far end are always answered. */
  uint32_t ping_interval_ms;
  uint32_t reserved;
} wax_ws_options;

/* All [session-loop], never from inside of a function of the table below. closed() is the last and
 * is called exactly once, also when the connection never opened; free `user` there. */
typedef struct wax_ws_events {
  uint32_t struct_size;
  uint32_t reserved;
  /* The headers of the server's answer, for instance sec-websocket-protocol; names in lower case.
   */
  void (*opened)(void* user, const wax_header* headers, uint32_t headers_count) WAX_NOEXCEPT;
  void (*message)(void* user, wax_bytes data, int32_t is_text) WAX_NOEXCEPT; /* a whole one */
  void (*writable)(void* user) WAX_NOEXCEPT; /* after a refused ws_send; may be NULL */
  void (*closed)(void* user, const wax_net_end* end) WAX_NOEXCEPT;
} wax_ws_events;

typedef struct wax_http_request {
  uint32_t struct_size;
  uint32_t flags;            /* WAX_NET_* */
  wax_str method;            /* "GET" */
  wax_str url;               /* https://host/path; redirects are not followed */
  const wax_header* headers; /* "range" and the like as they are; length and host are the host's */
  uint32_t headers_count;
  uint32_t deadline_ms;        /* for all of it; 0 = 60,000 */
  wax_blob* body;              /* sealed, borrowed; NULL = none. Read as it is sent */
  uint64_t max_response_bytes; /* a longer body is a failure; 0 = 100 MB */
  wax_str ca_pem;              /* as in wax_ws_options */
} wax_http_request;

/* A whole answer, of whatever code. Borrowed for the callback. */
typedef struct wax_http_response {
  uint32_t struct_size;
  int32_t http_code;
  const wax_header* headers; /* names in lower case */
  uint32_t headers_count;
  uint32_t reserved;
  wax_blob* body; /* sealed; retain to keep. NULL when it has no octets */
} wax_http_response;

/* [session-loop] Exactly once. `response` is NULL unless end->status is WAX_OK. */
typedef void (*wax_http_fn)(void* user, const wax_net_end* end,
                            const wax_http_response* response) WAX_NOEXCEPT;

/* All [session-loop]. Handles of what is over, or of another session, are ignored. */
typedef struct wax_host_net {
  uint32_t struct_size;
  uint32_t reserved;
  /* Copies what it is given. NULL from another thread or when the session has ended: nothing will
   * be called then. All other failures come as closed(). */
  wax_ws* (*ws_open)(const wax_host* host, wax_session* session, const wax_ws_options* options,
                     const wax_ws_events* events, void* user)WAX_NOEXCEPT;
  /* Copies data. WAX_E_STATE before opened() and once it closes. WAX_E_UNAVAILABLE while more than
   * 1 MB waits to be sent: nothing was taken, writable() tells when there is room. */
  wax_status (*ws_send)(const wax_host* host, wax_ws* ws, wax_bytes data,
                        int32_t is_text) WAX_NOEXCEPT;
  /* 1: no message() until 0; the far end is slowed down by its socket. */
  void (*ws_pause)(const wax_host* host, wax_ws* ws, int32_t paused) WAX_NOEXCEPT;
  /* Sends what waits, then closes with that code (1000, 3000-4999). closed() follows within 5 s. */
  void (*ws_close)(const wax_host* host, wax_ws* ws, int32_t code, wax_str reason) WAX_NOEXCEPT;
  /* NULL as ws_open. */
  wax_http* (*http)(const wax_host* host, wax_session* session, const wax_http_request* request,
                    wax_http_fn answer, void* user)WAX_NOEXCEPT;
  /* The answer follows from the loop with WAX_E_CANCELLED, unless it was on its way. */
  void (*http_cancel)(const wax_host* host, wax_http* request) WAX_NOEXCEPT;
} wax_host_net;

#ifdef __cplusplus
}
#endif
#endif
