// SPDX-License-Identifier: Apache-2.0
// An engine's connections and the proxies they go through.
#include "plugin/engine_net.hpp"

#include <optional>
#include <utility>
#include <vector>

#include "net/http_head.hpp"
#include "net/network.hpp"
#include "plugin/engine_http.hpp"
#include "plugin/host_tables.hpp"

namespace waxwing::plugin_host {
namespace {

constexpr Millis kConnectTimeout(20'000);
constexpr std::uint64_t kMaxMessageBytes = 16 << 20;

// What a proxy's module is told; nothing when the proxy had no part in it.
std::optional<wax_proxy_outcome> outcome_of(const net::End& end, bool was_open) {
  if (end.is_ok()) {
    return WAX_PROXY_CONNECTED;
  }
  if (was_open) {
    return end.reason == "connection_reset" || end.reason == "connection_closed" ||
                   end.reason == "ping_timeout"
               ? std::optional(std::int32_t{WAX_PROXY_DROPPED})
               : std::nullopt;
  }
  if (!end.at_proxy) {
    return std::nullopt;
  }
  return end.reason == "proxy_authentication" ? WAX_PROXY_AUTH_FAILED
         : end.reason == "proxy_refused"      ? WAX_PROXY_BLOCKED
                                              : WAX_PROXY_CONNECT_FAILED;
}

}  // namespace

net::Headers copy_headers(const wax_header* headers, std::uint32_t count) {
  net::Headers copies;
  for (std::uint32_t i = 0; headers != nullptr && i < count; ++i) {
    copies.emplace_back(view(headers[i].name), view(headers[i].value));
  }
  return copies;
}

wax_net_end end_to_abi(const net::End& end) noexcept {
  wax_net_end raw{};
  raw.struct_size = sizeof raw;
  raw.status = static_cast<wax_status>(end.code);
  raw.close_code = end.close_code;
  raw.http_code = end.http_code;
  raw.reason = to_abi(end.reason);
  raw.text = to_abi(end.text);
  return raw;
}

Result<net::Route> route_of(const Lease& lease) {
  WAX_TRY(net::Route route, net::parse_route(lease.url));
  route.username = lease.username;
  route.password = lease.password;
  route.lease = lease.id;
  return route;
}

// One WebSocket, from before its lease to its last callback.
class EngineNet::Connection final : public net::WebSocketHandler,
                                    public std::enable_shared_from_this<Connection> {
 public:
  Connection(EngineNet& net, std::uint64_t id, const wax_ws_events& events, void* user)
      : net_(net), id_(id), events_(events), user_(user) {}
  ~Connection() override {
    if (socket_) {
      socket_->abandon();
    }
  }

  void begin(net::WebSocket::Options options, bool no_proxy) {
    began_ = loop().clock().monotonic();
    // A proxy module that does not answer is the connection's fault, too.
    lease_timer_ = loop().start_timer(options.connect_timeout, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) {
        self->lease_timer_ = 0;
        self->on_closed({Code::Timeout, "no_proxy", "the proxy module did not answer in time"});
      }
    });
    net_.resolve(
        "websocket", no_proxy,
        [weak = weak_from_this(), options = std::move(options)](Result<net::Route> route) mutable {
          const auto self = weak.lock();
          if (!self || self->over_) {
            return;
          }
          if (route.has_value()) {
            self->connect(std::move(options), std::move(*route));
          } else {
            self->on_closed(net::End::failed("no_proxy", route.error().message()));
          }
        });
  }

  // Ends it with that, without a word to the far end's handler; the engine hears it from the queue.
  void end_soon(net::End end) {
    if (over_) {
      return;
    }
    over_ = true;
    loop().cancel_timer(std::exchange(lease_timer_, 0));
    if (socket_) {
      socket_->abandon();
    }
    session().enqueue([self = shared_from_this(), end = std::move(end)] { self->tell_end(end); });
  }

  void close(std::int32_t code, std::string_view reason) {
    if (socket_) {
      socket_->close(static_cast<std::uint16_t>(code), reason);
    } else {
      end_soon({Code::Ok, "", "it was closed before it was open", net::ws_close::kAbnormal});
    }
  }
  [[nodiscard]] net::WebSocket* socket() noexcept { return socket_.get(); }
  [[nodiscard]] bool is_proxied() const noexcept { return proxied_; }

  void on_opened(const net::Headers& headers) override {
    was_open_ = true;
    if (proxied_) {
      net_.report(lease_, {}, true, loop().clock().monotonic() - began_);
    }
    std::vector<wax_header> raw;
    raw.reserve(headers.size());
    for (const auto& [name, value] : headers) {
      raw.push_back({to_abi(name), to_abi(value)});
    }
    if (events_.opened != nullptr) {
      session().enter(
          [&] { events_.opened(user_, raw.data(), static_cast<std::uint32_t>(raw.size())); });
    }
  }
  void on_message(std::string_view data, bool is_text) override {
    if (events_.message != nullptr) {
      session().enter([&] { events_.message(user_, bytes_to_abi(data), is_text ? 1 : 0); });
    }
  }
  void on_writable() override {
    if (events_.writable != nullptr) {
      session().enter([&] { events_.writable(user_); });
    }
  }
  void on_closed(const net::End& end) override {
    if (over_) {
      return;
    }
    over_ = true;
    loop().cancel_timer(std::exchange(lease_timer_, 0));
    if (proxied_ && !end.is_ok()) {
      net_.report(lease_, end, was_open_, loop().clock().monotonic() - began_);
    }
    tell_end(end);
  }

 private:
  [[nodiscard]] EngineSession& session() noexcept { return net_.session_; }
  [[nodiscard]] runtime::Loop& loop() noexcept { return net_.session_.loop_; }

  void connect(net::WebSocket::Options options, net::Route route) {
    loop().cancel_timer(std::exchange(lease_timer_, 0));
    proxied_ = route.kind != net::Route::Kind::Direct;
    lease_ = route.lease;
    options.dial.route = std::move(route);
    options.dial.sessions = net_.tls_sessions_;
    const Millis spent = loop().clock().monotonic() - began_;
    options.connect_timeout = std::max(options.connect_timeout - spent, Millis(1));
    socket_ = net::WebSocket::open(net_.network_, loop(), std::move(options), *this);
    if (paused_) {
      socket_->pause(true);
    }
  }

  void tell_end(const net::End& end) {
    const auto self = shared_from_this();
    net_.connections_.erase(id_);
    const wax_net_end raw = end_to_abi(end);
    if (events_.closed != nullptr) {
      session().enter([&] { events_.closed(user_, &raw); });
    }
  }

  friend class EngineNet;

  EngineNet& net_;
  const std::uint64_t id_;
  const wax_ws_events events_;
  void* const user_;
  std::shared_ptr<net::WebSocket> socket_;
  runtime::Loop::TimerId lease_timer_ = 0;
  std::uint64_t lease_ = 0;
  Millis began_{0};
  bool proxied_ = false;
  bool was_open_ = false;
  bool paused_ = false;
  bool over_ = false;
};

EngineNet::EngineNet(EngineSession& session, net::Network& network)
    : session_(session), network_(network), tls_sessions_(std::make_shared<net::TlsSessions>()) {}

EngineNet::~EngineNet() = default;

EngineNet::Connection* EngineNet::find(std::uint64_t id) {
  const auto it = connections_.find(id);
  return it == connections_.end() || it->second->over_ ? nullptr : it->second.get();
}

std::uint64_t EngineNet::open(const wax_ws_options& options, const wax_ws_events& events,
                              void* user) {
  const std::uint64_t id = next_id();
  const auto connection = std::make_shared<Connection>(*this, id, events, user);
  connections_.emplace(id, connection);
  if (session_.closing_) {
    connection->end_soon(net::End::cancelled());
    return id;
  }
  net::WebSocket::Options to;
  auto target = net::parse_url(view(options.url));
  to.headers = copy_headers(options.headers, options.headers_count);
  if (!target.has_value()) {
    connection->end_soon(net::End::invalid(target.error().message()));
    return id;
  }
  if (!net::are_sendable_headers(to.headers)) {
    connection->end_soon(net::End::invalid("a header has a name or a value that cannot be sent"));
    return id;
  }
  to.dial.target = std::move(*target);
  to.dial.ca_pem = view(options.ca_pem);
  to.connect_timeout =
      options.connect_timeout_ms != 0 ? Millis(options.connect_timeout_ms) : kConnectTimeout;
  to.max_message_bytes =
      options.max_message_bytes != 0 ? options.max_message_bytes : kMaxMessageBytes;
  to.ping_interval = Millis(options.ping_interval_ms);
  connection->begin(std::move(to), (options.flags & WAX_NET_NO_PROXY) != 0);
  return id;
}

Status EngineNet::send(std::uint64_t id, std::string_view data, bool is_text) {
  Connection* const connection = find(id);
  return connection != nullptr && connection->socket() != nullptr
             ? connection->socket()->send(data, is_text)
             : Status(Code::State, "the WebSocket is not open");
}

void EngineNet::pause(std::uint64_t id, bool paused) {
  if (Connection* const connection = find(id)) {
    connection->paused_ = paused;
    if (connection->socket() != nullptr) {
      connection->socket()->pause(paused);
    }
  }
}

void EngineNet::close(std::uint64_t id, std::int32_t code, std::string_view reason) {
  if (Connection* const connection = find(id)) {
    connection->close(code, reason);
  }
}

EngineHttp& EngineNet::http() {
  if (!http_) {
    http_ = std::make_unique<EngineHttp>(*this, session_, network_);
  }
  return *http_;
}

void EngineNet::resolve(std::string purpose, bool no_proxy,
                        UniqueFunction<void(Result<net::Route>)> found) {
  session_.enqueue([session = &session_, no_proxy, purpose = std::move(purpose),
                    found = std::move(found)]() mutable {
    if (session->closing_) {
      return;
    }
    if (no_proxy) {
      found(net::Route{});
      return;
    }
    session->sink_->on_resolve_proxy(
        std::move(purpose), [found = std::move(found)](Result<Lease> lease) {
          found(std::move(lease).and_then([](Lease&& held) { return route_of(held); }));
        });
  });
}

void EngineNet::report(std::uint64_t lease, const net::End& end, bool was_open, Millis latency) {
  const auto outcome = outcome_of(end, was_open);
  if (outcome && !session_.closing_) {
    session_.sink_->on_report_proxy(lease, *outcome, static_cast<std::uint32_t>(latency.count()));
  }
}

void EngineNet::end() {
  if (http_) {
    http_->end();
  }
  const auto connections = connections_;  // each is erased when the engine has heard of it
  for (const auto& [id, connection] : connections) {
    connection->end_soon(net::End::cancelled());
  }
}

void EngineNet::drop_proxied() {
  const auto connections = connections_;
  for (const auto& [id, connection] : connections) {
    if (connection->is_proxied()) {
      connection->end_soon({Code::Unavailable, "proxy_changed", "the session's proxy was changed",
                            net::ws_close::kAbnormal});
    }
  }
}

}  // namespace waxwing::plugin_host
