// SPDX-License-Identifier: Apache-2.0
// The calls that an engine has not answered yet.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "plugin/engine_sink.hpp"
#include "runtime/loop.hpp"

namespace waxwing::plugin_host {

struct OpenCall {
  AnswerFn answer;
  runtime::Loop::TimerId deadline = 0;
  std::string what;
};

// Whoever takes a call out answers it, so that each is answered once: the engine's answer, the
// deadline or the end of the session, whichever comes first. [any-thread]
class OpenCalls {
 public:
  void add(std::uint64_t id, OpenCall call);
  // Nullopt when it was taken before.
  [[nodiscard]] std::optional<OpenCall> take(std::uint64_t id);
  // As take(), and remembers for a while that this call ran into its deadline.
  [[nodiscard]] std::optional<OpenCall> expire(std::uint64_t id);
  [[nodiscard]] std::vector<OpenCall> take_all();
  [[nodiscard]] bool contains(std::uint64_t id) const;
  // Whether it is one of the last few that expired.
  [[nodiscard]] bool expired(std::uint64_t id) const;

 private:
  [[nodiscard]] std::optional<OpenCall> take_locked(std::uint64_t id);

  mutable std::mutex mutex_;  // guards all below
  std::unordered_map<std::uint64_t, OpenCall> calls_;
  std::vector<std::uint64_t> expired_;  // the oldest first
};

}  // namespace waxwing::plugin_host
