// SPDX-License-Identifier: Apache-2.0
// Random bytes and ULIDs.
#include "base/ids.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <mutex>
#include <sys/random.h>

#include "base/check.hpp"

namespace waxwing {

void random_bytes(std::span<std::uint8_t> out) {
  while (!out.empty()) {
    const ssize_t n = ::getrandom(out.data(), out.size(), 0);
    WAX_CHECK(n > 0 || errno == EINTR);
    if (n > 0) {
      out = out.subspan(static_cast<std::size_t>(n));
    }
  }
}

std::string random_hex(std::size_t bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string raw(bytes, '\0');
  random_bytes({reinterpret_cast<std::uint8_t*>(raw.data()), raw.size()});
  std::string out;
  out.reserve(bytes * 2);
  for (const char c : raw) {
    const auto u = static_cast<unsigned char>(c);
    out += kDigits[u >> 4U];
    out += kDigits[u & 0xFU];
  }
  return out;
}

std::string ulid(std::int64_t unix_ms) {
  static std::mutex mutex;
  static std::int64_t last_ms = -1;
  static std::array<std::uint8_t, 16> bytes{};
  constexpr std::size_t kRandom = 10;  // octets of each
  // One call of the system brings those of many.
  static std::array<std::uint8_t, 32 * kRandom> random{};
  static std::size_t used = random.size();

  std::array<std::uint8_t, 16> id{};
  {
    const std::lock_guard lock(mutex);
    if (unix_ms > last_ms) {
      last_ms = unix_ms;
      for (std::size_t i = 0; i < 6; ++i) {
        bytes[i] = static_cast<std::uint8_t>(unix_ms >> (8 * (5 - i)));
      }
      if (used == random.size()) {
        random_bytes(random);
        used = 0;
      }
      std::copy_n(random.begin() + static_cast<std::ptrdiff_t>(used), kRandom, bytes.begin() + 6);
      used += kRandom;
      bytes[6] &= 0x7FU;  // room for increments within this millisecond
    } else {
      for (std::size_t i = bytes.size(); i-- > 0 && ++bytes[i] == 0;) {
      }
    }
    id = bytes;
  }
  // 128 bits as 26 groups of five from the last to the first, which has three.
  static constexpr char kAlphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";
  std::string out(26, '0');
  std::size_t next = id.size();
  unsigned bits = 0;
  int count = 0;
  for (std::size_t i = out.size(); i-- > 0;) {
    if (count < 5 && next > 0) {
      bits |= unsigned{id[--next]} << count;
      count += 8;
    }
    out[i] = kAlphabet[bits & 31U];
    bits >>= 5U;
    count -= 5;
  }
  return out;
}

}  // namespace waxwing
