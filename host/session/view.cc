// SPDX-License-Identifier: Apache-2.0
// Writing the session object of the API.
#include "session/view.hpp"

#include "base/json_writer.hpp"

namespace waxwing::session {
namespace {

void write_me(JsonWriter& out, const std::optional<plugin_host::Me>& me) {
  if (!me.has_value()) {
    out.null();
    return;
  }
  out.begin_object().key("id").value(me->id).key("pushName").value(me->push_name);
  if (!me->lid.empty()) {
    out.key("lid").value(me->lid);
  }
  if (!me->jid.empty()) {
    out.key("jid").value(me->jid);
  }
  out.end_object();
}

std::string write_session(const std::string& name, const Snapshot& s) {
  std::string text;
  text.reserve(320 + s.config_json.size());
  JsonWriter out(text);
  out.begin_object().key("name").value(name).key("status").value(to_string(s.state));
  out.key("config").raw(s.config_json);
  out.key("me");
  write_me(out, s.me);
  out.key("presence");
  if (s.online.has_value()) {
    out.value(*s.online ? "online" : "offline");
  } else {
    out.null();
  }
  out.key("timestamps").begin_object().key("activity");
  if (s.activity_ms.has_value()) {
    out.value(*s.activity_ms);
  } else {
    out.null();
  }
  out.end_object();
  if (s.worker.has_value()) {
    out.key("assignedWorker").value(*s.worker);
  }
  out.key("engine").begin_object();
  std::string info;
  if (s.state != State::Stopped) {
    out.key("engine").value(s.engine);
    // The engine's own members, spliced in behind ours without being parsed again.
    const std::string_view json = s.engine_info_json;
    const auto first = json.find_first_not_of("{ \t\r\n");
    if (json.size() > 2 && first != std::string_view::npos && json[first] != '}') {
      info = json.substr(first, json.rfind('}') - first);
    }
  }
  if (!info.empty()) {
    text += ',';
    text += info;
  }
  out.end_object();
  out.key("configuredEngine").value(s.engine);
  if (s.reason.has_value()) {
    out.key("reason").begin_object();
    out.key("id").value(s.reason->id).key("text").value(s.reason->text).end_object();
  }
  out.end_object();
  return text;
}

}  // namespace

std::shared_ptr<const std::string> View::json() const {
  const std::lock_guard lock(mutex_);
  if (!json_) {
    json_ = std::make_shared<const std::string>(write_session(name_, snapshot_));
  }
  return json_;
}

std::string View::me_json() const {
  const std::lock_guard lock(mutex_);
  std::string text;
  JsonWriter out(text);
  write_me(out, snapshot_.me);
  return text;
}

State View::state() const {
  const std::lock_guard lock(mutex_);
  return snapshot_.state;
}

Snapshot View::snapshot() const {
  const std::lock_guard lock(mutex_);
  return snapshot_;
}

}  // namespace waxwing::session
