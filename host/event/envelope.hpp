// SPDX-License-Identifier: Apache-2.0
// Writing the envelope that webhooks and sockets get.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "event/event.hpp"

namespace waxwing::event {

// What an event is made of. Every *_json is one valid JSON value.
struct Draft {
  std::string_view type;
  std::string_view session;
  std::string_view engine;
  std::string_view order_key;
  std::string_view payload_json;
  std::string_view me_json;        // an object or "null"
  std::string_view metadata_json;  // an object; empty when the session has none
  std::int64_t timestamp_ms = 0;   // unix time
  bool ephemeral = false;
};

// Makes events. Stateless after its construction. [any-thread]
class Envelope {
 public:
  // What `environment` says: "2026.7.1", "linux/x64", "" = no worker id.
  Envelope(std::string version, std::string platform, std::string worker_id);

  // Gives the event its id and its JSON.
  [[nodiscard]] EventPtr make(const Draft& draft) const;

 private:
  std::string environment_head_;  // up to the engine
  std::string environment_tail_;  // behind it
};

}  // namespace waxwing::event
