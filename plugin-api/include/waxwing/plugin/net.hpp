// SPDX-License-Identifier: Apache-2.0
// WebSocket and HTTP for engines, through the session's proxy, over wax.host.net.
//
//   plugin::WebSocketEvents on;
//   on.opened = [this](const plugin::Headers&) { socket_.send_text("hello"); };
//   on.message = [this](std::string_view data, bool is_text) { … };
//   on.closed = [this](const plugin::NetEnd& end) {
//     state(WAX_SESSION_STARTING, end.reason, end.text);
//     retry_ = after(backoff_.next_ms(), [this] { connect(); });
//   };
//   socket_ = open_websocket({"wss://example.com/chat"}, std::move(on));
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "blob.hpp"
#include "core.hpp"
#include "task.hpp"

namespace waxwing::plugin {
inline namespace v1 {

struct Header {
  std::string name;
  std::string value;
};
using Headers = std::vector<Header>;

// The value of the first header of that name, or an empty view. Names of the host's answers are in
// lower case.
inline std::string_view find_header(const Headers& headers, std::string_view name) noexcept {
  const auto it = std::find_if(headers.begin(), headers.end(),
                               [&](const Header& header) { return header.name == name; });
  return it == headers.end() ? std::string_view() : std::string_view(it->value);
}

// How a connection ended, or why there was none. `reason` and `text` are fit for Engine::state();
// borrowed for the callback.
struct NetEnd {
  wax_status status = WAX_OK;
  std::int32_t close_code = 0;
  std::int32_t http_code = 0;
  std::string_view reason;
  std::string_view text;

  bool ok() const noexcept { return status == WAX_OK; }
};

struct WebSocketOptions {
  std::string url;
  Headers headers = {};
  std::uint32_t connect_timeout_ms = 0;  // 0 = the host's choice, here and below
  std::uint64_t max_message_bytes = 0;
  std::uint32_t ping_interval_ms = 0;  // 0 = no pings
  std::string ca_pem = {};
  bool no_proxy = false;
};

// All [session-loop]; any may be left empty. After `closed` none is called.
struct WebSocketEvents {
  std::function<void(const Headers&)> opened;
  std::function<void(std::string_view data, bool is_text)> message;  // borrowed for the call
  std::function<void()> writable;
  std::function<void(const NetEnd&)> closed;
};

struct HttpRequest {
  std::string url;
  std::string method = "GET";
  Headers headers = {};
  Blob body = {};
  std::uint32_t deadline_ms = 0;  // 0 = the host's choice, here and below
  std::uint64_t max_response_bytes = 0;
  std::string ca_pem = {};
  bool no_proxy = false;
};

struct HttpResponse {
  std::int32_t code = 0;
  Headers headers;
  Blob body;
};

namespace detail {

inline std::vector<wax_header> raw_headers(const Headers& headers) {
  std::vector<wax_header> raw;
  raw.reserve(headers.size());
  for (const Header& header : headers) {
    raw.push_back({str(header.name), str(header.value)});
  }
  return raw;
}

inline Headers copy_headers(const wax_header* headers, std::uint32_t count) {
  Headers copies;
  copies.reserve(count);
  for (std::uint32_t i = 0; headers != nullptr && i < count; ++i) {
    copies.push_back({std::string(view(headers[i].name)), std::string(view(headers[i].value))});
  }
  return copies;
}

inline NetEnd net_end(const wax_net_end* raw) noexcept {
  const auto end = normalised<wax_net_end>(raw);
  return {end.status, end.close_code, end.http_code, view(end.reason), view(end.text)};
}

// One WebSocket as the host's callbacks and the engine's WebSocket share it.
struct Socket {
  const Host* host;
  wax_session* session;
  std::weak_ptr<Life> life;
  WebSocketEvents on;
  wax_ws* raw = nullptr;  // nullptr before it exists and once it is over
  bool open = false;
  bool wanted = true;  // the engine still holds it

  // Runs one of the engine's functions, unless the engine or its WebSocket is gone. The caller's
  // `self` keeps the function alive, should it let the WebSocket go.
  template <class Fn, class... Args>
  static void tell(const std::shared_ptr<Socket>& self, const Fn& fn, Args&&... args) noexcept {
    const std::shared_ptr<Life> alive = self->life.lock();
    if (alive && self->wanted && fn) {
      guard_log(*self->host, self->session, [&] { fn(std::forward<Args>(args)...); });
    }
  }
  static const std::shared_ptr<Socket>& of(void* user) noexcept {
    return *static_cast<std::shared_ptr<Socket>*>(user);
  }

  static void opened(void* user, const wax_header* headers, std::uint32_t count) noexcept {
    const std::shared_ptr<Socket> self = of(user);
    self->open = true;
    guard_log(*self->host, self->session,
              [&] { tell(self, self->on.opened, copy_headers(headers, count)); });
  }
  static void message(void* user, wax_bytes data, std::int32_t is_text) noexcept {
    const std::shared_ptr<Socket> self = of(user);
    tell(self, self->on.message, view(data), is_text != 0);
  }
  static void writable(void* user) noexcept {
    const std::shared_ptr<Socket> self = of(user);
    tell(self, self->on.writable);
  }
  static void closed(void* user, const wax_net_end* raw) noexcept {
    const std::unique_ptr<std::shared_ptr<Socket>> held(
        static_cast<std::shared_ptr<Socket>*>(user));
    const std::shared_ptr<Socket> self = *held;
    self->raw = nullptr;
    self->open = false;
    const NetEnd end = net_end(raw);
    if (end.status != WAX_E_CANCELLED) {
      tell(self, self->on.closed, end);
    }
    self->on = {};
  }

  void close(std::int32_t code, std::string_view reason) noexcept {
    if (raw != nullptr) {
      host->net.ws_close(host->raw(), raw, code, str(reason));
    }
  }
};

}  // namespace detail

// One WebSocket of an engine. Letting it go closes it; then none of its functions is called any
// more, as when the engine quiesces or the session ends. Movable. [session-loop]
class WebSocket {
 public:
  WebSocket() = default;
  explicit WebSocket(std::shared_ptr<detail::Socket> socket) noexcept
      : socket_(std::move(socket)) {}
  WebSocket(WebSocket&& o) noexcept : socket_(std::exchange(o.socket_, nullptr)) {}
  WebSocket& operator=(WebSocket&& o) noexcept {
    if (this != &o) {
      drop();
      socket_ = std::exchange(o.socket_, nullptr);
    }
    return *this;
  }
  ~WebSocket() { drop(); }

  // Between opened and closed.
  bool is_open() const noexcept { return socket_ && socket_->open; }
  // False while the host has no room: nothing was taken, `writable` tells when to go on. Throws
  // Error(WAX_E_STATE) when it is not open.
  [[nodiscard]] bool send(std::string_view octets) { return send(octets, false); }
  [[nodiscard]] bool send_text(std::string_view text) { return send(text, true); }
  // No more messages until resume(); the far end is slowed down.
  void pause() noexcept { set_paused(1); }
  void resume() noexcept { set_paused(0); }
  // Says goodbye; `closed` follows.
  void close(std::int32_t code = 1000, std::string_view reason = {}) noexcept {
    if (socket_) {
      socket_->close(code, reason);
    }
  }

 private:
  bool send(std::string_view data, bool is_text) {
    const wax_status status = is_open()
                                  ? socket_->host->net.ws_send(socket_->host->raw(), socket_->raw,
                                                               bytes(data), is_text ? 1 : 0)
                                  : WAX_E_STATE;
    if (status != WAX_OK && status != WAX_E_UNAVAILABLE) {
      throw Error(status, "the connection is not open");
    }
    return status == WAX_OK;
  }
  void set_paused(std::int32_t paused) noexcept {
    if (socket_ && socket_->raw != nullptr) {
      socket_->host->net.ws_pause(socket_->host->raw(), socket_->raw, paused);
    }
  }
  void drop() noexcept {
    if (socket_) {
      socket_->wanted = false;
      socket_->close(1000, {});
      socket_.reset();
    }
  }

  std::shared_ptr<detail::Socket> socket_;
};

// Names an HTTP request under way. A value: letting it go changes nothing. [session-loop]
class HttpCall {
 public:
  HttpCall() = default;
  HttpCall(const Host& host, wax_http* raw) noexcept : host_(&host), raw_(raw) {}
  // Its function will not be called.
  void cancel() noexcept {
    if (wax_http* raw = std::exchange(raw_, nullptr)) {
      host_->net.http_cancel(host_->raw(), raw);
    }
  }

 private:
  const Host* host_ = nullptr;
  wax_http* raw_ = nullptr;
};

// How long to wait before the next attempt: doubled each time up to a limit, and spread by half to
// either side, so that ten thousand sessions that lost their network do not come back as one.
class Backoff {
 public:
  explicit Backoff(std::uint32_t first_ms = 1000, std::uint32_t most_ms = 60'000)
      : first_ms_(first_ms), most_ms_(most_ms), random_(std::random_device()()) {}

  // Between 0.5 and 1.5 times the current step.
  std::uint32_t next_ms() {
    const std::uint64_t step =
        std::min<std::uint64_t>(most_ms_, std::uint64_t{first_ms_} << std::min(attempt_, 20U));
    ++attempt_;
    return static_cast<std::uint32_t>(step / 2 + random_() % (step + 1));
  }
  // Once it has worked for a while.
  void reset() noexcept { attempt_ = 0; }
  std::uint32_t attempts() const noexcept { return attempt_; }

 private:
  std::uint32_t first_ms_;
  std::uint32_t most_ms_;
  std::uint32_t attempt_ = 0;
  std::minstd_rand random_;
};

namespace detail {

inline WebSocket open_websocket(const std::shared_ptr<Life>& life, const WebSocketOptions& options,
                                WebSocketEvents on) {
  const std::vector<wax_header> headers = raw_headers(options.headers);
  wax_ws_options raw{};
  raw.struct_size = sizeof raw;
  raw.flags = options.no_proxy ? std::uint32_t{WAX_NET_NO_PROXY} : 0;
  raw.url = str(options.url);
  raw.headers = headers.data();
  raw.headers_count = static_cast<std::uint32_t>(headers.size());
  raw.connect_timeout_ms = options.connect_timeout_ms;
  raw.max_message_bytes = options.max_message_bytes;
  raw.ca_pem = str(options.ca_pem);
  raw.ping_interval_ms = options.ping_interval_ms;
  wax_ws_events events{};
  events.struct_size = sizeof events;
  events.opened = &Socket::opened;
  events.message = &Socket::message;
  events.writable = &Socket::writable;
  events.closed = &Socket::closed;
  auto socket = std::make_shared<Socket>();
  socket->host = life->host;
  socket->session = life->session;
  socket->life = life;
  socket->on = std::move(on);
  auto held = std::make_unique<std::shared_ptr<Socket>>(socket);
  life->forget_closed_sockets();
  life->sockets.push_back(socket);
  socket->raw =
      life->host->net.ws_open(life->host->raw(), life->session, &raw, &events, held.get());
  if (socket->raw == nullptr) {
    return WebSocket();  // the session has ended
  }
  (void)held.release();
  return WebSocket(std::move(socket));
}

template <class Done>
HttpCall http(const std::shared_ptr<Life>& life, const HttpRequest& request, Done&& done) {
  const std::vector<wax_header> headers = raw_headers(request.headers);
  wax_http_request raw{};
  raw.struct_size = sizeof raw;
  raw.flags = request.no_proxy ? std::uint32_t{WAX_NET_NO_PROXY} : 0;
  raw.method = str(request.method);
  raw.url = str(request.url);
  raw.headers = headers.data();
  raw.headers_count = static_cast<std::uint32_t>(headers.size());
  raw.deadline_ms = request.deadline_ms;
  raw.body = request.body.raw();
  raw.max_response_bytes = request.max_response_bytes;
  raw.ca_pem = str(request.ca_pem);
  auto box = boxed(life, std::forward<Done>(done));
  using Box = typename decltype(box)::element_type;
  const auto answer = [](void* user, const wax_net_end* end_raw,
                         const wax_http_response* response_raw) noexcept {
    const NetEnd end = net_end(end_raw);
    const auto r = normalised<wax_http_response>(response_raw);
    const Host& host = *static_cast<Box*>(user)->host;
    HttpResponse response;
    guard_log(host, static_cast<Box*>(user)->session, [&] {
      response = {r.http_code, copy_headers(r.headers, r.headers_count), Blob::share(host, r.body)};
    });
    Box::end(user, end.status, end, std::move(response));
  };
  wax_http* handle =
      life->host->net.http(life->host->raw(), life->session, &raw, answer, box.get());
  if (handle != nullptr) {
    (void)box.release();
  }
  return HttpCall(*life->host, handle);
}

}  // namespace detail
}  // namespace v1
}  // namespace waxwing::plugin
