// SPDX-License-Identifier: Apache-2.0
// What waits for one webhook of one session: chains of events, each in order, side by side.
//
// Memory holds a window onto the stored rows; what does not fit stays in the store, is only counted
// (the tail) and is read when there is room.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "event/event.hpp"
#include "webhook/row.hpp"

namespace waxwing::webhook {

struct Item {
  RowKey key;
  event::EventPtr event;
  std::vector<Slot> slots;    // all that the row is for, if it is for several
  bool stored = true;         // false: only in memory, may be dropped
  std::int64_t since_ms = 0;  // unix time at which it began to wait
  std::uint32_t attempts = 0;
  std::int64_t not_before_ms = 0;  // unix time
};

// A plain data structure. [loop]
class Queue {
 public:
  // What happens to the first event of a chain.
  enum class Phase : std::uint8_t { Idle, Listed, Waiting, UnderWay };
  struct Chain {
    std::deque<Item> items;
    Phase phase = Phase::Idle;
    std::uint64_t timer = 0;  // while Waiting
  };

  // In memory, but always one event, however long.
  explicit Queue(std::size_t window = 500, std::size_t window_bytes = 4 << 20) noexcept
      : most_(window), most_bytes_(window_bytes) {}

  // Behind everything that waits, into the window if it has room: then true. Else the row stays in
  // the store and is counted. An item that is not stored must not come to a full window.
  [[nodiscard]] bool push(Item item);
  // A row of the tail comes into the window.
  void push_from_tail(Item item);
  // Has its row been in the window already? (A reading of the tail may be quicker than push().)
  [[nodiscard]] bool knows(const RowKey& key) const noexcept { return key <= window_end_; }
  [[nodiscard]] Chain* find(const std::string& order_key);
  // The chain's first item goes; its chain too when it was the last.
  Item pop(const std::string& order_key);
  // Of a chain whose items were taken one by one; nothing when it has some.
  void forget_if_empty(const std::string& order_key);
  // The oldest item that is not under way, out of its chain; none when all are.
  [[nodiscard]] std::optional<Item> pop_oldest();

  template <class F>
  void for_each_chain(F&& f) {
    for (auto& [key, chain] : chains_) {
      f(key, chain);
    }
  }

  [[nodiscard]] std::size_t size() const noexcept { return window_ + tail_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  [[nodiscard]] std::size_t in_window() const noexcept { return window_; }
  // Rows may lie in the store behind the window.
  [[nodiscard]] bool has_tail() const noexcept { return has_tail_; }
  [[nodiscard]] bool has_room() const noexcept {
    return !has_tail_ && (window_ == 0 || (window_ < most_ && window_bytes() < most_bytes_));
  }
  // Half of the window's room is free for rows of the tail.
  [[nodiscard]] bool wants_tail() const noexcept {
    return has_tail_ &&
           (window_ == 0 || (window_ <= most_ / 2 && window_bytes() <= most_bytes_ / 2));
  }
  // Changes with each row that joins the tail.
  [[nodiscard]] std::uint64_t tail_generation() const noexcept { return tail_generation_; }
  // The last row that came into the window: the tail begins behind it.
  [[nodiscard]] const RowKey& window_end() const noexcept { return window_end_; }
  // A row behind the window is none of this queue's.
  void skip(const RowKey& key) noexcept { window_end_ = std::max(window_end_, key); }
  // The store has no more rows behind the window.
  void end_tail() noexcept;
  // Unix time since which the oldest in the window waits; 0 when it is empty.
  [[nodiscard]] std::int64_t oldest_ms() const;
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }

  // What the API shows.
  std::uint64_t delivered = 0;
  std::uint64_t dropped = 0;
  std::int64_t last_success_ms = 0;  // unix time
  std::int64_t last_error_ms = 0;
  std::string last_error;
  std::size_t counted = 0;  // in the server's total

 private:
  void put(Item item);
  [[nodiscard]] std::size_t window_bytes() const noexcept {
    return bytes_ - std::min(bytes_, tail_bytes_);
  }

  std::size_t most_;
  std::size_t most_bytes_;
  std::unordered_map<std::string, Chain> chains_;  // by order key
  std::size_t window_ = 0;
  std::size_t tail_ = 0;
  std::size_t bytes_ = 0;  // of window and tail
  std::size_t tail_bytes_ = 0;
  bool has_tail_ = false;
  std::uint64_t tail_generation_ = 0;
  RowKey window_end_;
};

}  // namespace waxwing::webhook
