/* SPDX-License-Identifier: Apache-2.0 */
/* wax.host.blob/1: large bytes held by the host. */
#ifndef WAX_ABI_EXT_BLOB_H
#define WAX_ABI_EXT_BLOB_H

#include "../host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define WAX_HOST_BLOB "wax.host.blob/1"

/* Bytes that live on the host's side: RAM when small, an unlinked file when
 * large, so a 100 MB video costs no heap and can cross a process as an fd. */
typedef struct wax_host_blob {
  uint32_t struct_size;
  uint32_t reserved;
  /* All [any-thread] except read/write, which may block: call them from
   * offload() unless info() says the blob is in memory. */
  wax_blob* (*create)(const wax_host* host, uint64_t size_hint)WAX_NOEXCEPT;
  wax_status (*write)(const wax_host* host, wax_blob* blob,
                      wax_bytes data) WAX_NOEXCEPT; /* append */
  wax_status (*seal)(const wax_host* host, wax_blob* blob) WAX_NOEXCEPT;
  int64_t (*read)(const wax_host* host, wax_blob* blob, uint64_t offset, uint8_t* buffer,
                  uint64_t size) WAX_NOEXCEPT;
  uint64_t (*size)(const wax_host* host, wax_blob* blob) WAX_NOEXCEPT;
  /* Non-NULL data only while the blob is in memory and retained. */
  wax_bytes (*view)(const wax_host* host, wax_blob* blob) WAX_NOEXCEPT;
  /* Read-only fd positioned at 0, owned by the caller, or -1. */
  int32_t (*dup_fd)(const wax_host* host, wax_blob* blob) WAX_NOEXCEPT;
  void (*retain)(const wax_host* host, wax_blob* blob) WAX_NOEXCEPT;
  void (*release)(const wax_host* host, wax_blob* blob) WAX_NOEXCEPT;
} wax_host_blob;

#ifdef __cplusplus
}
#endif
#endif
