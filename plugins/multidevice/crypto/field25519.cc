// SPDX-License-Identifier: Apache-2.0
// The usual five limbs of 51 bits: products of limbs fit 128 bits, carries wrap around times 19.
#include "multidevice/crypto/field25519.hpp"

namespace waxwing::multidevice {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr std::uint64_t kMask = (std::uint64_t{1} << 51U) - 1;
// 8 times the prime, so that a difference never goes below zero.
constexpr std::uint64_t kPad0 = 8 * (kMask - 18);
constexpr std::uint64_t kPad = 8 * kMask;

Wide wide(std::uint64_t a, std::uint64_t b) noexcept {
  return static_cast<Wide>(a) * b;
}

}  // namespace

Field25519 Field25519::one() noexcept {
  Field25519 out;
  out.limbs_[0] = 1;
  return out;
}

Field25519 Field25519::from_octets(std::span<const std::uint8_t, 32> octets) noexcept {
  const auto word = [&](std::size_t at) {
    std::uint64_t value = 0;
    for (std::size_t i = 8; i-- > 0;) {
      value = value << 8U | octets[at + i];
    }
    return value;
  };
  Field25519 out;
  out.limbs_ = {word(0) & kMask, (word(6) >> 3U) & kMask, (word(12) >> 6U) & kMask,
                (word(19) >> 1U) & kMask, (word(24) >> 12U) & kMask};
  return out;
}

Field25519 Field25519::carried() const noexcept {
  Field25519 out = *this;
  std::uint64_t carry = 0;
  for (std::uint64_t& limb : out.limbs_) {
    limb += carry;
    carry = limb >> 51U;
    limb &= kMask;
  }
  out.limbs_[0] += 19 * carry;
  return out;
}

std::array<std::uint8_t, 32> Field25519::to_octets() const noexcept {
  Field25519 reduced = carried().carried();
  // q is 1 when the value is at least the prime: then adding 19 carries out of bit 255.
  std::uint64_t q = 19;
  for (const std::uint64_t limb : reduced.limbs_) {
    q = (limb + q) >> 51U;
  }
  std::uint64_t carry = 19 * q;
  for (std::uint64_t& limb : reduced.limbs_) {
    limb += carry;
    carry = limb >> 51U;
    limb &= kMask;
  }
  std::array<std::uint8_t, 32> out{};
  for (std::size_t bit = 0; bit < 255; bit += 51) {
    for (std::size_t i = 0; i < 8; ++i) {
      const std::size_t at = bit / 8 + i;
      if (at < 32) {
        const std::size_t shift = bit % 8;
        const std::uint64_t limb = reduced.limbs_[bit / 51];
        const std::uint64_t octet = i == 0 ? limb << shift : limb >> (8 * i - shift);
        out[at] = static_cast<std::uint8_t>(out[at] | octet);
      }
    }
  }
  return out;
}

Field25519 operator+(const Field25519& a, const Field25519& b) noexcept {
  Field25519 out;
  for (std::size_t i = 0; i < 5; ++i) {
    out.limbs_[i] = a.limbs_[i] + b.limbs_[i];
  }
  return out.carried();
}

Field25519 operator-(const Field25519& a, const Field25519& b) noexcept {
  Field25519 out;
  for (std::size_t i = 0; i < 5; ++i) {
    out.limbs_[i] = a.limbs_[i] + (i == 0 ? kPad0 : kPad) - b.limbs_[i];
  }
  return out.carried();
}

Field25519 operator*(const Field25519& x, const Field25519& y) noexcept {
  const auto& a = x.limbs_;
  const auto& b = y.limbs_;
  const std::uint64_t b1 = 19 * b[1];
  const std::uint64_t b2 = 19 * b[2];
  const std::uint64_t b3 = 19 * b[3];
  const std::uint64_t b4 = 19 * b[4];
  std::array<Wide, 5> sums = {
      wide(a[0], b[0]) + wide(a[1], b4) + wide(a[2], b3) + wide(a[3], b2) + wide(a[4], b1),
      wide(a[0], b[1]) + wide(a[1], b[0]) + wide(a[2], b4) + wide(a[3], b3) + wide(a[4], b2),
      wide(a[0], b[2]) + wide(a[1], b[1]) + wide(a[2], b[0]) + wide(a[3], b4) + wide(a[4], b3),
      wide(a[0], b[3]) + wide(a[1], b[2]) + wide(a[2], b[1]) + wide(a[3], b[0]) + wide(a[4], b4),
      wide(a[0], b[4]) + wide(a[1], b[3]) + wide(a[2], b[2]) + wide(a[3], b[1]) + wide(a[4], b[0])};
  Field25519 out;
  Wide carry = 0;
  for (std::size_t i = 0; i < 5; ++i) {
    const Wide sum = sums[i] + carry;
    out.limbs_[i] = static_cast<std::uint64_t>(sum) & kMask;
    carry = sum >> 51U;
  }
  const Wide low = out.limbs_[0] + carry * 19;
  out.limbs_[0] = static_cast<std::uint64_t>(low) & kMask;
  out.limbs_[1] += static_cast<std::uint64_t>(low >> 51U);
  return out;
}

Field25519 Field25519::squared(int times) const noexcept {
  Field25519 out = *this;
  for (int i = 0; i < times; ++i) {
    out = out * out;
  }
  return out;
}

// Fermat: the power of p - 2 = 2^255 - 21. zN is the power of 2^N - 1.
Field25519 Field25519::inverse() const noexcept {
  const Field25519& z = *this;
  const Field25519 z9 = z.squared(1).squared(2) * z;
  const Field25519 z11 = z9 * z.squared(1);
  const Field25519 z5 = z11.squared(1) * z9;
  const Field25519 z10 = z5.squared(5) * z5;
  const Field25519 z20 = z10.squared(10) * z10;
  const Field25519 z40 = z20.squared(20) * z20;
  const Field25519 z50 = z40.squared(10) * z10;
  const Field25519 z100 = z50.squared(50) * z50;
  const Field25519 z200 = z100.squared(100) * z100;
  const Field25519 z250 = z200.squared(50) * z50;
  return z250.squared(5) * z11;
}

bool Field25519::is_zero() const noexcept {
  std::uint32_t any = 0;
  for (const std::uint8_t octet : to_octets()) {
    any |= octet;
  }
  return any == 0;
}

}  // namespace waxwing::multidevice
