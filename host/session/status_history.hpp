// SPDX-License-Identifier: Apache-2.0
// What session.status tells: the last states of a run, and what the engine said about the latest.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "session/state.hpp"
#include "session/view.hpp"

namespace waxwing::session {

class StatusHistory {
 public:
  // `data_json` is an object or empty. False when a session that works says the same again, which
  // nobody needs to hear.
  [[nodiscard]] bool note(State from, State to, std::string data_json, std::int64_t unix_ms);
  void clear();
  // The payload of session.status for the state that was noted last.
  [[nodiscard]] std::string payload_json(std::string_view session,
                                         const std::optional<Reason>& reason) const;

 private:
  std::vector<std::pair<State, std::int64_t>> points_;  // the oldest first, with unix time in ms
  std::string data_json_;                               // of the latest
};

}  // namespace waxwing::session
