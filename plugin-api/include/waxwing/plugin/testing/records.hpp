// SPDX-License-Identifier: Apache-2.0
// What a FakeHost writes down about an engine: answers, states, events, log lines.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "../core.hpp"

namespace waxwing::plugin {
inline namespace v1 {
namespace testing {

struct PartRecord {
  std::string name;
  std::string mimetype;
  std::string filename;
  std::string content;
};

// The answer to one call; lives as long as the FakeHost.
struct Answer {
  std::string what;  // "start", "stop", … or the operation
  bool done = false;
  wax_status status = WAX_OK;
  std::string json;
  std::string message;
  std::uint32_t retry_after_ms = 0;
  std::vector<PartRecord> parts;

  bool ok() const { return done && status == WAX_OK; }
};

struct StateRecord {
  wax_session_state state;
  std::string reason;
  std::string text;
  std::string data_json;
  std::int64_t at_ms;  // by the fake clock
};

struct QrRecord {
  std::string text;
  std::uint32_t valid_ms;
  std::int64_t at_ms;
};

struct MeRecord {
  std::string id;
  std::string push_name;
  std::string lid;
  std::string jid;
};

struct EventRecord {
  std::string type;
  std::string json;
  std::string order_key;
  std::uint32_t flags;
  std::int64_t timestamp_ms;
  std::vector<PartRecord> parts;
};

struct LogRecord {
  std::int32_t level;
  std::string session;  // empty = about the module
  std::string message;
  std::vector<std::pair<std::string, std::string>> fields;
};

// The moves that a server allows an engine. STOPPED is the host's alone, and so is the way out of
// FAILED.
inline bool legal_move(wax_session_state from, wax_session_state to) noexcept {
  switch (from) {
    case WAX_SESSION_STARTING:
    case WAX_SESSION_SCAN_QR_CODE:
      return to != WAX_SESSION_STOPPED;
    case WAX_SESSION_WORKING:
      return to == WAX_SESSION_STARTING || to == WAX_SESSION_WORKING || to == WAX_SESSION_FAILED;
    case WAX_SESSION_PASSKEY_REQUIRED:
    case WAX_SESSION_PASSKEY_CONFIRMATION_REQUIRED:
      return to != WAX_SESSION_STOPPED && to != WAX_SESSION_SCAN_QR_CODE;
    default:
      return false;
  }
}

}  // namespace testing
}  // namespace v1
}  // namespace waxwing::plugin
