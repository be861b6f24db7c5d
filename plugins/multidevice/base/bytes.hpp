// SPDX-License-Identifier: Apache-2.0
// Octets: owning and borrowed, numbers in network order, hexadecimal and base64.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace waxwing::multidevice {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;
using MutableBytes = std::span<std::uint8_t>;

// The same octets, seen as the other type; borrowed.
[[nodiscard]] inline ByteView as_bytes(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
[[nodiscard]] inline std::string_view as_text(ByteView octets) noexcept {
  return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

[[nodiscard]] inline Bytes to_bytes(ByteView octets) {
  return {octets.begin(), octets.end()};
}
[[nodiscard]] inline std::string to_string(ByteView octets) {
  return std::string(as_text(octets));
}

inline void append(Bytes& to, ByteView octets) {
  to.insert(to.end(), octets.begin(), octets.end());
}
// All parts in a row.
[[nodiscard]] Bytes concat(std::initializer_list<ByteView> parts);

// Big-endian, the lowest `size` octets of the value; 1 <= size <= 8.
inline void append_be(Bytes& to, std::uint64_t value, std::size_t size) {
  for (std::size_t i = size; i-- > 0;) {
    to.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  }
}
template <std::size_t N>
[[nodiscard]] std::array<std::uint8_t, N> to_be(std::uint64_t value) noexcept {
  static_assert(N >= 1 && N <= 8);
  std::array<std::uint8_t, N> out;
  for (std::size_t i = 0; i < N; ++i) {
    out[i] = static_cast<std::uint8_t>(value >> (8 * (N - 1 - i)));
  }
  return out;
}
// At most 8 octets.
[[nodiscard]] inline std::uint64_t from_be(ByteView octets) noexcept {
  std::uint64_t value = 0;
  for (const std::uint8_t octet : octets) {
    value = value << 8U | octet;
  }
  return value;
}

// The octets as a fixed array, or nothing when there are not exactly N.
template <std::size_t N>
[[nodiscard]] std::optional<std::array<std::uint8_t, N>> to_array(ByteView octets) noexcept {
  if (octets.size() != N) {
    return std::nullopt;
  }
  std::array<std::uint8_t, N> out;
  std::copy(octets.begin(), octets.end(), out.begin());
  return out;
}

// Reads from the front of borrowed octets. What would run over the end gives nothing and leaves the
// reader where it was.
class Reader {
 public:
  explicit Reader(ByteView octets) noexcept : rest_(octets) {}

  [[nodiscard]] std::size_t remaining() const noexcept { return rest_.size(); }
  [[nodiscard]] bool empty() const noexcept { return rest_.empty(); }
  [[nodiscard]] ByteView rest() const noexcept { return rest_; }

  [[nodiscard]] std::optional<ByteView> take(std::size_t size) noexcept {
    if (size > rest_.size()) {
      return std::nullopt;
    }
    const ByteView front = rest_.first(size);
    rest_ = rest_.subspan(size);
    return front;
  }
  // 1 <= size <= 8 octets in network order.
  [[nodiscard]] std::optional<std::uint64_t> take_be(std::size_t size) noexcept {
    const std::optional<ByteView> front = take(size);
    return front ? std::optional(from_be(*front)) : std::nullopt;
  }
  [[nodiscard]] std::optional<std::uint8_t> take_octet() noexcept {
    const std::optional<ByteView> front = take(1);
    return front ? std::optional((*front)[0]) : std::nullopt;
  }

 private:
  ByteView rest_;
};

// Lower case.
[[nodiscard]] std::string to_hex(ByteView octets);
// Either case; nothing when the text is anything else or of odd length.
[[nodiscard]] std::optional<Bytes> from_hex(std::string_view text);

// RFC 4648: the standard alphabet with padding.
[[nodiscard]] std::string to_base64(ByteView octets);
// Only what to_base64() writes is accepted.
[[nodiscard]] std::optional<Bytes> from_base64(std::string_view text);

}  // namespace waxwing::multidevice
