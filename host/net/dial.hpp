// SPDX-License-Identifier: Apache-2.0
// From a target to a stream: name, connection, proxy, TLS.
#pragma once

#include <memory>
#include <string>

#include "base/unique_function.hpp"
#include "net/connector.hpp"
#include "net/end.hpp"
#include "net/network.hpp"
#include "net/proxy_tunnel.hpp"
#include "net/stream.hpp"
#include "net/url.hpp"
#include "runtime/loop.hpp"

namespace waxwing::net {

// One attempt. It has no clock: the caller cancels it when its patience ends, and timeout() then
// says what it was waiting for. [loop]
class Dial final : public std::enable_shared_from_this<Dial> {
 public:
  struct Params {
    Target target;
    Route route;
    std::string ca_pem;                     // trusted beside the system's authorities
    std::shared_ptr<TlsSessions> sessions;  // may be null
  };
  // An open stream and no end, or the end.
  using Done = UniqueFunction<void(Stream stream, End end)>;

  // `done` is called once, from the loop's queue, never after cancel().
  static std::shared_ptr<Dial> start(Network& network, runtime::Loop& loop, Params params,
                                     Done done);
  ~Dial();
  Dial(const Dial&) = delete;
  Dial& operator=(const Dial&) = delete;

  void cancel();
  [[nodiscard]] End timeout() const;

 private:
  enum class Phase { Resolving, Connecting, Tunnelling, Handshaking };

  Dial(Network& network, runtime::Loop& loop, Params params, Done done);
  [[nodiscard]] bool via_proxy() const noexcept {
    return params_.route.kind != Route::Kind::Direct;
  }
  void resolve();
  void connect(Addresses addresses);
  void on_connected(int descriptor, int error);
  void on_ready();
  void tunnel();
  [[nodiscard]] bool send_pending();
  void read_tunnel();
  void take_step(Tunnel::Step step);
  void begin_tls();
  void handshake();
  void wait(std::uint32_t interest);
  void finish(End end);

  Network& network_;
  runtime::Loop& loop_;
  Params params_;
  Done done_;
  Phase phase_ = Phase::Resolving;
  Addresses addresses_;  // of the first hop
  std::shared_ptr<Connector> connector_;
  std::unique_ptr<Tunnel> tunnel_;
  std::string to_proxy_;
  Stream stream_;
  runtime::Loop::WatchId watch_ = 0;
};

}  // namespace waxwing::net
