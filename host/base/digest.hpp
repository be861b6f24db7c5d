// SPDX-License-Identifier: Apache-2.0
// Hashes and comparison of secrets, over OpenSSL.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace waxwing {

// Lower-case hex. [any-thread]
[[nodiscard]] std::string sha256_hex(std::string_view data);
[[nodiscard]] std::string sha512_hex(std::string_view data);
// Lower-case hex.
[[nodiscard]] std::string hmac_sha512_hex(std::string_view key, std::string_view data);
// Time depends on the lengths only.
[[nodiscard]] bool equal_constant_time(std::string_view a, std::string_view b) noexcept;
// Not for secrets: spreads names over shards and lanes, the same in every process.
[[nodiscard]] constexpr std::uint64_t fnv1a64(std::string_view data) noexcept {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : data) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  }
  return hash;
}
[[nodiscard]] std::string base64_encode(std::string_view data);

}  // namespace waxwing
