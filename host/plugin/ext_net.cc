// SPDX-License-Identifier: Apache-2.0
// wax.host.net/1.
#include "plugin/abi_events.hpp"
#include "plugin/engine_http.hpp"
#include "plugin/engine_net.hpp"
#include "plugin/services.hpp"
#include "plugin/table.hpp"

namespace waxwing::plugin_host {
namespace {

wax_ws* ws_open(const wax_host* host, wax_session* token, const wax_ws_options* options,
                const wax_ws_events* events, void* user) noexcept {
  const auto session = live_session(host, token, "ws_open");
  if (!session || !session->check_loop("ws_open")) {
    return nullptr;
  }
  return reinterpret_cast<wax_ws*>(
      make_handle(*session, session->net()->open(normalised(options), normalised(events), user)));
}

wax_status ws_send(const wax_host* host, wax_ws* ws, wax_bytes data, int32_t is_text) noexcept {
  const auto session = session_of(host, ws, "ws_send");
  return session ? static_cast<wax_status>(
                       session->net()->send(id_of(ws), view(data), is_text != 0).code())
                 : WAX_E_STATE;
}

void ws_pause(const wax_host* host, wax_ws* ws, int32_t paused) noexcept {
  if (const auto session = session_of(host, ws, "ws_pause")) {
    session->net()->pause(id_of(ws), paused != 0);
  }
}

void ws_close(const wax_host* host, wax_ws* ws, int32_t code, wax_str reason) noexcept {
  if (const auto session = session_of(host, ws, "ws_close")) {
    session->net()->close(id_of(ws), code, view(reason));
  }
}

wax_http* http(const wax_host* host, wax_session* token, const wax_http_request* request,
               wax_http_fn answer, void* user) noexcept {
  const auto session = live_session(host, token, "http");
  if (!session || !session->check_loop("http")) {
    return nullptr;
  }
  return reinterpret_cast<wax_http*>(
      make_handle(*session, session->net()->http().start(normalised(request), answer, user)));
}

void http_cancel(const wax_host* host, wax_http* request) noexcept {
  if (const auto session = session_of(host, request, "http_cancel")) {
    session->net()->http().cancel(id_of(request));
  }
}

}  // namespace

const wax_host_net* net_table() noexcept {
  static const wax_host_net table = {
      sizeof(wax_host_net), 0, &ws_open, &ws_send, &ws_pause, &ws_close, &http, &http_cancel};
  return &table;
}

}  // namespace waxwing::plugin_host
