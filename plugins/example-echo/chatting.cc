// SPDX-License-Identifier: Apache-2.0
// Messages and presence of the echo engine: what is sent, changed, read, and what comes back.
#include <chrono>
#include <utility>

#include "echo_engine.hpp"

namespace echo {
namespace {

constexpr std::size_t kRemembered = 32;

std::int64_t unix_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

// As WhatsApp's web clients make them.
std::string make_id() {
  return "3EB0" + random_hex(9);
}

}  // namespace

Message EchoEngine::make_message(bool from_me, std::string_view chat_id,
                                 std::string_view message_id_or_empty) const {
  Message m;
  m.id = message_id(from_me, chat_id,
                    message_id_or_empty.empty() ? make_id() : std::string(message_id_or_empty),
                    account_.id);
  m.chat_id = chat_id;
  m.from_me = from_me;
  m.timestamp_s = unix_ms() / 1000;
  return m;
}

void EchoEngine::remember(const Message& message) {
  recent_.push_back(message);
  if (recent_.size() > kRemembered) {
    recent_.pop_front();
  }
}

Message* EchoEngine::find(std::string_view id) {
  const std::string wanted = bare_id(id);
  for (Message& message : recent_) {
    if (bare_id(message.id) == wanted) {
      return &message;
    }
  }
  return nullptr;
}

// Sending -----------------------------------------------------------------------------------------

void EchoEngine::send_text(const wp::Request& request, wp::Call&& call) {
  send(parse_text_request(request.json), std::move(call));
}

void EchoEngine::send_location(const wp::Request& request, wp::Call&& call) {
  send(parse_location_request(request.json), std::move(call));
}

void EchoEngine::send_contacts(const wp::Request& request, wp::Call&& call) {
  send(parse_contacts_request(request.json), std::move(call));
}

void EchoEngine::forward(const wp::Request& request, wp::Call&& call) {
  const ChangeRequest what = parse_change_request(request.json, nullptr);
  need_login();
  const Message* original = find(what.message_id);
  if (original == nullptr) {
    throw wp::Error(WAX_E_NOT_FOUND, "messageId is not remembered: only the latest are");
  }
  SendRequest copy;
  copy.chat_id = what.chat_id;
  copy.text = original->body;
  copy.more = original->more;
  send(copy, std::move(call));
}

// Answered when the event is durable, so that a caller who saw 201 can rely on the webhook.
void EchoEngine::send(const SendRequest& request, wp::Call&& call) {
  need_login();
  Message message = make_message(true, request.chat_id, request.message_id);
  message.body = request.text;
  message.more = request.more;
  message.reply_to = request.reply_to;
  std::string json = to_json(message, account_);
  wp::Changes changes;
  changes.event("message.any", json, message.chat_id);
  commit(changes, [this, message, json = std::move(json),
                   call = std::move(call)](const wp::Outcome& outcome) mutable {
    if (!outcome.ok()) {
      call.fail(outcome.status, outcome.message, outcome.retry_after_ms);
      return;
    }
    record(kTextsSent);
    activity(unix_ms());
    remember(message);
    call.ok(json);
    after(settings_.echo_after_ms, [this, message] { echo_back(message); });
  });
}

// The other end has read it, and says the same.
void EchoEngine::echo_back(const Message& sent) {
  arrivals_.push_back({"message.ack", read_json(sent, account_), sent.chat_id});
  Message message = make_message(false, sent.chat_id);
  message.body = sent.body;
  message.more = sent.more;
  message.echo_of = sent.id;
  remember(message);
  const std::string json = to_json(message, account_);
  arrivals_.push_back({"message", json, message.chat_id});
  arrivals_.push_back({"message.any", json, message.chat_id});
  deliver();
}

std::string EchoEngine::burst_message() {
  const std::uint32_t number = settings_.burst.count - burst_left_ + 1;
  Message message = make_message(false, account_.id);
  message.body = "burst " + std::to_string(number) + " ";
  if (message.body.size() < settings_.burst.size_bytes) {
    message.body.resize(settings_.burst.size_bytes, '.');
  }
  return to_json(message, account_);
}

// Changing ----------------------------------------------------------------------------------------

void EchoEngine::react(const wp::Request& request, wp::Call&& call) {
  const ChangeRequest what = parse_change_request(request.json, "reaction");
  need_login();
  const Message message = make_message(true, what.chat_id);
  change("message.reaction", reaction_json(message, account_, what), message, std::move(call));
}

void EchoEngine::edit(const wp::Request& request, wp::Call&& call) {
  const ChangeRequest what = parse_change_request(request.json, "text");
  need_login();
  Message message = make_message(true, what.chat_id);
  message.body = what.text;
  if (Message* original = find(what.message_id)) {
    original->body = what.text;
  }
  change("message.edited", edited_json(message, account_, what), message, std::move(call));
}

void EchoEngine::revoke(const wp::Request& request, wp::Call&& call) {
  const ChangeRequest what = parse_change_request(request.json, nullptr);
  need_login();
  const Message message = make_message(true, what.chat_id);
  change("message.revoked", revoked_json(message, account_, what, find(what.message_id)), message,
         std::move(call));
}

// A change is a message of its own, and answered as one.
void EchoEngine::change(const char* event, std::string event_json, const Message& message,
                        wp::Call&& call) {
  wp::Changes changes;
  changes.event(event, std::move(event_json), message.chat_id);
  commit(changes, [this, json = to_json(message, account_),
                   call = std::move(call)](const wp::Outcome& outcome) mutable {
    if (outcome.ok()) {
      activity(unix_ms());
      call.ok(json);
    } else {
      call.fail(outcome.status, outcome.message, outcome.retry_after_ms);
    }
  });
}

// Reading, ids, presence, groups
// -----------------------------------------------------------------------

void EchoEngine::send_seen(const wp::Request& request, wp::Call&& call) {
  const SeenRequest what = parse_seen_request(request.json);
  need_login();
  std::vector<std::string> ids;
  for (const std::string& id : what.message_ids) {
    ids.push_back(bare_id(id));
  }
  for (Message& message : recent_) {
    if (message.chat_id == what.chat_id && !message.from_me && !message.seen &&
        what.message_ids.empty()) {
      message.seen = true;
      ids.push_back(bare_id(message.id));
    }
  }
  call.ok(ids_json(ids));
}

void EchoEngine::new_id(const wp::Request&, wp::Call&& call) {
  need_login();
  call.ok(id_json(make_id()));
}

void EchoEngine::set_presence(const wp::Request&, wp::Call&& call) {
  need_login();
  call.ok(result_json());
}

void EchoEngine::get_presence(const wp::Request& request, wp::Call&& call) {
  const std::string chat = parse_chat(request.json);
  need_login();
  subscribed_.insert(chat);
  call.ok(presence_json(chat));
}

void EchoEngine::list_presences(const wp::Request&, wp::Call&& call) {
  need_login();
  std::string list;
  for (const std::string& chat : subscribed_) {
    list += (list.empty() ? "" : ",") + presence_json(chat);
  }
  call.ok("[" + list + "]");
}

void EchoEngine::subscribe(const wp::Request& request, wp::Call&& call) {
  std::string chat = parse_chat(request.json);
  need_login();
  subscribed_.insert(std::move(chat));
  call.ok(result_json());
}

void EchoEngine::run_group(const wp::Request& request, wp::Call&& call) {
  need_login();
  call.ok(groups_.invoke(request.op, request.json, account_));
}

}  // namespace echo
