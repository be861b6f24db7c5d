/* SPDX-License-Identifier: Apache-2.0 */
/* Versions, status codes, borrowed views and opaque handles of the plugin ABI. */
#ifndef WAX_ABI_TYPES_H
#define WAX_ABI_TYPES_H

#include <stddef.h>
#include <stdint.h>

#include "macros.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Major 0 is the ABI before its freeze: tables already grow by appending only,
 * but a minor may still break; WAX_ABI_MINOR_OLDEST is the oldest minor whose
 * modules this version still understands. */
#define WAX_ABI_MAJOR 0
#define WAX_ABI_MINOR 1
#define WAX_ABI_MINOR_OLDEST 1

/* Borrowed UTF-8 text. Not NUL-terminated. data may be NULL when size is 0.
 * Valid only until the call it was passed to returns. */
typedef struct wax_str {
  const char* data;
  uint64_t size;
} wax_str;

/* Borrowed octets; same lifetime rule. */
typedef struct wax_bytes {
  const uint8_t* data;
  uint64_t size;
} wax_bytes;

/* Result of every fallible function. Negative values are errors. New values
 * may be added; treat an unknown negative value as WAX_E_INTERNAL. */
typedef int32_t wax_status;
enum {
  WAX_OK = 0,
  WAX_E_INTERNAL = -1,     /* HTTP 500 */
  WAX_E_INVALID = -2,      /* 400 / 422 */
  WAX_E_NOT_FOUND = -3,    /* 404 */
  WAX_E_UNSUPPORTED = -4,  /* 422: the engine has no such feature */
  WAX_E_STATE = -5,        /* 422: wrong session state */
  WAX_E_UNAUTHORIZED = -6, /* 401 from the network: session logged out */
  WAX_E_RATE_LIMITED = -7, /* 429 */
  WAX_E_TIMEOUT = -8,      /* 504 */
  WAX_E_CANCELLED = -9,    /* caller went away */
  WAX_E_UNAVAILABLE = -10, /* 503: transient, retry */
  WAX_E_CONFLICT = -11,    /* 409: compare-and-set failed */
  WAX_E_NO_MEMORY = -12,   /* 503 */
  WAX_E_ABI = -13          /* version or struct_size mismatch */
};

/* Why something failed. Filled by the callee, read by the caller before the
 * next call on the same thread. The caller owns the storage. */
typedef struct wax_error {
  uint32_t struct_size;
  wax_status code;
  uint32_t retry_after_ms; /* 0 = not given */
  char message[500];       /* NUL-terminated, truncated, safe to show */
} wax_error;

/* Opaque handles. The side named in the comment owns the memory behind it. */
typedef struct wax_module_ctx wax_module_ctx; /* plugin */
typedef struct wax_engine wax_engine;         /* plugin: one per session */
typedef struct wax_storage wax_storage;       /* plugin: one per backend */
typedef struct wax_proxy wax_proxy;           /* plugin: one per pool    */
typedef struct wax_session wax_session;       /* host: token of a session */
typedef struct wax_call wax_call;             /* host: one pending answer */
typedef struct wax_blob wax_blob;             /* host: ref-counted bytes  */

/* A named binary part of a request, response or event. */
typedef struct wax_part {
  uint32_t struct_size;
  uint32_t flags;
  wax_str name; /* "file", "screenshot", "thumbnail" */
  wax_str mimetype;
  wax_str filename;
  wax_blob* blob; /* borrowed; retain to keep */
} wax_part;

/* The answer to a call: JSON plus any number of binary parts. */
typedef struct wax_response {
  uint32_t struct_size;
  wax_status status;
  wax_str json;          /* result when status==WAX_OK, else details */
  const wax_part* parts; /* stride is parts[0].struct_size */
  uint32_t parts_count;
  uint32_t retry_after_ms;
  wax_str message; /* human-readable reason of a failure */
} wax_response;

#ifdef __cplusplus
}
#endif
#endif /* WAX_ABI_TYPES_H */
