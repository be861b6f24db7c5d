// SPDX-License-Identifier: Apache-2.0
// What is stored of a session: the row that makes it exist.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "plugin/engine_sink.hpp"

namespace waxwing::session {

// Where the rows lie: tenant "" of the default storage, one row per session, key = name.
inline constexpr std::string_view kRecordSpace = "waxwing.sessions";

struct Record {
  std::string name;
  std::string engine;   // engine id, storage id and proxy module id: chosen once, then kept,
  std::string storage;  // so that credentials never meet an engine that did not write them
  std::string proxy;
  std::string config_json = "{}";     // as given, defaults filled
  bool running = false;               // desired: come back at boot
  std::optional<std::string> worker;  // that owns it; "" = a server without a worker id
  std::optional<plugin_host::Me> me;
  std::uint32_t storage_version = 0;  // that the engine's data was written with; 0 = none yet
  std::int64_t created_ms = 0;        // unix time
  std::string outbox_json;            // what event::Outbox wants kept; may be empty

  [[nodiscard]] std::string to_json() const;
  // Code::Invalid for what cannot have been written by to_json().
  static Result<Record> from_json(std::string_view json);
};

}  // namespace waxwing::session
