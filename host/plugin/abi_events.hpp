// SPDX-License-Identifier: Apache-2.0
// Sessions and events as they come over the border; inside of host/plugin only.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "plugin/engine_session.hpp"
#include "plugin/host_tables.hpp"

namespace waxwing::plugin_host {

// The session of a token, or null, counted as misbehaviour, when it is gone or another module's.
[[nodiscard]] std::shared_ptr<EngineSession> live_session(const wax_host* host, wax_session* token,
                                                          std::string_view function);
// Copies; empty when an event has no type or its payload is no JSON object by its brackets.
[[nodiscard]] std::vector<EngineEvent> copy_events(Module& module, const wax_event* events,
                                                   std::uint32_t count);

// While a callback of a session that is gone runs from inside the function that was to be answered
// by it: an engine that asks anew each time it is refused would otherwise fill the stack. The
// innermost request is dropped. [any-thread]
class GoneCallback {
 public:
  GoneCallback() noexcept { ++depth_; }
  ~GoneCallback() { --depth_; }
  GoneCallback(const GoneCallback&) = delete;
  GoneCallback& operator=(const GoneCallback&) = delete;
  [[nodiscard]] bool allowed() const noexcept { return depth_ <= kMostNested; }

 private:
  static constexpr int kMostNested = 16;
  inline static thread_local int depth_ = 0;
};

}  // namespace waxwing::plugin_host
