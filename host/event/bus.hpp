// SPDX-License-Identifier: Apache-2.0
// Events of all sessions, handed to whoever listens.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace waxwing::event {

struct Event {
  std::string id;                 // "evt_<ulid>", the same for every listener
  std::int64_t timestamp_ms = 0;  // unix time
  std::string type;               // "session.status"
  std::string session;
  std::string engine;         // id
  std::string payload_json;   // an object
  std::string me_json;        // an object or "null"
  std::string metadata_json;  // an object, or empty when the session has none
  std::string order_key;
};

// Listeners are added at start; publish() calls them in turn on the session's loop, so they must be
// quick and must not block. The events of one session come in order, those of different sessions
// from different threads.
class Bus {
 public:
  using Listener = std::function<void(const Event&)>;

  void listen(Listener listener) { listeners_.push_back(std::move(listener)); }  // [main-thread]
  void publish(const Event& event) const {
    for (const Listener& listener : listeners_) {
      listener(event);
    }
  }

 private:
  std::vector<Listener> listeners_;
};

}  // namespace waxwing::event
