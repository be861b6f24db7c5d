// SPDX-License-Identifier: Apache-2.0
// Arithmetic modulo 2^255-19, as much of it as the maps between the two forms of the curve need.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "multidevice/base/bytes.hpp"

namespace waxwing::multidevice {

// An element in five limbs of 51 bits, each below 2^52 or so. All operations take the same time
// whatever the values are.
class Field25519 {
 public:
  Field25519() noexcept = default;
  [[nodiscard]] static Field25519 one() noexcept;
  // 32 octets, little-endian; the highest bit is ignored.
  [[nodiscard]] static Field25519 from_octets(std::span<const std::uint8_t, 32> octets) noexcept;
  [[nodiscard]] std::array<std::uint8_t, 32> to_octets() const noexcept;

  friend Field25519 operator+(const Field25519& a, const Field25519& b) noexcept;
  friend Field25519 operator-(const Field25519& a, const Field25519& b) noexcept;
  friend Field25519 operator*(const Field25519& a, const Field25519& b) noexcept;
  // 0 for 0.
  [[nodiscard]] Field25519 inverse() const noexcept;
  [[nodiscard]] bool is_zero() const noexcept;

 private:
  [[nodiscard]] Field25519 carried() const noexcept;
  [[nodiscard]] Field25519 squared(int times) const noexcept;

  std::array<std::uint64_t, 5> limbs_{};
};

}  // namespace waxwing::multidevice
