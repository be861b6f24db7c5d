/* SPDX-License-Identifier: Apache-2.0 */
/* wax.host.executor/1: the session's loop, its timers and descriptors, the blocking pool. */
#ifndef WAX_ABI_EXT_EXECUTOR_H
#define WAX_ABI_EXT_EXECUTOR_H

#include "../host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define WAX_HOST_EXECUTOR "wax.host.executor/1"

/* Called exactly once, on the session's loop: WAX_OK when its time has come,
 * WAX_E_CANCELLED when it never will. Free `user` in either case. */
typedef void (*wax_task_fn)(void* user, wax_status status) WAX_NOEXCEPT;
/* Called any number of times, then once with ready == 0 after fd_unwatch(). */
typedef void (*wax_fd_fn)(void* user, int32_t fd, uint32_t ready) WAX_NOEXCEPT;
/* Runs on the blocking pool; must not touch the engine object. */
typedef void (*wax_work_fn)(void* user) WAX_NOEXCEPT;
typedef struct wax_timer wax_timer; /* host */
typedef struct wax_watch wax_watch; /* host */

enum { WAX_FD_READ = 1u << 0, WAX_FD_WRITE = 1u << 1, WAX_FD_ERROR = 1u << 2 };

typedef struct wax_host_executor {
  uint32_t struct_size;
  uint32_t reserved;
  /* Run `fn` on the session's loop. [any-thread] */
  void (*post)(const wax_host* host, wax_session* session, wax_task_fn fn, void* user) WAX_NOEXCEPT;
  /* Run `work` on the blocking pool, then `then` on the loop. [any-thread]
   * WAX_E_UNAVAILABLE when the pool's queue is full, WAX_E_CANCELLED when the
   * session has ended: nothing is called then. */
  wax_status (*offload)(const wax_host* host, wax_session* session, wax_work_fn work,
                        wax_task_fn then, void* user) WAX_NOEXCEPT;
  /* [session-loop] One-shot. slack_ms lets the host merge wake-ups. NULL from another
   * thread or when the session has ended: nothing will be called. */
  wax_timer* (*timer_start)(const wax_host* host, wax_session* session, uint32_t delay_ms,
                            uint32_t slack_ms, wax_task_fn fn, void* user)WAX_NOEXCEPT;
  /* [session-loop] fn gets WAX_E_CANCELLED from the loop, never from inside
   * this call. The handle is dead afterwards, as it is once fn was called. */
  void (*timer_cancel)(const wax_host* host, wax_timer* timer) WAX_NOEXCEPT;
  /* [session-loop] Level-triggered. The plugin keeps owning the fd. NULL as above. */
  wax_watch* (*fd_watch)(const wax_host* host, wax_session* session, int32_t fd, uint32_t interest,
                         wax_fd_fn fn, void* user)WAX_NOEXCEPT;
  void (*fd_update)(const wax_host* host, wax_watch* watch, uint32_t interest) WAX_NOEXCEPT;
  void (*fd_unwatch)(const wax_host* host, wax_watch* watch) WAX_NOEXCEPT;
  /* [any-thread] 1 when the caller is on the session's loop. */
  int32_t (*on_loop)(const wax_host* host, wax_session* session) WAX_NOEXCEPT;
  int64_t (*now_ms)(const wax_host* host) WAX_NOEXCEPT; /* monotonic */
} wax_host_executor;

#ifdef __cplusplus
}
#endif
#endif
