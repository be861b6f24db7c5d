// SPDX-License-Identifier: Apache-2.0
// What clients did that the protocol does not allow, counted by rule.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>

namespace waxwing::simulator {

// Tests ask that there are none. Rules have stable dotted names ("prekey.reused"); README.md lists
// them.
class Violations {
 public:
  struct Entry {
    std::string rule;
    std::string detail;
  };
  static constexpr std::size_t kKept = 200;

  void add(std::string_view rule, std::string detail) {
    ++counts_[std::string(rule)];
    ++total_;
    latest_.push_back({std::string(rule), std::move(detail)});
    if (latest_.size() > kKept) {
      latest_.pop_front();
    }
  }
  void clear() { *this = {}; }

  [[nodiscard]] std::uint64_t total() const noexcept { return total_; }
  [[nodiscard]] const std::map<std::string, std::uint64_t>& counts() const noexcept {
    return counts_;
  }
  [[nodiscard]] const std::deque<Entry>& latest() const noexcept { return latest_; }

 private:
  std::uint64_t total_ = 0;
  std::map<std::string, std::uint64_t> counts_;
  std::deque<Entry> latest_;
};

}  // namespace waxwing::simulator
