// SPDX-License-Identifier: Apache-2.0
// Writing the envelope that webhooks and sockets get.
#include "event/envelope.hpp"

#include "base/ids.hpp"
#include "base/json_writer.hpp"

namespace waxwing::event {

Envelope::Envelope(std::string version, std::string platform, std::string worker_id) {
  JsonWriter(environment_head_.append("{\"version\":")).value(version);
  environment_head_ += ",\"engine\":";
  environment_tail_ = ",\"tier\":\"CORE\",\"browser\":null,\"platform\":";
  JsonWriter(environment_tail_).value(platform);
  environment_tail_ += ",\"worker\":{\"id\":";
  if (worker_id.empty()) {
    environment_tail_ += "null";
  } else {
    JsonWriter(environment_tail_).value(worker_id);
  }
  environment_tail_ += "}}";
}

EventPtr Envelope::make(const Draft& draft) const {
  auto event = std::make_shared<Event>();
  event->id = "evt_" + ulid(draft.timestamp_ms);
  event->timestamp_ms = draft.timestamp_ms;
  event->type = draft.type;
  event->session = draft.session;
  event->engine = draft.engine;
  event->order_key = draft.order_key;
  event->ephemeral = draft.ephemeral;
  std::string environment = environment_head_;
  JsonWriter(environment).value(draft.engine);
  environment += environment_tail_;
  std::string& json = event->json;
  json.reserve(384 + draft.payload_json.size() + draft.metadata_json.size());
  JsonWriter out(json);
  out.begin_object().key("id").value(event->id).key("timestamp").value(draft.timestamp_ms);
  out.key("event").value(draft.type).key("session").value(draft.session);
  if (!draft.metadata_json.empty()) {
    out.key("metadata").raw(draft.metadata_json);
  }
  out.key("me").raw(draft.me_json).key("payload").raw(draft.payload_json);
  out.key("engine").value(draft.engine).key("environment").raw(environment);
  out.end_object();
  return event;
}

}  // namespace waxwing::event
