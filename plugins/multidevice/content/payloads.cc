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

void write_person(JsonWriter& out, std::string_view name, const Person& person) {
  out.key(name);
  if (person.empty()) {
    out.null();
    return;
  }
  out.begin_object().key("pn").text_or_null(chat_id(person.pn));
  out.key("lid").text_or_null(chat_id(person.lid)).end_object();
}

void write_ack(JsonWriter& out, Ack ack) {
  out.member("ack", static_cast<int>(ack)).member("ackName", ack_name(ack));
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

bool is_message(const std::vector<Event>& events) {
  return !events.empty() && (events[0].type == "message" || events[0].type == "message.any");
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

struct Payloads::Read {
  Read(ByteView octets_in, Dialect dialect)
      : octets(octets_in), decoded(decode(octets_in, Dialect::Plain)) {
    readable = bool(decoded);
    if (!readable) {
      decoded = Json::object();
      text =
          JsonWriter().begin_object().member("undecodable", to_base64(octets)).end_object().take();
    } else if (auto shown = decode_text(octets, dialect)) {
      text = std::move(*shown);
    }
    content = &unwrap(*decoded);
  }
  Read(const Read&) = delete;
  Read& operator=(const Read&) = delete;

  ByteView octets;
  Result<Json> decoded;  // Dialect::Plain
  bool readable = false;
  const Json* content = nullptr;  // without its wrappers
  std::string text = "{}";        // in the engine's dialect
};

Person Payloads::person_of(const Jid& who, const MessageInfo& info) const {
  for (const Person* known : {&me_, &info.sender, &info.peer}) {
    if (known->is(who)) {
      return *known;
    }
  }
  if (names_) {
    return names_(who.without_device(), info.chat);
  }
  Person out;
  (who.is_lid() ? out.lid : out.pn) = who.without_device();
  return out;
}

MessageName Payloads::name_of(const Json& key, const MessageInfo& info) const {
  MessageName name;
  name.id = text_at(key, "id");
  const auto chat = parse_chat_id(chat_id(info));
  name.chat = chat ? *chat : info.chat;
  const Json* flag = find_path(key, "fromMe");
  const bool authors_own = flag != nullptr && flag->is_boolean() && flag->get<bool>();
  const auto participant = Jid::parse(text_at(key, "participant"));
  if (info.group) {
    if (participant) {
      const Person who = person_of(*participant, info);
      name.from_me = who == me_;
      name.participant = who.any();
    } else {
      name.from_me = authors_own && info.from_me;
      name.participant = authors_own ? info.sender.any() : Jid();
    }
  } else {
    name.from_me = authors_own == info.from_me;
  }
  return name;
}

void Payloads::write_base(JsonWriter& out, const MessageInfo& info) const {
  const std::string chat = chat_id(info);
  out.member("id", message_name(info)).member("from", chat).member("fromMe", info.from_me);
  out.key("to").text_or_null(info.group ? std::string_view(chat) : "");
  out.key("participant").text_or_null(info.group ? chat_id(info.sender) : std::string());
  write_person(out, "sender", info.sender);
  write_person(out, "peer", info.peer);
}

std::string Payloads::data_of(const MessageInfo& info, const Read& read) const {
  return engine_ == Dialect::Whatsmeow ? whatsmeow_data(info, *read.decoded, read.text)
                                       : baileys_data(info, read.text);
}

void Payloads::write_message(JsonWriter& out, const MessageInfo& info, const Read& read, Ack ack,
                             bool api) const {
  write_base(out, info);
  out.member("timestamp", info.timestamp_s).member("source", api ? "api" : "app");
  const Json* edited = find_path(*read.content, "protocolMessage.editedMessage");
  const Json& said = edited != nullptr ? unwrap(*edited) : *read.content;
  const Json* words = body(said);
  out.key("body");
  words != nullptr ? out.text(words->get_ref<const std::string&>()) : out.null();
  const Json file = media(said);
  out.member("hasMedia", !file.is_null()).key("media").raw(dump(file)).key("mediaUrl").null();
  write_ack(out, ack);
  out.key("location").raw(dump(location(said))).key("vCards").raw(dump(vcards(said)));
  Json quote = reply_to(said);
  if (!quote.is_null()) {
    const auto shown = decode(read.octets, engine_);
    const auto author = parse_chat_id(text_at(quote, "participant"));
    const Person who = author ? person_of(*author, info) : Person();
    quote["participant"] = text_or_null(chat_id(who));
    quote["sender"] = who.empty() ? Json()
                                  : Json{{"pn", text_or_null(chat_id(who.pn))},
                                         {"lid", text_or_null(chat_id(who.lid))}};
    quote["_data"] = shown ? quoted_data(*shown) : Json::object();
  }
  out.key("replyTo").raw(dump(quote));
  out.key("_data").raw(data_of(info, read));
}

std::string Payloads::message(const MessageInfo& info, ByteView octets, Ack ack, bool api) const {
  JsonWriter out;
  out.begin_object();
  write_message(out, info, Read(octets, engine_), ack, api);
  return out.end_object().take();
}

std::vector<Event> Payloads::events_of(const MessageInfo& info, ByteView octets, Ack ack, bool api,
                                       const Before& before) const {
  const Read read(octets, engine_);
  const Json& content = *read.content;
  std::string order = chat_id(info);
  // What cannot be read at all is still told: somebody wrote something.
  const Meaning what = read.readable ? meaning(content) : Meaning::Message;
  if (what == Meaning::Nothing || info.category == "peer") {
    return {};
  }
  const Json* key = target_key(content);
  const std::string target = key == nullptr ? std::string() : text_at(*key, "id");
  JsonWriter out;
  out.begin_object();
  switch (what) {
    case Meaning::Reaction:
      write_base(out, info);
      out.member("timestamp", info.timestamp_s).member("source", api ? "api" : "app");
      out.key("reaction").begin_object();
      out.member("text", text_at(content, "reactionMessage.text"));
      out.member("messageId", key == nullptr ? "" : name_of(*key, info).to_string());
      out.end_object().key("_data").raw(data_of(info, read)).end_object();
      return {{"message.reaction", out.take(), std::move(order)}};
    case Meaning::Edit:
      write_message(out, info, read, ack, api);
      out.member("editedMessageId", target).end_object();
      return {{"message.edited", out.take(), std::move(order)}};
    case Meaning::Revoke: {
      out.key("after").begin_object();
      write_message(out, info, read, ack, api);
      out.end_object();
      const std::string known = before ? before(target) : std::string();
      out.key("before").raw(known.empty() ? "null" : known);
      out.member("revokedMessageId", target);
      out.key("_data").raw(data_of(info, read)).end_object();
      return {{"message.revoked", out.take(), std::move(order)}};
    }
    default:
      break;
  }
  write_message(out, info, read, ack, api);
  std::string json = out.end_object().take();
  if (info.from_me) {
    return {{"message.any", std::move(json), std::move(order)}};
  }
  return {{"message", json, order}, {"message.any", std::move(json), std::move(order)}};
}

Event Payloads::waiting(const UnreadableMessage& message) const {
  using Why = UnreadableMessage::Why;
  static constexpr std::string_view kReasons[] = {"undecryptable", "lost", "view_once",
                                                  "unavailable"};
  const MessageInfo& info = message.info;
  const bool once = message.why == Why::ViewOnce;
  Json data = Json::parse(data_of(info, Read({}, engine_)));
  if (engine_ == Dialect::Whatsmeow) {  // events.UndecryptableMessage
    data["IsUnavailable"] = once || message.why == Why::Unavailable;
    data["UnavailableType"] = once ? "view_once" : "";
  } else {
    constexpr int kCiphertext = 2;  // WebMessageInfo.StubType
    data["messageStubType"] = kCiphertext;
    data["messageStubParameters"] = Json::array({message.detail});
  }
  JsonWriter out;
  out.begin_object();
  write_base(out, info);
  out.member("timestamp", info.timestamp_s);
  out.member("reason", kReasons[static_cast<std::size_t>(message.why)]);
  out.key("detail").raw(dump(message.detail.empty() ? Json() : Json(message.detail)));
  out.member("final", message.why == Why::Lost || once);
  out.key("_data").raw(dump(data));
  return {"message.waiting", out.end_object().take(), chat_id(info)};
}

Event Payloads::ack(const MessageInfo& info, Ack ack, const SendResult* failure) const {
  JsonWriter out;
  out.begin_object();
  write_base(out, info);
  write_ack(out, ack);
  if (failure != nullptr) {
    out.key("error").begin_object().key("code");
    failure->code == 0 ? out.null() : out.number(std::int64_t{failure->code});
    out.member("reason", failure->reason).member("message", failure->text).end_object();
  }
  out.key("_data").raw(data_of(info, Read({}, engine_)));
  return {info.group ? "message.ack.group" : "message.ack", out.end_object().take(), chat_id(info)};
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
    const std::string chat = chat_id(info);
    JsonWriter out;
    out.begin_object();
    out.member("id", message_name(info)).member("from", chat).member("fromMe", info.from_me);
    out.key("to").text_or_null(info.group ? std::string_view(chat) : "");
    // In groups one for each member.
    out.key("participant").text_or_null(news.group ? chat_id(news.sender) : std::string());
    write_person(out, "sender", news.sender);
    write_person(out, "peer", info.peer);
    write_ack(out, ack);
    if (ack == Ack::Error) {
      out.key("error").begin_object().key("code").null().member("reason", "device_gave_up");
      out.member("message", "A device of the recipient could not read the message").end_object();
    }
    out.key("_data").raw(dump(engine_ == Dialect::Whatsmeow
                                  ? whatsmeow_receipt(news, id)
                                  : baileys_receipt(news, id, !own_reading)));
    events.push_back(
        {news.group ? "message.ack.group" : "message.ack", out.end_object().take(), chat});
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
