// SPDX-License-Identifier: Apache-2.0
// wax.host.executor/1.
#include "plugin/abi_events.hpp"
#include "plugin/services.hpp"

namespace waxwing::plugin_host {
namespace {

void post(const wax_host* host, wax_session* token, wax_task_fn fn, void* user) noexcept {
  if (const auto session = live_session(host, token, "post")) {
    session->executor().post(fn, user);
    return;
  }
  if (const GoneCallback callback; callback.allowed()) {
    fn(user, WAX_E_CANCELLED);
  }
}

wax_status offload(const wax_host* host, wax_session* token, wax_work_fn work, wax_task_fn then,
                   void* user) noexcept {
  const auto session = live_session(host, token, "offload");
  return session ? static_cast<wax_status>(session->executor().offload(work, then, user).code())
                 : WAX_E_CANCELLED;
}

wax_timer* timer_start(const wax_host* host, wax_session* token, uint32_t delay_ms,
                       uint32_t slack_ms, wax_task_fn fn, void* user) noexcept {
  const auto session = live_session(host, token, "timer_start");
  if (!session || !session->check_loop("timer_start")) {
    return nullptr;
  }
  return reinterpret_cast<wax_timer*>(make_handle(
      *session, session->executor().start_timer(Millis(delay_ms), Millis(slack_ms), fn, user)));
}

void timer_cancel(const wax_host* host, wax_timer* timer) noexcept {
  if (const auto session = session_of(host, timer, "timer_cancel")) {
    session->executor().cancel(id_of(timer));
  }
}

wax_watch* fd_watch(const wax_host* host, wax_session* token, int32_t fd, uint32_t interest,
                    wax_fd_fn fn, void* user) noexcept {
  const auto session = live_session(host, token, "fd_watch");
  if (!session || !session->check_loop("fd_watch")) {
    return nullptr;
  }
  const std::uint64_t id = session->executor().watch(fd, interest, fn, user);
  return id == 0 ? nullptr : reinterpret_cast<wax_watch*>(make_handle(*session, id));
}

void fd_update(const wax_host* host, wax_watch* watch, uint32_t interest) noexcept {
  if (const auto session = session_of(host, watch, "fd_update")) {
    session->executor().update_watch(id_of(watch), interest);
  }
}

void fd_unwatch(const wax_host* host, wax_watch* watch) noexcept {
  if (const auto session = session_of(host, watch, "fd_unwatch")) {
    session->executor().cancel(id_of(watch));
  }
}

int32_t on_loop(const wax_host* host, wax_session* token) noexcept {
  const auto session =
      module_of(host).services().sessions.get(reinterpret_cast<std::uint64_t>(token));
  return session && session->on_loop() ? 1 : 0;
}

int64_t now_ms(const wax_host* host) noexcept {
  return module_of(host).services().clock.monotonic().count();
}

}  // namespace

const wax_host_executor* executor_table() noexcept {
  static const wax_host_executor table = {sizeof(wax_host_executor),
                                          0,
                                          &post,
                                          &offload,
                                          &timer_start,
                                          &timer_cancel,
                                          &fd_watch,
                                          &fd_update,
                                          &fd_unwatch,
                                          &on_loop,
                                          &now_ms};
  return &table;
}

}  // namespace waxwing::plugin_host
