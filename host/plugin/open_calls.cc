// SPDX-License-Identifier: Apache-2.0
// A table of calls, and a short memory of those that were given up.
#include "plugin/open_calls.hpp"

#include <algorithm>
#include <utility>

namespace waxwing::plugin_host {
namespace {

constexpr std::size_t kRememberedExpiries = 16;

}  // namespace

void OpenCalls::add(std::uint64_t id, OpenCall call) {
  const std::lock_guard lock(mutex_);
  calls_.emplace(id, std::move(call));
}

std::optional<OpenCall> OpenCalls::take_locked(std::uint64_t id) {
  auto node = calls_.extract(id);
  return node.empty() ? std::nullopt : std::optional(std::move(node.mapped()));
}

std::optional<OpenCall> OpenCalls::take(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  return take_locked(id);
}

std::optional<OpenCall> OpenCalls::expire(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  auto call = take_locked(id);
  if (call.has_value()) {
    if (expired_.size() == kRememberedExpiries) {
      expired_.erase(expired_.begin());
    }
    expired_.push_back(id);
  }
  return call;
}

std::vector<OpenCall> OpenCalls::take_all() {
  std::vector<OpenCall> all;
  const std::lock_guard lock(mutex_);
  all.reserve(calls_.size());
  for (auto& [id, call] : calls_) {
    all.push_back(std::move(call));
  }
  calls_.clear();
  return all;
}

bool OpenCalls::contains(std::uint64_t id) const {
  const std::lock_guard lock(mutex_);
  return calls_.contains(id);
}

bool OpenCalls::expired(std::uint64_t id) const {
  const std::lock_guard lock(mutex_);
  return std::find(expired_.begin(), expired_.end(), id) != expired_.end();
}

}  // namespace waxwing::plugin_host
