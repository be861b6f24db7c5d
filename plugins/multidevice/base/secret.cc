// SPDX-License-Identifier: Apache-2.0
// Zeroing and comparing without leaks.
#include "multidevice/base/secret.hpp"

#include <string.h>

namespace waxwing::multidevice {

void zero(MutableBytes octets) noexcept {
  if (!octets.empty()) {
    ::explicit_bzero(octets.data(), octets.size());
  }
}

bool equal_secret(ByteView a, ByteView b) noexcept {
  if (a.size() != b.size()) {
    return false;
  }
  std::uint32_t difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<std::uint32_t>(a[i] ^ b[i]);
  }
  return difference == 0;
}

}  // namespace waxwing::multidevice
