// SPDX-License-Identifier: Apache-2.0
// How many events of one engine may be under way to the disk.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace waxwing::plugin_host {

// Counts what an engine has emitted and what is not yet durable. An engine that was refused is
// owed a word once half of the budget is free again. [any-thread]
class EventBudget {
 public:
  EventBudget(std::uint32_t max_events, std::uint64_t max_bytes) noexcept
      : max_events_(max_events), max_bytes_(max_bytes) {}

  // False, and nothing taken, when they do not fit. What is larger than the whole budget passes
  // when nothing else is under way, or it never would.
  [[nodiscard]] bool take(std::size_t count, std::size_t bytes) noexcept {
    const auto events = events_.fetch_add(static_cast<std::uint32_t>(count)) + count;
    const auto total = bytes_.fetch_add(bytes) + bytes;
    if ((events <= max_events_ && total <= max_bytes_) || events == count) {
      return true;
    }
    events_.fetch_sub(static_cast<std::uint32_t>(count));
    bytes_.fetch_sub(bytes);
    refused_ = true;
    return false;
  }

  // True when at least half of the budget is free now.
  [[nodiscard]] bool give_back(std::size_t count, std::size_t bytes) noexcept {
    const auto left = events_.fetch_sub(static_cast<std::uint32_t>(count)) - count;
    const auto left_bytes = bytes_.fetch_sub(bytes) - bytes;
    return left <= max_events_ / 2 && left_bytes <= max_bytes_ / 2;
  }

  [[nodiscard]] bool empty() const noexcept { return events_ == 0; }
  // Whether the engine was refused since the last time this was asked.
  [[nodiscard]] bool forget_refusal() noexcept { return refused_.exchange(false); }

 private:
  const std::uint32_t max_events_;
  const std::uint64_t max_bytes_;
  std::atomic<std::uint32_t> events_{0};
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<bool> refused_{false};
};

}  // namespace waxwing::plugin_host
