/* SPDX-License-Identifier: Apache-2.0 */
/* Proxies: what a module implements and what an engine sees. */
#ifndef WAX_ABI_PROXY_H
#define WAX_ABI_PROXY_H

#include "host.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct wax_proxy_lease {
  uint32_t struct_size;
  uint32_t flags;
  uint64_t lease_id;
  wax_str url;           /* "socks5://host:1080", "http://…", "" = direct */
  wax_str username;      /* secret: never logged */
  wax_str password;      /* secret: never logged */
  int64_t expires_at_ms; /* 0 = never */
} wax_proxy_lease;

typedef void (*wax_proxy_fn)(void* user, wax_status status, const wax_proxy_lease* lease,
                             const wax_error* err) WAX_NOEXCEPT;

typedef int32_t wax_proxy_outcome;
enum {
  WAX_PROXY_CONNECTED = 0,
  WAX_PROXY_CONNECT_FAILED = 1,
  WAX_PROXY_AUTH_FAILED = 2,
  WAX_PROXY_DROPPED = 3,
  WAX_PROXY_BLOCKED = 4
};

/* ---- what a proxy module implements: [blocking-pool] ---------------------- */
#define WAX_PROXY_FACTORY "wax.proxy-factory/1"

typedef struct wax_proxy_desc {
  uint32_t struct_size;
  uint32_t flags;
  const char* id; /* "static", "pool" */
  const char* name;
  const char* version;
  const char* config_schema;
} wax_proxy_desc;

typedef struct wax_proxy_vtable {
  uint32_t struct_size;
  uint32_t reserved;
  /* Sticky: the same session gets the same proxy until it is reported bad.
   * hint_json: {"proxy": the session's `config.proxy` or null, "purpose": string,
   * "running": number of running sessions, "metadata": the session's `config.metadata` or null}.
   * `answer` is called before this returns. */
  wax_status (*acquire)(wax_proxy* self, wax_str session, wax_str hint_json, wax_proxy_fn answer,
                        void* user, wax_error* err) WAX_NOEXCEPT;
  void (*report)(wax_proxy* self, uint64_t lease_id, wax_proxy_outcome outcome,
                 uint32_t latency_ms) WAX_NOEXCEPT;
  void (*release)(wax_proxy* self, uint64_t lease_id) WAX_NOEXCEPT;
  void (*destroy)(wax_proxy* self) WAX_NOEXCEPT;
  const void* (*get_extension)(wax_proxy* self, const char* extension_id)WAX_NOEXCEPT;
  /* Somebody asks for another proxy for that session: the next acquire() gives one. Optional.
   * WAX_E_UNSUPPORTED when the module's kind has no choice, WAX_E_UNAVAILABLE when there is no
   * other one. */
  wax_status (*rotate)(wax_proxy* self, wax_str session, wax_error* err) WAX_NOEXCEPT;
} wax_proxy_vtable;

typedef struct wax_proxy_factory {
  uint32_t struct_size;
  uint32_t count;
  const wax_proxy_desc* (*describe)(wax_module_ctx* ctx, uint32_t index)WAX_NOEXCEPT;
  wax_status (*create)(wax_module_ctx* ctx, const char* proxy_id, wax_str config_json,
                       const wax_proxy_vtable** vtable, wax_proxy** self,
                       wax_error* err) WAX_NOEXCEPT;
} wax_proxy_factory;

/* ---- what an engine sees: [any-thread], answers on the session's loop ----- */
#define WAX_HOST_PROXY "wax.host.proxy/1"

typedef struct wax_host_proxy {
  uint32_t struct_size;
  uint32_t reserved;
  /* A direct connection is a lease with an empty url, so engines need one path. */
  void (*resolve)(const wax_host* host, wax_session* session,
                  wax_str purpose /* "websocket" | "media" | "http" */, wax_proxy_fn answer,
                  void* user) WAX_NOEXCEPT;
  void (*report)(const wax_host* host, wax_session* session, uint64_t lease_id,
                 wax_proxy_outcome outcome, uint32_t latency_ms) WAX_NOEXCEPT;
} wax_host_proxy;

#ifdef __cplusplus
}
#endif
#endif
