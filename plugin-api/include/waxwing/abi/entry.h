/* SPDX-License-Identifier: Apache-2.0 */
/* The module descriptor behind the one symbol that a plugin exports. */
#ifndef WAX_ABI_ENTRY_H
#define WAX_ABI_ENTRY_H

#include "host.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
  /* dlclose() is safe: no threads, no thread_local with destructors, no Go
   * runtime left behind after shutdown(). Absent: the host never unmaps it. */
  WAX_MODULE_UNLOADABLE = 1u << 0,
  /* Refuse to run inside the server process; always use a worker. */
  WAX_MODULE_WORKER_ONLY = 1u << 1,
  /* Uses its own threads (they may call the host's [any-thread] functions). */
  WAX_MODULE_OWN_THREADS = 1u << 2
};

typedef struct wax_module {
  uint32_t struct_size;
  uint16_t abi_major;          /* WAX_ABI_MAJOR the module was built with   */
  uint16_t abi_minor;          /* WAX_ABI_MINOR the module was built with   */
  uint16_t abi_minor_required; /* oldest host minor the module can work with */
  uint16_t reserved;
  uint32_t flags;
  const char* id; /* "com.example.echo", [a-z0-9.-], unique */
  const char* name;
  const char* version; /* SemVer */
  const char* vendor;
  const char* license; /* SPDX */
  const char* url;
  const char* description;

  /* Called once per load, before any factory is used. [main-thread]
   * Every init() that returned WAX_OK is paired with one shutdown(). */
  wax_status (*init)(const wax_host* host, wax_module_ctx** out, wax_error* err) WAX_NOEXCEPT;
  /* All objects made by this module are destroyed before this. When it returns
   * no thread may run module code and no callback may be pending. [main-thread] */
  void (*shutdown)(wax_module_ctx* ctx) WAX_NOEXCEPT;
  /* NULL when the module has no such factory. [any-thread] */
  const void* (*get_factory)(wax_module_ctx* ctx, const char* factory_id)WAX_NOEXCEPT;
} wax_module;

/* The only symbol a plugin exports. [main-thread], must not allocate or start
 * anything. "v1" names the shape of the entry and serves majors 0 and 1; a later
 * major adds wax_module_v2, and a plugin may export both. */
WAX_EXPORT const wax_module* wax_module_v1(void) WAX_NOEXCEPT;
typedef const wax_module* (*wax_module_v1_fn)(void)WAX_NOEXCEPT;
#define WAX_MODULE_SYMBOL "wax_module_v1"

#ifdef __cplusplus
}
#endif
#endif
