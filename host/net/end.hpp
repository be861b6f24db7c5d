// SPDX-License-Identifier: Apache-2.0
// How a connection ended, or why there was none: a stable reason and a sentence.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "base/result.hpp"

namespace waxwing::net {

// A value. No text ever holds credentials.
struct End {
  Code code = Code::Ok;
  std::string reason;           // an id of docs/reasons.md; empty when it ended in order
  std::string text;             // for people
  std::int32_t close_code = 0;  // of a WebSocket
  std::int32_t http_code = 0;   // what was answered when that was the fault
  bool at_proxy = false;        // the fault is the proxy's, not the target's

  [[nodiscard]] bool is_ok() const noexcept { return code == Code::Ok; }

  static End invalid(std::string text) { return {Code::Invalid, "bad_url", std::move(text)}; }
  static End failed(std::string reason, std::string text) {
    return {Code::Unavailable, std::move(reason), std::move(text)};
  }
  static End proxy(std::string reason, std::string text, std::int32_t http_code = 0) {
    return {Code::Unavailable, std::move(reason), std::move(text), 0, http_code, true};
  }
  static End cancelled() { return {Code::Cancelled, "cancelled", "the session is stopping"}; }
};

}  // namespace waxwing::net
