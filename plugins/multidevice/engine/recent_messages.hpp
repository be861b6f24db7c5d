// SPDX-License-Identifier: Apache-2.0
// RecentMessages: the last messages of a session, for quotes, forwards, reactions and receipts.
#pragma once

#include <cstddef>
#include <deque>
#include <string_view>
#include <utility>

#include "multidevice/message/types.hpp"

namespace waxwing::multidevice {

// Bounded in number and octets; in memory only. What is not here any more is quoted without its
// content and cannot be forwarded.
class RecentMessages {
 public:
  struct Item {
    MessageInfo info;
    Bytes message;  // serialised waE2E.Message
    bool read = false;
    SendResult::State state = SendResult::State::Accepted;  // of one of ours
  };
  static constexpr std::size_t kMaxItems = 64;
  static constexpr std::size_t kMaxBytes = std::size_t{64} << 10U;

  void add(MessageInfo info, Bytes message) {
    bytes_ += message.size();
    items_.push_back({std::move(info), std::move(message)});
    while (items_.size() > kMaxItems || (bytes_ > kMaxBytes && items_.size() > 1)) {
      bytes_ -= items_.front().message.size();
      items_.pop_front();
    }
  }
  // The latest of that id; in memory until the next add().
  [[nodiscard]] Item* find(std::string_view id) {
    for (auto it = items_.rbegin(); it != items_.rend(); ++it) {
      if (it->info.id == id) {
        return &*it;
      }
    }
    return nullptr;
  }
  [[nodiscard]] std::deque<Item>& items() noexcept { return items_; }

 private:
  std::deque<Item> items_;
  std::size_t bytes_ = 0;
};

}  // namespace waxwing::multidevice
