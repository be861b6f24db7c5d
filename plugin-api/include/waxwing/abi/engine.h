/* SPDX-License-Identifier: Apache-2.0 */
/* What an engine plugin implements: descriptors, operations, one object per session. */
#ifndef WAX_ABI_ENGINE_H
#define WAX_ABI_ENGINE_H

#include "host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define WAX_ENGINE_FACTORY "wax.engine-factory/1"

/* An unknown value is treated as WAX_SESSION_FAILED. */
typedef int32_t wax_session_state;
enum {
  WAX_SESSION_STOPPED = 0,
  WAX_SESSION_STARTING = 1,
  WAX_SESSION_SCAN_QR_CODE = 2,
  WAX_SESSION_WORKING = 3,
  WAX_SESSION_FAILED = 4,
  WAX_SESSION_PASSKEY_REQUIRED = 5,
  WAX_SESSION_PASSKEY_CONFIRMATION_REQUIRED = 6
};

enum {
  WAX_OP_IDEMPOTENT = 1u << 0, /* host may retry on WAX_E_UNAVAILABLE */
  WAX_OP_READ_ONLY = 1u << 1,
  WAX_OP_ANY_STATE = 1u << 2, /* allowed when not WORKING */
  WAX_OP_UPLOADS = 1u << 3,   /* takes parts */
  WAX_OP_DOWNLOADS = 1u << 4, /* returns parts */
  WAX_OP_SLOW = 1u << 5,      /* default deadline 5 min instead of 30 s */
  WAX_OP_EXPERIMENTAL = 1u << 6
};

/* One entry of an engine's capability list. */
typedef struct wax_op {
  uint32_t struct_size;
  uint32_t flags;
  uint32_t revision;          /* of the JSON contract, starts at 1 */
  uint32_t max_concurrency;   /* per session; 0 = host default */
  const char* name;           /* "messages.sendText" */
  const char* request_schema; /* JSON Schema or NULL = the standard one */
  const char* response_schema;
} wax_op;

typedef struct wax_engine_desc {
  uint32_t struct_size;
  uint32_t flags;
  const char* id; /* "NOWEB": what YAML and requests name */
  const char* name;
  const char* version;
  const char* config_schema; /* JSON Schema of the engine's config section, or NULL */
  const wax_op* ops;         /* array, stride ops[0].struct_size */
  uint32_t ops_count;
  uint32_t storage_version;  /* of the engine's data; drives migrate() */
  const char* const* events; /* NULL-terminated list of event types */
  /* Name of the engine's part of a session's config ("noweb" for
   * `config.noweb`); [a-z0-9_-]. NULL = the id in lower case. */
  const char* config_section;
} wax_engine_desc;

/* What a session is given when its engine object is made. */
typedef struct wax_session_params {
  uint32_t struct_size;
  uint32_t flags;
  wax_session* session; /* token for host calls; valid until destroy() */
  wax_str name;         /* "default" */
  /* The engine's own section: the server's `engines.<ID>.config` overlaid with the
   * session's `config.<section>`, validated against config_schema, defaults filled. */
  wax_str config_json;
  uint32_t stored_version; /* storage_version the data was written with */
  uint32_t reserved;
  /* The whole session config, for the fields that engines share (`client`, `ignore`). */
  wax_str session_config_json;
} wax_session_params;

typedef struct wax_request {
  uint32_t struct_size;
  uint32_t flags;
  wax_str op;   /* one of the engine's ops */
  wax_str json; /* UTF-8 JSON object */
  const wax_part* parts;
  uint32_t parts_count;
  uint32_t deadline_ms; /* from now; 0 = none */
  wax_str request_id;   /* for logs */
} wax_request;

/* The engine of one session. Every function is [session-loop]: the host calls
 * them from the session's executor, never two at the same time. */
typedef struct wax_engine_vtable {
  uint32_t struct_size;
  uint32_t reserved;
  /* Begin connecting. Answer `call` when the attempt is under way, not when
   * logged in; progress is reported with host.session/1. */
  void (*start)(wax_engine* self, wax_call* call) WAX_NOEXCEPT;
  /* Leave the network, keep credentials, stop all timers and reads. */
  void (*stop)(wax_engine* self, wax_call* call) WAX_NOEXCEPT;
  /* Unlink this device at the far end, then behave as stop(). The host erases the
   * session's stored data itself once this was answered, whatever the answer is. */
  void (*logout)(wax_engine* self, wax_call* call) WAX_NOEXCEPT;
  /* Run an operation; answer `call` exactly once, now or later. */
  void (*invoke)(wax_engine* self, const wax_request* request, wax_call* call) WAX_NOEXCEPT;
  /* The host's event queue for this session has room again. Optional. */
  void (*resume)(wax_engine* self) WAX_NOEXCEPT;
  /* Apply changed config, or WAX_E_STATE to ask for a restart. Optional. */
  wax_status (*reconfigure)(wax_engine* self, wax_str config_json, wax_error* err) WAX_NOEXCEPT;
  /* Bring stored data from stored_version to storage_version. Optional. */
  void (*migrate)(wax_engine* self, uint32_t from, wax_call* call) WAX_NOEXCEPT;
  /* After stop() was answered. Frees self; no callback may follow. */
  void (*destroy)(wax_engine* self) WAX_NOEXCEPT;
  /* NULL when not supported. */
  const void* (*get_extension)(wax_engine* self, const char* extension_id)WAX_NOEXCEPT;
} wax_engine_vtable;

typedef struct wax_engine_factory {
  uint32_t struct_size;
  uint32_t count;
  /* Static for the life of the module. [any-thread] */
  const wax_engine_desc* (*describe)(wax_module_ctx* ctx, uint32_t index)WAX_NOEXCEPT;
  /* Cheap: no I/O here. [session-loop] */
  wax_status (*create)(wax_module_ctx* ctx, const char* engine_id, const wax_session_params* params,
                       const wax_engine_vtable** vtable, wax_engine** self,
                       wax_error* err) WAX_NOEXCEPT;
  /* Whether this machine has what every session of the engine needs: a program, a device. Asked
   * once after init(), while sessions may run already, with the server's `engines.<ID>.config`,
   * defaults filled. WAX_OK, or a status with an err that says what is missing and how to get it;
   * the operator reads it, and sessions are created all the same. Takes seconds at most. Optional.
   * [blocking-pool] */
  wax_status (*probe)(wax_module_ctx* ctx, const char* engine_id, wax_str config_json,
                      wax_error* err) WAX_NOEXCEPT;
} wax_engine_factory;

#define WAX_CLIENT_VERSION "wax.client-version/1"

/* Optional, beside the engine factory (wax_module.get_factory): the version that the module's
 * engines claim to be at the far end, which may stop taking one at any time. The host keeps what
 * its operator chose and says it again after each init(). Every function is [any-thread] and does
 * not block. */
typedef struct wax_client_version {
  uint32_t struct_size;
  uint32_t reserved;
  /* Calls out() once, before it returns, with a JSON object: `version` and `source` of the next
   * connection ("chosen", "configured", "last_working", "built_in"), `chosen`, `configured`,
   * `lastWorking` (strings or null), `builtIn`, `rejected` (array). `configured` is the operator's
   * setting, maybe empty. */
  void (*describe)(wax_module_ctx* ctx, const char* engine_id, wax_str configured,
                   void (*out)(void* user, wax_str json), void* user) WAX_NOEXCEPT;
  /* Goes before all others from the next connection on, also when it was rejected once. An empty
   * version takes the choice back. WAX_E_INVALID when it is none. */
  wax_status (*choose)(wax_module_ctx* ctx, const char* engine_id, wax_str version,
                       wax_error* err) WAX_NOEXCEPT;
} wax_client_version;

#ifdef __cplusplus
}
#endif
#endif
