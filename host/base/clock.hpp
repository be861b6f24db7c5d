// SPDX-License-Identifier: Apache-2.0
// Time as an interface, so that tests move it by hand.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace waxwing {

using Millis = std::chrono::milliseconds;

class Clock {
 public:
  virtual ~Clock() = default;
  // Monotonic, from an arbitrary start. [any-thread]
  [[nodiscard]] virtual Millis monotonic() const noexcept = 0;
  // Unix time in ms. [any-thread]
  [[nodiscard]] virtual std::int64_t unix_ms() const noexcept = 0;

  static const Clock& system() noexcept;
};

// A clock that stands still until advance(). [any-thread]
class ManualClock final : public Clock {
 public:
  [[nodiscard]] Millis monotonic() const noexcept override { return Millis(now_.load()); }
  [[nodiscard]] std::int64_t unix_ms() const noexcept override { return kEpoch + now_.load(); }
  void advance(Millis by) noexcept { now_ += by.count(); }

 private:
  static constexpr std::int64_t kEpoch = 1'700'000'000'000;  // any round unix time
  std::atomic<std::int64_t> now_{0};
};

}  // namespace waxwing
