// SPDX-License-Identifier: Apache-2.0
// Messages, acknowledgements and presence as payloads. Names are those of WAHA's API.
#include "multidevice/content/payloads.hpp"

#include <utility>

#include "multidevice/content/engine_data.hpp"
#include "multidevice/content/reading.hpp"

namespace waxwing::multidevice::content {
namespace {

using Json = nlohmann::json;

Json text_or_null(std::string text) {
  return text.empty() ? Json() : Json(std::move(text));
}

std::string_view presence_name(PresenceNews::State state) {
  switch (state) {
    case PresenceNews::State::Online:
      return "online";
    case PresenceNews::State::Offline:
      return "offline";
    case PresenceNews::State::Typing:
      return "typing";
    case PresenceNews::State::Recording:
      return "recording";
    case PresenceNews::State::Paused:
      return "paused";
  }
  return "offline";
}

// Who wrote the message that a key names, seen by the author of the key.
MessageName name_of(const Json& key, const MessageInfo& info, const Person& me) {
  MessageName name;
  name.id = text_at(key, "id");
  const auto chat = parse_chat_id(chat_id(info));
  name.chat = chat ? *chat : info.chat;
  const Json* flag = find_path(key, "fromMe");
  const bool authors_own = flag != nullptr && flag->is_boolean() && flag->get<bool>();
  const auto participant = Jid::parse(text_at(key, "participant"));
  if (info.group) {
    if (participant) {
      name.from_me = me.is(*participant);
      name.participant = name.from_me ? me.any() : participant->without_device();
    } else {
      name.from_me = authors_own && info.from_me;
      name.participant = authors_own ? info.sender.any() : Jid();
    }
  } else {
    name.from_me = authors_own == info.from_me;
  }
  return name;
}

}  // namespace

std::string_view ack_name(Ack ack) noexcept {
  switch (ack) {
    case Ack::Error:
      return "ERROR";
    case Ack::Pending:
      return "PENDING";
    case Ack::Server:
      return "SERVER";
    case Ack::Device:
      return "DEVICE";
    case Ack::Read:
      return "READ";
    case Ack::Played:
      return "PLAYED";
  }
  return "UNKNOWN";
}

Json person_json(const Person& person) {
  if (person.empty()) {
    return nullptr;
  }
  return {{"pn", text_or_null(chat_id(person.pn))}, {"lid", text_or_null(chat_id(person.lid))}};
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json Payloads::base(const MessageInfo& info) const {
  const std::string chat = chat_id(info);
  return {{"id", message_name(info)},
          {"from", chat},
          {"fromMe", info.from_me},
          {"to", info.group ? Json(chat) : Json()},
          {"participant", info.group ? text_or_null(chat_id(info.sender)) : Json()},
          {"sender", person_json(info.sender)},
          {"peer", person_json(info.peer)}};
}

Json Payloads::data_of(const MessageInfo& info, Json message) const {
  return engine_ == Dialect::Whatsmeow ? whatsmeow_data(info, std::move(message))
                                       : baileys_data(info, std::move(message));
}

Json Payloads::message(const MessageInfo& info, ByteView octets, Ack ack, bool api) const {
  auto decoded = decode(octets, Dialect::Plain);
  auto shown = decode(octets, engine_);
  const Json message = decoded ? std::move(*decoded) : Json::object();
  Json data = shown ? std::move(*shown) : Json{{"undecodable", to_base64(octets)}};
  const Json& content = unwrap(message);

  Json out = base(info);
  out["timestamp"] = info.timestamp_s;
  out["source"] = api ? "api" : "app";
  const Json* edited = find_path(content, "protocolMessage.editedMessage");
  const Json& said = edited != nullptr ? unwrap(*edited) : content;
  out["body"] = body(said);
  Json file = media(said);
  out["hasMedia"] = !file.is_null();
  out["media"] = std::move(file);
  out["mediaUrl"] = nullptr;
  out["ack"] = static_cast<int>(ack);
  out["ackName"] = ack_name(ack);
  out["location"] = location(said);
  out["vCards"] = vcards(said);
  out["replyTo"] = reply_to(said, quoted_data(data));
  out["_data"] = data_of(info, std::move(data));
  return out;
}

std::vector<Event> Payloads::events_of(const MessageInfo& info, ByteView octets, Ack ack, bool api,
                                       const Json& before) const {
  const auto decoded = decode(octets, Dialect::Plain);
  const Json message = decoded ? *decoded : Json::object();
  const Json& content = unwrap(message);
  const std::string order = chat_id(info);
  // What cannot be read at all is still told: somebody wrote something.
  const Meaning what = decoded ? meaning(content) : Meaning::Message;
  if (what == Meaning::Nothing || info.category == "peer") {
    return {};
  }
  Json payload = this->message(info, octets, ack, api);
  const Json* key = target_key(content);
  switch (what) {
    case Meaning::Reaction: {
      Json out = base(info);
      out["timestamp"] = info.timestamp_s;
      out["source"] = payload["source"];
      out["reaction"] = {{"text", text_at(content, "reactionMessage.text")},
                         {"messageId", key == nullptr ? "" : name_of(*key, info, me_).to_string()}};
      out["_data"] = std::move(payload["_data"]);
      return {{"message.reaction", dump(out), order}};
    }
    case Meaning::Edit:
      payload["editedMessageId"] = key == nullptr ? "" : text_at(*key, "id");
      return {{"message.edited", dump(payload), order}};
    case Meaning::Revoke: {
      Json data = payload["_data"];
      const Json out = {{"after", std::move(payload)},
                        {"before", before},
                        {"revokedMessageId", text_at(*key, "id")},
                        {"_data", std::move(data)}};
      return {{"message.revoked", dump(out), order}};
    }
    default:
      break;
  }
  std::string json = dump(payload);
  if (info.from_me) {
    return {{"message.any", std::move(json), order}};
  }
  return {{"message", json, order}, {"message.any", json, order}};
}

Event Payloads::waiting(const UnreadableMessage& message) const {
  using Why = UnreadableMessage::Why;
  static constexpr std::string_view kReasons[] = {"undecryptable", "lost", "view_once",
                                                  "unavailable"};
  const MessageInfo& info = message.info;
  Json out = base(info);
  out["timestamp"] = info.timestamp_s;
  out["reason"] = kReasons[static_cast<std::size_t>(message.why)];
  out["detail"] = message.detail.empty() ? Json() : Json(message.detail);
  out["final"] = message.why == Why::Lost || message.why == Why::ViewOnce;
  Json data = data_of(info, Json::object());
  const bool once = message.why == Why::ViewOnce;
  if (engine_ == Dialect::Whatsmeow) {  // events.UndecryptableMessage
    data["IsUnavailable"] = once || message.why == Why::Unavailable;
    data["UnavailableType"] = once ? "view_once" : "";
  } else {
    constexpr int kCiphertext = 2;  // WebMessageInfo.StubType
    data["messageStubType"] = kCiphertext;
    data["messageStubParameters"] = Json::array({message.detail});
  }
  out["_data"] = std::move(data);
  return {"message.waiting", dump(out), chat_id(info)};
}

Event Payloads::ack(const MessageInfo& info, Ack ack, const SendResult* failure) const {
  Json out = base(info);
  out["ack"] = static_cast<int>(ack);
  out["ackName"] = ack_name(ack);
  if (failure != nullptr) {
    out["error"] = {{"code", failure->code == 0 ? Json() : Json(failure->code)},
                    {"reason", failure->reason},
                    {"message", failure->text}};
  }
  out["_data"] = data_of(info, Json::object());
  return {info.group ? "message.ack.group" : "message.ack", dump(out), chat_id(info)};
}

std::vector<Event> Payloads::events_of(const ReceiptNews& news) const {
  const bool own_reading =
      news.kind == ReceiptNews::Kind::SelfRead || news.kind == ReceiptNews::Kind::SelfPlayed;
  if (own_reading && news.group) {
    return {};  // whose messages these were is not said
  }
  Ack ack = Ack::Device;
  switch (news.kind) {
    case ReceiptNews::Kind::Read:
    case ReceiptNews::Kind::SelfRead:
      ack = Ack::Read;
      break;
    case ReceiptNews::Kind::Played:
    case ReceiptNews::Kind::SelfPlayed:
      ack = Ack::Played;
      break;
    case ReceiptNews::Kind::Failed:
      ack = Ack::Error;
      break;
    case ReceiptNews::Kind::Delivered:
      break;
  }
  std::vector<Event> events;
  for (const std::string& id : news.ids) {
    MessageInfo info;
    info.id = id;
    info.chat = news.chat;
    info.peer = news.peer;
    info.sender = own_reading ? news.peer : me_;
    info.from_me = !own_reading;
    info.group = news.group;
    Json out = base(info);
    out["ack"] = static_cast<int>(ack);
    out["ackName"] = ack_name(ack);
    out["sender"] = person_json(news.sender);
    if (news.group) {  // one for each member
      out["participant"] = text_or_null(chat_id(news.sender));
    }
    if (ack == Ack::Error) {
      out["error"] = {{"code", nullptr},
                      {"reason", "device_gave_up"},
                      {"message", "A device of the recipient could not read the message"}};
    }
    out["_data"] = engine_ == Dialect::Whatsmeow ? whatsmeow_receipt(news, id)
                                                 : baileys_receipt(news, id, !own_reading);
    events.push_back({news.group ? "message.ack.group" : "message.ack", dump(out), chat_id(info)});
  }
  return events;
}

Json Payloads::presence(const PresenceNews& news) const {
  const bool group = news.chat.is_group();
  const std::string who = chat_id(news.sender);
  return {
      {"id", group ? chat_id(news.chat) : who},
      {"presences", Json::array({{{"participant", who},
                                  {"pn", text_or_null(chat_id(news.sender.pn))},
                                  {"lid", text_or_null(chat_id(news.sender.lid))},
                                  {"lastSeen", news.last_seen_s ? Json(*news.last_seen_s) : Json()},
                                  {"lastKnownPresence", presence_name(news.state)}}})}};
}

}  // namespace waxwing::multidevice::content
