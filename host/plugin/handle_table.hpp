// SPDX-License-Identifier: Apache-2.0
// Handles that plugins hold: slot number plus generation, never a pointer.
#pragma once

#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

namespace waxwing::plugin_host {

// A late call with the handle of an object that is gone finds nothing, instead of freed memory.
// T is a shared_ptr-like value; an empty T is "nothing". [any-thread]
template <class T>
class HandleTable {
 public:
  static constexpr unsigned kSlotBits = 24;
  static constexpr std::uint64_t kSlotMask = (std::uint64_t{1} << kSlotBits) - 1;

  // Never zero.
  [[nodiscard]] std::uint64_t insert(T value) {
    const std::lock_guard lock(mutex_);
    std::uint64_t slot = 0;
    if (free_.empty()) {
      slot = entries_.size();
      entries_.emplace_back();
    } else {
      slot = free_.back();
      free_.pop_back();
    }
    entries_[slot].value = std::move(value);
    return ++entries_[slot].generation << kSlotBits | slot;
  }
  [[nodiscard]] T get(std::uint64_t handle) const {
    const std::lock_guard lock(mutex_);
    const std::uint64_t slot = handle & kSlotMask;
    return slot < entries_.size() && entries_[slot].generation == handle >> kSlotBits
               ? entries_[slot].value
               : T{};
  }
  // Whoever holds the slot now, for handles that are checked in another way.
  [[nodiscard]] T at_slot(std::uint64_t slot) const {
    const std::lock_guard lock(mutex_);
    return slot < entries_.size() ? entries_[slot].value : T{};
  }
  T erase(std::uint64_t handle) {
    const std::lock_guard lock(mutex_);
    const std::uint64_t slot = handle & kSlotMask;
    if (slot >= entries_.size() || entries_[slot].generation != handle >> kSlotBits) {
      return T{};
    }
    ++entries_[slot].generation;
    free_.push_back(slot);
    return std::exchange(entries_[slot].value, T{});
  }

 private:
  struct Entry {
    T value{};
    std::uint64_t generation = 0;
  };
  mutable std::mutex mutex_;  // guards both
  std::vector<Entry> entries_;
  std::vector<std::uint64_t> free_;
};

}  // namespace waxwing::plugin_host
