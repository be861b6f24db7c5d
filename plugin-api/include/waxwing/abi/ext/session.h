/* SPDX-License-Identifier: Apache-2.0 */
/* wax.host.session/1: what an engine tells the host about its session. */
#ifndef WAX_ABI_EXT_SESSION_H
#define WAX_ABI_EXT_SESSION_H

#include "../engine.h"
#include "../event.h"

#ifdef __cplusplus
extern "C" {
#endif

#define WAX_HOST_SESSION "wax.host.session/1"

/* A move of the session's state machine. */
typedef struct wax_state_change {
  uint32_t struct_size;
  wax_session_state state;
  /* Stable id of the cause: [a-z0-9_], for instance "qr_timeout", "logged_out",
   * "connection_lost" (docs/reasons.md lists the standard ones). Required for
   * FAILED; empty when nothing went wrong. */
  wax_str reason;
  wax_str text;      /* for people; no secrets, no phone numbers */
  wax_str data_json; /* the `data` of session.status: an object, or empty for null */
} wax_state_change;

/* The account. Fields that are not known are empty. */
typedef struct wax_me {
  uint32_t struct_size;
  uint32_t flags;
  wax_str id; /* "79111111@c.us" */
  wax_str push_name;
  wax_str lid; /* "123@lid" */
  wax_str jid; /* "79111111:12@s.whatsapp.net", with the device number */
} wax_me;

/* Core facts are typed because the host acts on them; everything else that an
 * engine has to say is an event. All functions are [any-thread], never block, copy
 * what they are given, and take effect in the order of the calls, after the engine
 * function that makes them has returned. */
typedef struct wax_host_session {
  uint32_t struct_size;
  uint32_t reserved;
  /* An illegal move is refused and counted as misbehaviour. A repeated
   * SCAN_QR_CODE is legal: it announces a new code. */
  void (*set_state)(const wax_host* host, wax_session* session,
                    const wax_state_change* change) WAX_NOEXCEPT;
  /* Raw text of the code, drawn by the host on demand; gone after valid_ms and at
   * any state but SCAN_QR_CODE. Call it before set_state(SCAN_QR_CODE). */
  void (*set_qr)(const wax_host* host, wax_session* session, wax_str text,
                 uint32_t valid_ms) WAX_NOEXCEPT;
  /* Stored durably. NULL forgets the account. */
  void (*set_me)(const wax_host* host, wax_session* session, const wax_me* me) WAX_NOEXCEPT;
  /* The `engine` block of the session answer: a JSON object whose members are
   * shown beside {"engine": id}. */
  void (*set_engine_info)(const wax_host* host, wax_session* session, wax_str json) WAX_NOEXCEPT;
  /* Own presence: 1 online, 0 offline, -1 unknown. */
  void (*set_presence)(const wax_host* host, wax_session* session, int32_t online) WAX_NOEXCEPT;
  /* Unix ms of the last outgoing activity. */
  void (*set_activity)(const wax_host* host, wax_session* session,
                       int64_t timestamp_ms) WAX_NOEXCEPT;
  /* wax_host_store.commit() without rows. WAX_E_UNAVAILABLE at once when the
   * session's event queue is full: nothing was taken, `done` is not called, stop
   * reading until resume(). `done` may be NULL. */
  wax_status (*emit)(const wax_host* host, wax_session* session, const wax_event* event,
                     wax_done_fn done, void* user) WAX_NOEXCEPT;
  /* 0 when nobody would get an event of this type now: no webhook and no client of a
   * socket asks for it. For events that come often, or are much work to make, and that
   * few ask for (engine.event); it costs less than an event. Of other threads than the
   * session's loop it is 1. [session-loop] */
  int32_t (*wanted)(const wax_host* host, wax_session* session, wax_str type) WAX_NOEXCEPT;
} wax_host_session;

#ifdef __cplusplus
}
#endif
#endif
