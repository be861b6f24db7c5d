// SPDX-License-Identifier: Apache-2.0
// Which operation is what, and the events of what the Messenger hears.
#include "multidevice/engine/messaging.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

#include <nlohmann/json.hpp>

#include "multidevice/content/reading.hpp"

namespace waxwing::multidevice {

using content::Ack;
using content::Event;
using plugin::Error;

namespace {

// Presences that are remembered; the eldest chat by name goes first beyond that.
constexpr std::size_t kMaxPresences = 1'000;

void append(std::vector<Event>& events, std::optional<Event> one) {
  if (one) {
    events.push_back(std::move(*one));
  }
}

// As sends name it, where WhatsApp's number means the same.
std::string_view reason_of(const Refusal& refusal) {
  switch (refusal.code) {
    case 0:
      return refusal.reason;
    case 401:
    case 403:
      return "not_allowed";
    case 404:
      return "not_found";
    case 409:
      return "conflict";
    case 429:
      return "rate_limited";
    default:
      return "rejected";
  }
}

}  // namespace

struct Messaging::Entry {
  std::string_view name;
  void (Messaging::*run)(const Json&, SharedCall);
};

const Messaging::Entry Messaging::kEntries[] = {
    {"messages.sendText", &Messaging::send_text},
    {"messages.sendLocation", &Messaging::send_location},
    {"messages.sendContactVcard", &Messaging::send_contacts},
    {"messages.react", &Messaging::react},
    {"messages.edit", &Messaging::edit},
    {"messages.revoke", &Messaging::revoke},
    {"messages.forward", &Messaging::forward},
    {"messages.sendSeen", &Messaging::send_seen},
    {"messages.newId", &Messaging::new_id},
    {"presence.set", &Messaging::set_presence},
    {"presence.get", &Messaging::get_presence},
    {"presence.list", &Messaging::list_presences},
    {"presence.subscribe", &Messaging::subscribe},
    {"contacts.checkExists", &Messaging::check_exists},
    {"groups.create", &Messaging::create_group},
    {"groups.list", &Messaging::list_groups},
    {"groups.count", &Messaging::count_groups},
    {"groups.refresh", &Messaging::refresh_groups},
    {"groups.get", &Messaging::get_group},
    {"groups.participants", &Messaging::participants},
    {"groups.participantsV2", &Messaging::participants_v2},
    {"groups.leave", &Messaging::leave_group},
    {"groups.setSubject", &Messaging::set_subject},
    {"groups.setDescription", &Messaging::set_description},
    {"groups.addParticipants", &Messaging::change_participants<Messenger::Change::Add>},
    {"groups.removeParticipants", &Messaging::change_participants<Messenger::Change::Remove>},
    {"groups.promote", &Messaging::change_participants<Messenger::Change::Promote>},
    {"groups.demote", &Messaging::change_participants<Messenger::Change::Demote>}};

Messaging::~Messaging() = default;

void Messaging::use(Messenger* messenger) {
  messenger_ = messenger;
  payloads_.set_names(messenger == nullptr ? content::Payloads::Names()
                                           : [messenger](const Jid& who, const Jid& chat) {
                                               return messenger->known(who, chat);
                                             });
  leaving_.clear();
  presences_.clear();  // known of a connection that is over
}

bool Messaging::invoke(std::string_view operation, std::string_view arguments,
                       plugin::Call&& call) {
  for (const Entry& entry : kEntries) {
    if (entry.name != operation) {
      continue;
    }
    if (messenger_ == nullptr) {
      throw Error(WAX_E_STATE, "the session is not running");
    }
    const Json parsed = Json::parse(arguments, nullptr, false);
    if (!parsed.is_object()) {
      throw Error(WAX_E_INVALID, "the request must be a JSON object");
    }
    const SharedCall shared = std::make_shared<plugin::Call>(std::move(call));
    try {
      (this->*entry.run)(parsed, shared);
    } catch (const Error& error) {  // the call is no longer the caller's to answer
      shared->fail(error.code(), error.what());
    } catch (const Json::exception&) {
      shared->fail(WAX_E_INVALID, "a field is missing or of another type");
    }
    return true;
  }
  return false;
}

// What came ---------------------------------------------------------------------------------------

void Messaging::on_message(IncomingMessage message, StoreBatch batch, Durable durable) {
  const auto before = [this](std::string_view id) {
    const auto item = recent_.find(id);
    return item ? payloads_.message(item->info, item->message, Ack::Server, false) : std::string();
  };
  std::vector<Event> events =
      payloads_.events_of(message.info, message.message, Ack::Server, false, before);
  if (content::is_message(events)) {
    recent_.add(message.info, message.message);
  }
  if (host_.raw_wanted()) {
    append(events, payloads_.raw(message.info, message.message, false));
  }
  host_.commit_events(std::move(batch), std::move(events), std::move(durable));
}

void Messaging::on_unreadable(const UnreadableMessage& message, StoreBatch batch, Durable durable) {
  std::vector<Event> events = {payloads_.waiting(message)};
  if (host_.raw_wanted()) {
    events.push_back(payloads_.raw(message));
  }
  host_.commit_events(std::move(batch), std::move(events), std::move(durable));
}

void Messaging::on_receipt(const ReceiptNews& news, StoreBatch batch, Durable durable) {
  std::vector<Event> events = payloads_.events_of(news);
  if (host_.raw_wanted()) {
    append(events, payloads_.raw(news));
  }
  host_.commit_events(std::move(batch), std::move(events), std::move(durable));
}

void Messaging::on_group(const GroupNews& news, StoreBatch batch, Durable durable) {
  host_.commit_events(std::move(batch), payloads_.events_of(news), std::move(durable));
}

void Messaging::on_presence(const PresenceNews& news) {
  const Json payload = payloads_.presence(news);
  const std::string chat = payload.at("id").get<std::string>();
  presences_[chat] = news;
  if (presences_.size() > kMaxPresences) {
    presences_.erase(presences_.begin());
  }
  host_.tell({"presence.update", content::dump(payload), chat});
}

void Messaging::on_identity_changed(const Person& person) {
  host_.note("identity.changed", content::chat_id(person));
}

void Messaging::on_note(std::string_view what, std::string_view detail) {
  host_.note(what, detail);
}

// What left ---------------------------------------------------------------------------------------

void Messaging::on_outgoing(const OutgoingMessage& message, const MessageInfo& info,
                            StoreBatch batch, Durable durable) {
  std::vector<Event> events =
      payloads_.events_of(info, message.message, Ack::Pending, true, nullptr);
  if (host_.raw_wanted()) {
    append(events, payloads_.raw(info, message.message, true));
  }
  recent_.add(info, message.message);
  if (const auto it = leaving_.find(info.id); it != leaving_.end()) {
    it->second = info;
  }
  host_.commit_events(std::move(batch), std::move(events), std::move(durable));
}

void Messaging::on_sent(const MessageInfo& info, const std::string&, const SendResult& result,
                        StoreBatch batch, Durable durable) {
  const bool sent = result.state == SendResult::State::Sent;
  recent_.set_state(info.id, result.state);
  std::vector<Event> events = {
      payloads_.ack(info, sent ? Ack::Server : Ack::Error, sent ? nullptr : &result)};
  host_.commit_events(std::move(batch), std::move(events), std::move(durable));
}

// Arguments and refusals --------------------------------------------------------------------------

namespace arguments {

std::string text(const nlohmann::json& arguments, const char* key) {
  const auto it = arguments.find(key);
  return it != arguments.end() && it->is_string() ? it->get<std::string>() : std::string();
}

Jid chat(const nlohmann::json& arguments, const char* key) {
  const auto jid = content::parse_chat_id(text(arguments, key));
  if (!jid) {
    throw Error(WAX_E_INVALID,
                std::string(key) + " must be a phone number or a chat id such as 123456789@c.us");
  }
  return *jid;
}

Jid group(const nlohmann::json& arguments) {
  std::string id = text(arguments, "id");
  if (id.find('@') == std::string::npos) {
    id += "@g.us";
  }
  const auto jid = content::parse_chat_id(id);
  if (!jid || !jid->is_group()) {
    throw Error(WAX_E_INVALID, "id must be the id of a group such as 123456789@g.us");
  }
  return *jid;
}

std::string new_message_id(const nlohmann::json& arguments) {
  constexpr std::size_t kMaxIdBytes = 64;
  std::string id = text(arguments, "id");
  if (id.empty()) {
    return make_message_id();
  }
  const bool sound = std::all_of(id.begin(), id.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '.';
  });
  if (!sound || id.size() > kMaxIdBytes) {
    throw Error(WAX_E_INVALID, "id must be at most 64 letters, digits, dots and dashes");
  }
  return id;
}

std::vector<Jid> people(const nlohmann::json& arguments) {
  std::vector<Jid> out;
  for (const nlohmann::json& participant : arguments.at("participants")) {
    const auto jid = content::parse_chat_id(text(participant, "id"));
    if (!jid || !jid->is_person()) {
      throw Error(WAX_E_INVALID, "participants." + std::to_string(out.size()) +
                                     ".id must be a phone number or the chat id of a person");
    }
    out.push_back(*jid);
  }
  return out;
}

}  // namespace arguments

void fail(plugin::Call& call, const Refusal& refusal) {
  wax_status status = WAX_E_STATE;
  if (refusal.code == 0) {
    status = refusal.reason == "timeout" ? WAX_E_TIMEOUT : WAX_E_UNAVAILABLE;
  } else if (refusal.code == 404) {
    status = WAX_E_NOT_FOUND;
  } else if (refusal.code == 429) {
    status = WAX_E_RATE_LIMITED;
  }
  nlohmann::json details = {{"reason", reason_of(refusal)}};
  if (refusal.code != 0) {
    details["code"] = refusal.code;
  }
  call.fail(status, refusal.text.empty() ? refusal.reason : refusal.text,
            refusal.code == 0 || refusal.code == 429 ? 5'000 : 0, details.dump());
}

}  // namespace waxwing::multidevice
