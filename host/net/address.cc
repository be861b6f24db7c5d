// SPDX-License-Identifier: Apache-2.0
// IANA's special-purpose address registries.
#include "net/address.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <netinet/in.h>

namespace waxwing::net {
namespace {

struct Range4 {
  std::uint32_t base;
  int bits;
};

constexpr Range4 kSpecial4[] = {
    {0x00000000, 8},   // this network
    {0x0A000000, 8},   // private
    {0x64400000, 10},  // shared, carrier-grade NAT
    {0x7F000000, 8},   // loopback
    {0xA9FE0000, 16},  // link-local
    {0xAC100000, 12},  // private
    {0xC0000000, 24},  // protocol assignments
    {0xC0000200, 24},  // documentation
    {0xC0586300, 24},  // 6to4 relays
    {0xC0A80000, 16},  // private
    {0xC6120000, 15},  // benchmarks
    {0xC6336400, 24},  // documentation
    {0xCB007100, 24},  // documentation
    {0xE0000000, 4},   // multicast
    {0xF0000000, 4},   // reserved, broadcast
};

bool is_public4(std::uint32_t address) noexcept {
  return std::none_of(std::begin(kSpecial4), std::end(kSpecial4), [&](const Range4& range) {
    const std::uint32_t mask = ~std::uint32_t{0} << (32 - range.bits);
    return (address & mask) == range.base;
  });
}

std::uint32_t read32(const std::uint8_t* at) noexcept {
  return static_cast<std::uint32_t>(at[0]) << 24 | static_cast<std::uint32_t>(at[1]) << 16 |
         static_cast<std::uint32_t>(at[2]) << 8 | at[3];
}

bool is_public6(const std::array<std::uint8_t, 16>& a) noexcept {
  const auto starts = [&](std::initializer_list<std::uint8_t> prefix) {
    return std::equal(prefix.begin(), prefix.end(), a.begin());
  };
  if (starts({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}) ||
      starts({0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0})) {
    return is_public4(read32(&a[12]));  // mapped, or for a translator
  }
  if (starts({0x20, 0x02})) {
    return is_public4(read32(&a[2]));  // 6to4
  }
  // Of the rest only global unicast (2000::/3), without protocol assignments and documentation.
  return (a[0] & 0xe0) == 0x20 && !starts({0x20, 0x01, 0x00}) && !starts({0x20, 0x01, 0x01}) &&
         !starts({0x20, 0x01, 0x0d, 0xb8}) && !starts({0x3f, 0xff});
}

}  // namespace

bool is_public_address(const sockaddr& address) noexcept {
  if (address.sa_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &address, sizeof in);
    return is_public4(ntohl(in.sin_addr.s_addr));
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 in{};
    std::memcpy(&in, &address, sizeof in);
    std::array<std::uint8_t, 16> octets{};
    std::memcpy(octets.data(), &in.sin6_addr, octets.size());
    return is_public6(octets);
  }
  return false;
}

}  // namespace waxwing::net
