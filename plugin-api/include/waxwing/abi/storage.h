/* SPDX-License-Identifier: Apache-2.0 */
/* Storage: what a module implements and what an engine sees. */
#ifndef WAX_ABI_STORAGE_H
#define WAX_ABI_STORAGE_H

#include "event.h"
#include "host.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- data model, shared by both sides -------------------------------------
 * (tenant, space, key) -> (value, version). `tenant` is a session name or ""
 * for the server itself; `space` is a short ASCII name such as "signal.sessions".
 * Versions are assigned by the backend, are never 0 and only ever grow within a
 * tenant, even after it was dropped; all rows of one batch get the same one.
 * Keys sort as unsigned octets. An expired row (expires_at_ms in the past) is
 * never returned, counts as absent in conditions and may be erased at any time. */

typedef struct wax_kv {
  uint32_t struct_size;
  uint32_t flags; /* WAX_KV_*; 0 on a row that was read */
  wax_str space;
  wax_bytes key;
  wax_bytes value;
  uint64_t version;      /* read: current; write: expected, see flags */
  int64_t expires_at_ms; /* 0 = never; unix time */
} wax_kv;

enum {
  WAX_KV_PUT = 0,
  WAX_KV_DELETE = 1u << 0,
  WAX_KV_DELETE_PREFIX = 1u << 1, /* every key of `space` that starts with `key` */
  /* Conditions on `key`, checked when the op's turn comes; not with DELETE_PREFIX. */
  WAX_KV_IF_ABSENT = 1u << 2, /* whole batch fails if the key exists */
  WAX_KV_IF_VERSION = 1u << 3 /* whole batch fails if version differs; absent = 0 */
};

typedef struct wax_scan {
  uint32_t struct_size;
  uint32_t limit; /* rows in this answer, at most; 0 = the module's own limit */
  wax_str space;
  wax_bytes prefix;
  wax_bytes after; /* exclusive start key; empty = from the first (reverse: the last) */
  uint32_t flags;  /* WAX_SCAN_* */
  uint32_t reserved;
} wax_scan;

enum { WAX_SCAN_REVERSE = 1u << 0, WAX_SCAN_KEYS_ONLY = 1u << 1 };

/* Answer of a read. rows are borrowed for the duration of the callback. */
typedef void (*wax_rows_fn)(void* user, wax_status status, const wax_kv* rows, uint32_t count,
                            const wax_error* err) WAX_NOEXCEPT;

/* ---- what a storage module implements ------------------------------------- */
#define WAX_STORAGE_FACTORY "wax.storage-factory/1"

typedef struct wax_storage_desc {
  uint32_t struct_size;
  uint32_t flags;
  const char* id; /* "sqlite", "postgres" */
  const char* name;
  const char* version;
  const char* config_schema;
  uint32_t max_value_bytes; /* larger values go to blobs */
  /* Calls the host may have in flight at once; 0 = 1. The host splits tenants into
   * min(concurrency, 16) lanes by FNV-1a-64(tenant) % lanes, one write at a time in
   * each, so a module that shards by the same hash never meets itself. */
  uint32_t concurrency;
} wax_storage_desc;

/* All functions are [blocking-pool]: they may block, and up to `concurrency`
 * of them run at once. Calls of one tenant are issued in order. */
typedef struct wax_storage_vtable {
  uint32_t struct_size;
  uint32_t reserved;
  /* Connect and bring the backend's own schema up to date. */
  wax_status (*open)(wax_storage* self, wax_error* err) WAX_NOEXCEPT;
  /* Reads call `rows` before they return: once with WAX_OK and what was found, or not
   * at all and the status and err say why. */
  /* Read exact keys; missing keys are left out of the answer. */
  wax_status (*get)(wax_storage* self, wax_str tenant, const wax_kv* keys, uint32_t count,
                    wax_rows_fn rows, void* user, wax_error* err) WAX_NOEXCEPT;
  wax_status (*scan)(wax_storage* self, wax_str tenant, const wax_scan* query, wax_rows_fn rows,
                     void* user, wax_error* err) WAX_NOEXCEPT;
  /* All or nothing. Durable when it returns WAX_OK. WAX_E_CONFLICT when an IF_*
   * condition fails, WAX_E_UNAVAILABLE when the medium refuses (disk full,
   * read-only, no connection); nothing has changed then. `version` may be NULL;
   * else it receives the version that the batch's rows got. */
  wax_status (*apply)(wax_storage* self, wax_str tenant, const wax_kv* ops, uint32_t count,
                      uint64_t* version, wax_error* err) WAX_NOEXCEPT;
  /* Optional: several tenants' batches with as few commits as possible, applied in
   * the order given; a batch that fails does not touch the others. results[i] and
   * versions[i] (versions may be NULL) belong to batch i. Returns WAX_OK when all
   * batches succeeded, else one of their failures, whose text is in err. */
  wax_status (*apply_many)(wax_storage* self, const wax_str* tenants, const wax_kv* const* ops,
                           const uint32_t* counts, uint32_t batches, wax_status* results,
                           uint64_t* versions, wax_error* err) WAX_NOEXCEPT;
  /* Erases every row of the tenant, durably, but those in spaces that start with `keep`
   * (empty = all go); WAX_OK when it had none. */
  wax_status (*drop_tenant)(wax_storage* self, wax_str tenant, wax_str keep,
                            wax_error* err) WAX_NOEXCEPT;
  /* One row per tenant that has rows, its name in `key`; `rows` may be called several times. */
  wax_status (*list_tenants)(wax_storage* self, wax_rows_fn rows, void* user,
                             wax_error* err) WAX_NOEXCEPT;
  /* Health and size as JSON through `rows` (one row, key "stats"). */
  wax_status (*stats)(wax_storage* self, wax_rows_fn rows, void* user, wax_error* err) WAX_NOEXCEPT;
  void (*close)(wax_storage* self) WAX_NOEXCEPT; /* frees self */
  const void* (*get_extension)(wax_storage* self, const char* extension_id)WAX_NOEXCEPT;
} wax_storage_vtable;

typedef struct wax_storage_factory {
  uint32_t struct_size;
  uint32_t count;
  const wax_storage_desc* (*describe)(wax_module_ctx* ctx, uint32_t index)WAX_NOEXCEPT;
  wax_status (*create)(wax_module_ctx* ctx, const char* storage_id, wax_str config_json,
                       const wax_storage_vtable** vtable, wax_storage** self,
                       wax_error* err) WAX_NOEXCEPT;
} wax_storage_factory;

/* ---- what an engine sees --------------------------------------------------- */
#define WAX_HOST_STORE "wax.host.store/1"

/* Asynchronous, [any-thread]; answers arrive on the session's loop in the
 * order the calls were made. Reads see the session's own earlier writes.
 * Spaces that start with "waxwing." are the host's: WAX_E_INVALID. */
typedef struct wax_host_store {
  uint32_t struct_size;
  uint32_t reserved;
  void (*get)(const wax_host* host, wax_session* session, const wax_kv* keys, uint32_t count,
              wax_rows_fn rows, void* user) WAX_NOEXCEPT;
  void (*scan)(const wax_host* host, wax_session* session, const wax_scan* query, wax_rows_fn rows,
               void* user) WAX_NOEXCEPT;
  /* One atomic, durable step: the rows and the events become durable together, or
   * neither does. An inbound stanza is acknowledged to the network from `done`:
   * its ratchet step, its decrypt-once record and its events are then safe from a
   * crash. Either list may be empty. `done` gets WAX_E_CONFLICT when a condition
   * failed and WAX_E_UNAVAILABLE when the medium refuses or the session's event
   * queue is full (then stop reading until resume()). */
  void (*commit)(const wax_host* host, wax_session* session, const wax_kv* ops, uint32_t count,
                 const wax_event* events, uint32_t events_count, wax_done_fn done,
                 void* user) WAX_NOEXCEPT;
} wax_host_store;

#ifdef __cplusplus
}
#endif
#endif
