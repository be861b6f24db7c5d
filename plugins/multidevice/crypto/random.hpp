// SPDX-License-Identifier: Apache-2.0
// Random octets of the operating system.
#pragma once

#include <cstddef>
#include <cstdint>

#include "multidevice/base/bytes.hpp"
#include "multidevice/base/secret.hpp"

namespace waxwing::multidevice {

// A system that has none ends the process. [any-thread]
void fill_random(MutableBytes octets) noexcept;
[[nodiscard]] Bytes random_bytes(std::size_t size);
template <std::size_t N>
[[nodiscard]] Secret<N> random_secret() noexcept {
  Secret<N> secret;
  fill_random(secret.writable());
  return secret;
}
// Evenly distributed in [0, bound); bound > 0.
[[nodiscard]] std::uint32_t random_below(std::uint32_t bound) noexcept;

}  // namespace waxwing::multidevice
