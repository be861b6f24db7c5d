// SPDX-License-Identifier: Apache-2.0
// What one client, and all clients together, may take from the server.
#pragma once

#include <chrono>
#include <cstddef>

namespace waxwing::http {

inline constexpr std::size_t kKiB = 1024;
inline constexpr std::size_t kMiB = 1024 * kKiB;

struct Limits {
  // Open connections; one more gets a 503. Lowered at start when the process may not open that many
  // descriptors.
  std::size_t connections = 10'000;
  // Requests handed to a handler and not answered yet; one more gets a 503.
  std::size_t requests_in_flight = 8'192;
  // Octets of request bodies held at one time, over all connections; more gets a 503.
  std::size_t body_bytes_in_flight = 256 * kMiB;
  // Request line and header fields together; more gets a 431. Bodies are limited by route.
  std::size_t header_bytes = 16 * kKiB;

  using Duration = std::chrono::milliseconds;
  // First octet of a request to the end of its header; later: 408.
  Duration header_timeout{10'000};
  // End of the header to the end of the body; what `min_rate` earns is added. Later: 408.
  Duration body_timeout{60'000};
  // Between requests; then the connection is closed without a word.
  Duration idle_timeout{75'000};
  // Without the client taking one octet of an answer; then the connection is closed.
  Duration write_timeout{30'000};
  // A handler's time to answer; later: 504. The routes with a deadline of their own are faster.
  Duration answer_timeout{180'000};
  // After a last answer, while the client may still be sending or reading.
  Duration linger_timeout{2'000};
  // A body or an answer may take its timeout plus size / min_rate, however lively it trickles.
  std::size_t min_rate_bytes_per_s = 4 * kKiB;

  [[nodiscard]] Duration earned_time(std::size_t bytes) const noexcept {
    return Duration(static_cast<Duration::rep>(bytes * 1000 / min_rate_bytes_per_s));
  }
};

}  // namespace waxwing::http
