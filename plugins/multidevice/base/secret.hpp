// SPDX-License-Identifier: Apache-2.0
// Octets that nobody else may see: zeroed when they go, never printed, compared in constant time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "multidevice/base/bytes.hpp"

namespace waxwing::multidevice {

// Zeroes in a way that no optimiser removes.
void zero(MutableBytes octets) noexcept;
// Takes the same time wherever they differ; false at once when the sizes do.
[[nodiscard]] bool equal_secret(ByteView a, ByteView b) noexcept;

// N octets of a key. A copy is as secret as its origin; a moved-from one is zero.
template <std::size_t N>
class Secret {
 public:
  static constexpr std::size_t kSize = N;

  Secret() noexcept = default;
  explicit Secret(const std::array<std::uint8_t, N>& octets) noexcept : octets_(octets) {}
  // Nothing when there are not exactly N octets.
  [[nodiscard]] static std::optional<Secret> from(ByteView octets) noexcept {
    if (octets.size() != N) {
      return std::nullopt;
    }
    Secret secret;
    std::copy(octets.begin(), octets.end(), secret.octets_.begin());
    return secret;
  }
  Secret(const Secret&) noexcept = default;
  Secret& operator=(const Secret&) noexcept = default;
  Secret(Secret&& other) noexcept : octets_(other.octets_) { zero(other.octets_); }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      octets_ = other.octets_;
      zero(other.octets_);
    }
    return *this;
  }
  ~Secret() { zero(octets_); }

  [[nodiscard]] ByteView view() const noexcept { return octets_; }
  [[nodiscard]] MutableBytes writable() noexcept { return octets_; }
  operator ByteView() const noexcept { return octets_; }  // NOLINT(*-explicit-*)
  friend bool operator==(const Secret& a, const Secret& b) noexcept {
    return equal_secret(a.octets_, b.octets_);
  }

 private:
  std::array<std::uint8_t, N> octets_{};
};

// As many octets as it is made with; move-only, so that copies are never made by mistake.
class SecretBytes {
 public:
  SecretBytes() noexcept = default;
  explicit SecretBytes(std::size_t size) : octets_(size) {}
  explicit SecretBytes(ByteView octets) : octets_(octets.begin(), octets.end()) {}
  // Takes the vector's memory over.
  explicit SecretBytes(Bytes&& octets) noexcept : octets_(std::move(octets)) {}
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  SecretBytes(SecretBytes&& other) noexcept : octets_(std::exchange(other.octets_, {})) {}
  SecretBytes& operator=(SecretBytes&& other) noexcept {
    if (this != &other) {
      zero(octets_);
      octets_ = std::exchange(other.octets_, {});
    }
    return *this;
  }
  ~SecretBytes() { zero(octets_); }

  [[nodiscard]] ByteView view() const noexcept { return octets_; }
  [[nodiscard]] MutableBytes writable() noexcept { return octets_; }
  operator ByteView() const noexcept { return octets_; }  // NOLINT(*-explicit-*)
  [[nodiscard]] std::size_t size() const noexcept { return octets_.size(); }
  [[nodiscard]] bool empty() const noexcept { return octets_.empty(); }

 private:
  Bytes octets_;
};

}  // namespace waxwing::multidevice
