// SPDX-License-Identifier: Apache-2.0
// Asking a proxy to connect through, as octets: HTTP CONNECT and SOCKS5.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "net/end.hpp"
#include "net/url.hpp"

namespace waxwing::net {

// One conversation with a proxy, over as many connections as it asks for. One thread at a time.
class Tunnel {
 public:
  enum class Step {
    Read,       // more octets are needed
    Done,       // what follows is the target's
    Failed,     // end() says why
    Reconnect,  // open another connection to the proxy, then begin()
  };

  virtual ~Tunnel() = default;
  // On a fresh connection: appends to `out` what is to be sent first.
  virtual void begin(std::string& out) = 0;
  // Takes octets from the front of `input`, appends what is to be sent to `out`.
  [[nodiscard]] virtual Step feed(std::string_view& input, std::string& out) = 0;
  // The proxy closed the connection instead of answering.
  [[nodiscard]] virtual Step on_closed();
  [[nodiscard]] const End& end() const noexcept { return end_; }
  // The proxy takes a password in clear; the next tunnel may send it at once.
  [[nodiscard]] bool learnt_basic() const noexcept { return learnt_basic_; }

 protected:
  Step fail(End end);

  End end_;
  bool learnt_basic_ = false;
};

// HTTP CONNECT. Credentials are given when they are asked for: to a digest proxy the password never
// goes in clear. `basic_at_once`: it is known that this proxy wants it so.
[[nodiscard]] std::unique_ptr<Tunnel> make_http_tunnel(const Route& route, const Target& target,
                                                       bool basic_at_once);
// RFC 1928 and 1929. A name is resolved by the proxy.
[[nodiscard]] std::unique_ptr<Tunnel> make_socks5_tunnel(const Route& route, const Target& target);

}  // namespace waxwing::net
