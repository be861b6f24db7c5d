// SPDX-License-Identifier: Apache-2.0
// What kind of network an address belongs to.
#pragma once

#include <sys/socket.h>

namespace waxwing::net {

// May a server that guards against server-side request forgery connect there? False for loopback,
// private, link-local, shared, multicast, documentation and reserved addresses (IANA's
// special-purpose registries for IPv4 and IPv6), also where an IPv6 address carries such an IPv4
// one, and for what is no internet address at all. [any-thread]
[[nodiscard]] bool is_public_address(const sockaddr& address) noexcept;

}  // namespace waxwing::net
