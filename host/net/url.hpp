// SPDX-License-Identifier: Apache-2.0
// Where a connection goes: the parts of a URL, and of a proxy's address.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace waxwing::net {

struct Target {
  bool tls = false;
  std::string host;  // a name or an address, without brackets
  std::uint16_t port = 0;
  std::string path;  // with the query: "/chat?x=1"

  // "host:port", an IPv6 address in brackets.
  [[nodiscard]] std::string authority() const;
  // As a Host header has it: without the port when it is the scheme's own.
  [[nodiscard]] std::string host_header() const;
};

// ws, wss, http or https. No credentials, no spaces, no control characters; a fragment is cut off.
[[nodiscard]] Result<Target> parse_url(std::string_view url);

struct Route {
  enum class Kind : std::uint8_t { Direct, Http, Socks5 };
  Kind kind = Kind::Direct;
  std::string host;
  std::uint16_t port = 0;
  std::string username;  // secret, as the password; both empty = none
  std::string password;
  std::uint64_t lease = 0;
};

// "http://host[:port]", "socks5://host[:port]" or "socks5h://…"; both kinds of SOCKS let the proxy
// resolve names. Empty = direct. The message never repeats the text, which may hold a password.
[[nodiscard]] Result<Route> parse_route(std::string_view url);

}  // namespace waxwing::net
