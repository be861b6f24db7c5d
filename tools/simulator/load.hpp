// SPDX-License-Identifier: Apache-2.0
// Load: phones that write at a pace, for measurements.
#pragma once

#include <chrono>
#include <cstdint>
#include <utility>
#include <vector>

#include "world.hpp"

namespace waxwing::simulator {

class Server;

// What is to be written: the phones take turns, each pair once in a round.
struct LoadPlan {
  std::vector<std::pair<Account*, md::Jid>> pairs;  // Who writes to whom.
  std::uint64_t count = 0;                          // Messages in all.
  double per_s = 0;                                 // Pace; 0 for as fast as they are confirmed.
  std::uint64_t window = 256;                       // Most that are unconfirmed; 0 for no limit.
  std::size_t size = 100;                           // Characters of each text.
};

// Every text begins with the time at which it was due, in µs of Unix time and 16 digits, so that
// whoever reads it knows how long it took, the wait for a busy writer included.
class Load {
 public:
  explicit Load(Server& server) : server_(server) {}
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  // In place of the one before.
  void start(LoadPlan plan);

  [[nodiscard]] std::uint64_t written() const noexcept { return written_; }
  [[nodiscard]] std::uint64_t refused() const noexcept { return refused_; }
  [[nodiscard]] std::uint64_t confirmed() const noexcept;
  [[nodiscard]] std::uint64_t planned() const noexcept { return plan_.count; }

 private:
  using Time = std::chrono::system_clock::time_point;
  void turn(std::uint64_t run);
  void write_one(Time due);

  Server& server_;
  LoadPlan plan_;
  Time began_;
  std::uint64_t run_ = 0;  // A turn of an earlier plan does nothing.
  std::uint64_t written_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t confirmed_before_ = 0;
};

}  // namespace waxwing::simulator
