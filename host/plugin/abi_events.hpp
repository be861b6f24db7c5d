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
// The session of a call's, timer's, watch's or connection's handle; null when it is gone, with
// nothing left to act on, or, counted, on another thread than its loop.
[[nodiscard]] std::shared_ptr<EngineSession> session_of_handle(const wax_host* host,
                                                               std::uint64_t handle,
                                                               std::string_view function);
template <class Handle>
[[nodiscard]] std::shared_ptr<EngineSession> session_of(const wax_host* host, Handle* handle,
                                                        std::string_view function) {
  return session_of_handle(host, reinterpret_cast<std::uint64_t>(handle), function);
}
template <class Handle>
[[nodiscard]] std::uint64_t id_of(Handle* handle) noexcept {
  return handle_id(reinterpret_cast<std::uint64_t>(handle));
}
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
