// SPDX-License-Identifier: Apache-2.0
// The payload of session.status.
#include "session/status_history.hpp"

#include "base/json.hpp"
#include "base/json_writer.hpp"

namespace waxwing::session {
namespace {

constexpr std::size_t kPoints = 3;  // as WAHA has it

}  // namespace

bool StatusHistory::note(State from, State to, std::string data_json, std::int64_t unix_ms) {
  if (from == State::Working && to == State::Working && data_json == data_json_) {
    return false;
  }
  points_.emplace_back(to, unix_ms);
  if (points_.size() > kPoints) {
    points_.erase(points_.begin());
  }
  data_json_ = std::move(data_json);
  return true;
}

void StatusHistory::clear() {
  points_.clear();
  data_json_.clear();
}

std::string StatusHistory::payload_json(std::string_view session,
                                        const std::optional<Reason>& reason) const {
  std::string payload;
  JsonWriter out(payload);
  out.begin_object().key("name").value(session);
  out.key("status").value(to_string(points_.back().first)).key("statuses").begin_array();
  for (const auto& [state, at] : points_) {
    out.begin_object().key("status").value(to_string(state)).key("timestamp").value(at);
    out.end_object();
  }
  out.end_array().key("data");
  if (reason.has_value()) {
    auto data = json::parse(data_json_.empty() ? "{}" : data_json_);
    Json object = data.has_value() && data->is_object() ? std::move(*data) : Json::object();
    object["reason"] = {{"id", reason->id}, {"text", reason->text}};
    out.raw(json::dump(object));
  } else if (data_json_.empty()) {
    out.null();
  } else {
    out.raw(data_json_);
  }
  out.end_object();
  return payload;
}

}  // namespace waxwing::session
