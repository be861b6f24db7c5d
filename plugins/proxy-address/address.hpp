// SPDX-License-Identifier: Apache-2.0
// The address of a proxy as people write it, for every proxy module.
#pragma once

#include <string>
#include <string_view>

namespace proxy_address {

// The parts of "[scheme://][user:password@]host[:port]". The scheme is http when there is none;
// http, https, socks5 and socks5h are known. Throws Error(WAX_E_INVALID), naming `field` and never
// showing the text, which may hold a password.
struct Server {
  std::string url;  // without credentials
  std::string username;
  std::string password;
};
[[nodiscard]] Server parse_server(std::string_view text, const std::string& field);

}  // namespace proxy_address
