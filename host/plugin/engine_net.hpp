// SPDX-License-Identifier: Apache-2.0
// What one engine has open on the network: its WebSockets and HTTP requests, behind its proxy.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include <waxwing/abi/ext/net.h>

#include "base/result.hpp"
#include "net/end.hpp"
#include "net/websocket.hpp"
#include "plugin/engine_session.hpp"

namespace waxwing::plugin_host {

class EngineHttp;

// Leases proxies, reports how they did, and keeps the promises of wax.host.net: callbacks from the
// loop's queue only, the last one exactly once, all of them before the engine is destroyed. [loop]
class EngineNet {
 public:
  EngineNet(EngineSession& session, net::Network& network);
  ~EngineNet();
  EngineNet(const EngineNet&) = delete;
  EngineNet& operator=(const EngineNet&) = delete;

  // Options and events are normalised copies; what they point to is copied.
  [[nodiscard]] std::uint64_t open(const wax_ws_options& options, const wax_ws_events& events,
                                   void* user);
  Status send(std::uint64_t id, std::string_view data, bool is_text);
  void pause(std::uint64_t id, bool paused);
  void close(std::uint64_t id, std::int32_t code, std::string_view reason);

  [[nodiscard]] EngineHttp& http();

  // Leases the session's proxy for that purpose; `found` is called from the queue, unless the
  // session ends before. Direct with `no_proxy`.
  void resolve(std::string purpose, bool no_proxy, UniqueFunction<void(Result<net::Route>)> found);
  // Tells the proxy's module how it went.
  void report(std::uint64_t lease, const net::End& end, bool was_open, Millis latency);

  // Closes everything; the engine hears of it from the queue.
  void end();
  // The session leases another proxy from now on: what goes through the old one is closed.
  void drop_proxied();

 private:
  class Connection;

  [[nodiscard]] Connection* find(std::uint64_t id);

  EngineSession& session_;
  net::Network& network_;
  std::shared_ptr<net::TlsSessions> tls_sessions_;
  std::unordered_map<std::uint64_t, std::shared_ptr<Connection>> connections_;
  std::unique_ptr<EngineHttp> http_;  // made when first used
};

[[nodiscard]] net::Headers copy_headers(const wax_header* headers, std::uint32_t count);
// Borrows from `end`.
[[nodiscard]] wax_net_end end_to_abi(const net::End& end) noexcept;

// The route of a lease; its message never shows credentials.
[[nodiscard]] Result<net::Route> route_of(const Lease& lease);

}  // namespace waxwing::plugin_host
