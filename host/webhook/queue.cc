// SPDX-License-Identifier: Apache-2.0
// Chains of events that wait for one webhook.
#include "webhook/queue.hpp"

#include <algorithm>
#include <utility>

namespace waxwing::webhook {

void Queue::put(Item item) {
  if (item.stored) {
    window_end_ = std::max(window_end_, item.key);
  }
  ++window_;
  std::string order_key = item.event->order_key;
  chains_[std::move(order_key)].items.push_back(std::move(item));
}

bool Queue::push(Item item) {
  const std::size_t bytes = item.event->size_bytes();
  const bool fits = has_room();
  bytes_ += bytes;
  if (!fits) {
    has_tail_ = true;
    ++tail_generation_;
    ++tail_;
    tail_bytes_ += bytes;
    return false;
  }
  put(std::move(item));
  return true;
}

void Queue::push_from_tail(Item item) {
  const std::size_t bytes = item.event->size_bytes();
  if (tail_ > 0) {
    --tail_;
    tail_bytes_ -= std::min(tail_bytes_, bytes);
  } else {
    bytes_ += bytes;
  }
  put(std::move(item));
}

Queue::Chain* Queue::find(const std::string& order_key) {
  const auto it = chains_.find(order_key);
  return it == chains_.end() ? nullptr : &it->second;
}

Item Queue::pop(const std::string& order_key) {
  const auto it = chains_.find(order_key);
  Item item = std::move(it->second.items.front());
  it->second.items.pop_front();
  if (it->second.items.empty()) {
    chains_.erase(it);
  }
  --window_;
  bytes_ -= std::min(bytes_, item.event->size_bytes());
  return item;
}

void Queue::forget_if_empty(const std::string& order_key) {
  const auto it = chains_.find(order_key);
  if (it != chains_.end() && it->second.items.empty()) {
    chains_.erase(it);
  }
}

void Queue::end_tail() noexcept {
  bytes_ -= std::min(bytes_, tail_bytes_);
  tail_ = 0;
  tail_bytes_ = 0;
  has_tail_ = false;
}

std::optional<Item> Queue::pop_oldest() {
  auto oldest = chains_.end();
  std::size_t place = 0;
  for (auto it = chains_.begin(); it != chains_.end(); ++it) {
    const std::size_t first = it->second.phase == Phase::UnderWay ? 1 : 0;
    if (it->second.items.size() > first &&
        (oldest == chains_.end() ||
         it->second.items[first].key < oldest->second.items[place].key)) {
      oldest = it;
      place = first;
    }
  }
  if (oldest == chains_.end()) {
    return std::nullopt;
  }
  auto& items = oldest->second.items;
  Item item = std::move(items[place]);
  items.erase(items.begin() + static_cast<std::ptrdiff_t>(place));
  --window_;
  bytes_ -= std::min(bytes_, item.event->size_bytes());
  return item;
}

std::int64_t Queue::oldest_ms() const {
  std::int64_t oldest = 0;
  for (const auto& [key, chain] : chains_) {
    const std::int64_t at = chain.items.empty() ? 0 : chain.items.front().since_ms;
    if (at != 0 && (oldest == 0 || at < oldest)) {
      oldest = at;
    }
  }
  return oldest;
}

}  // namespace waxwing::webhook
