// SPDX-License-Identifier: Apache-2.0
// Plain counters of the server; whoever owns a metrics registry reads them at scrape time.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace waxwing::http {

// Of one kind of stream. [any-thread]
struct StreamStats {
  using Counter = std::atomic<std::uint64_t>;

  Counter open{0};
  Counter opened{0};
  Counter messages{0};  // taken from feeds to be sent
  Counter too_slow{0};  // clients given up over the limit of their feed
  Counter silent{0};    // clients given up because they sent no pong
};

// Relaxed atomics: each number is right, two read together need not fit. [any-thread]
struct Stats {
  using Counter = std::atomic<std::uint64_t>;

  static constexpr std::array<std::string_view, 8> kMethods = {
      "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other"};
  static constexpr std::size_t kStatusClasses = 6;  // index = status / 100; 0 is not used

  Counter connections_open{0};
  Counter connections_total{0};
  Counter connections_refused{0};  // over the connection limit
  Counter connections_timed_out{0};
  Counter accept_errors{0};
  Counter requests_in_flight{0};  // handed to a handler, not answered yet
  Counter body_bytes{0};          // of requests, held now
  Counter bad_requests{0};        // answered by the parser
  Counter overloads{0};           // answered 503 because of a limit
  Counter cancelled{0};           // client gone before its answer
  StreamStats websockets;
  StreamStats event_streams;
  std::array<std::array<Counter, kStatusClasses>, kMethods.size()> requests{};

  static std::size_t method_index(std::string_view method) noexcept {
    for (std::size_t i = 0; i + 1 < kMethods.size(); ++i) {
      if (kMethods[i] == method) {
        return i;
      }
    }
    return kMethods.size() - 1;
  }
  void count_answer(std::string_view method, int status) noexcept {
    const auto status_class = static_cast<std::size_t>(status / 100);
    if (status_class < kStatusClasses) {
      requests[method_index(method)][status_class].fetch_add(1, std::memory_order_relaxed);
    }
  }
};

}  // namespace waxwing::http
