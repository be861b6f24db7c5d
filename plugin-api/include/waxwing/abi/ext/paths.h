/* SPDX-License-Identifier: Apache-2.0 */
/* wax.host.paths/1: directories for what cannot lie in the store. */
#ifndef WAX_ABI_EXT_PATHS_H
#define WAX_ABI_EXT_PATHS_H

#include "../host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define WAX_HOST_PATHS "wax.host.paths/1"

/* Absolute paths, NUL-terminated, into `path` of `size` octets (4096 are always enough).
 * WAX_E_INVALID: `size` is too small. All [any-thread]. */
typedef struct wax_host_paths {
  uint32_t struct_size;
  uint32_t reserved;
  /* A directory of this session's own on this machine, for another program's files such as a
   * browser's profile. Made on the first call, for the server's user alone (0700). The host erases
   * it with the session's stored data: after logout(), when the session is deleted, when another
   * engine takes it over. Ask from offload(): it may wait for a disk. WAX_E_UNAVAILABLE: it cannot
   * be made. */
  wax_status (*session_dir)(const wax_host* host, wax_session* session, char* path, uint64_t size,
                            wax_error* err) WAX_NOEXCEPT;
  /* Where the module's own file lies, for files that are installed beside it. */
  wax_status (*module_dir)(const wax_host* host, char* path, uint64_t size,
                           wax_error* err) WAX_NOEXCEPT;
} wax_host_paths;

#ifdef __cplusplus
}
#endif
#endif
