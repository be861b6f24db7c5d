// SPDX-License-Identifier: Apache-2.0
// One event of a session, whole and ready to be sent: what every receiver shares.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace waxwing::event {

struct Event {
  std::string id;                 // "evt_<ulid>", the same for every receiver
  std::int64_t timestamp_ms = 0;  // unix time
  std::string type;               // "session.status"
  std::string session;
  std::string engine;      // id
  std::string order_key;   // events of one session with the same key stay in order; a chat's id
  bool ephemeral = false;  // may be dropped under load
  std::string json;        // the envelope of the contract, as it is sent

  [[nodiscard]] std::size_t size_bytes() const noexcept {
    return sizeof(Event) + id.size() + type.size() + session.size() + engine.size() +
           order_key.size() + json.size();
  }
};

// Shared by all that deliver it, on any thread.
using EventPtr = std::shared_ptr<const Event>;

}  // namespace waxwing::event
