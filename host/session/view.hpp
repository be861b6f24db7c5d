// SPDX-License-Identifier: Apache-2.0
// What others may read of a session at any time: a snapshot, kept as the JSON that goes out.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "plugin/engine_sink.hpp"
#include "session/state.hpp"

namespace waxwing::session {

// The cause of a FAILED, or of a STARTING that is no first one.
struct Reason {
  std::string id;  // stable: docs/reasons.md
  std::string text;

  friend bool operator==(const Reason&, const Reason&) = default;
};

// Every field that a session answer shows.
struct Snapshot {
  State state = State::Stopped;
  std::optional<Reason> reason;
  std::string config_json = "{}";
  std::optional<plugin_host::Me> me;
  std::optional<bool> online;
  std::optional<std::int64_t> activity_ms;  // unix time
  std::optional<std::string> worker;
  std::string engine;            // id
  std::string storage;           // id
  std::string proxy;             // module id
  std::string engine_info_json;  // further members of the `engine` block; may be empty
  std::int64_t changed_ms = 0;   // unix time of the last change of state
};

// Written by the session's loop, read by everyone. The JSON is made at the first reading after a
// change, so that a busy session costs nothing until somebody looks. [any-thread]
class View {
 public:
  explicit View(std::string name) : name_(std::move(name)) {}

  template <class F>
  void change(F edit) {
    const std::lock_guard lock(mutex_);
    edit(snapshot_);
    json_ = nullptr;
  }
  // The session object of the API, without `apps`.
  [[nodiscard]] std::shared_ptr<const std::string> json() const;
  // The account alone, or "null".
  [[nodiscard]] std::string me_json() const;
  [[nodiscard]] State state() const;
  [[nodiscard]] Snapshot snapshot() const;

 private:
  const std::string name_;
  mutable std::mutex mutex_;  // guards both
  Snapshot snapshot_;
  mutable std::shared_ptr<const std::string> json_;
};

}  // namespace waxwing::session
