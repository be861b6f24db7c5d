// SPDX-License-Identifier: Apache-2.0
// Members of payloads, taken one by one. "from" is the sender and "to" the recipient with WEBJS.
#include "payloads.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include <nlohmann/json.hpp>

#include <waxwing/plugin.hpp>

#include "json_values.hpp"

namespace webjs {
namespace {

namespace wp = waxwing::plugin;

constexpr std::size_t kMaxId = 256;

Json person_of(const Json& object, const char* key) {
  const Json& value = member(object, key);
  return value.is_object()
             ? Json{{"pn", text_or_null(value, "pn")}, {"lid", text_or_null(value, "lid")}}
             : Json();
}

const char* ack_name(std::int64_t ack) {
  constexpr std::array kNames = {"ERROR", "PENDING", "SERVER", "DEVICE", "READ", "PLAYED"};
  return ack < -1 || ack > 4 ? "UNKNOWN" : kNames.at(static_cast<std::size_t>(ack + 1));
}

// WhatsApp Web knows further ones, of newsletters and bots.
std::int64_t ack_of(const Json& told) {
  return std::clamp<std::int64_t>(number_of(told, "ack"), -1, 4);
}

// Who, where, which; null when it names no message.
Json base(const Json& told) {
  const std::string id = text_of(told, "id");
  if (id.empty() || id.size() > kMaxId || text_of(told, "chat").empty()) {
    return nullptr;
  }
  Json author = text_or_null(told, "participant");
  return {{"id", id},
          {"from", text_of(told, "from")},
          {"fromMe", flag_of(told, "fromMe")},
          {"to", text_or_null(told, "to")},
          {"participant", author},
          {"author", std::move(author)},
          {"sender", person_of(told, "sender")},
          {"peer", person_of(told, "peer")}};
}

Json file_of(const Json& told) {
  const Json& file = member(told, "file");
  return file.is_object() ? Json{{"url", nullptr},
                                 {"mimetype", text_of(file, "mimetype")},
                                 {"filename", text_or_null(file, "filename")}}
                          : Json();
}

Json location_of(const Json& told) {
  const Json& place = member(told, "location");
  if (!place.is_object()) {
    return nullptr;
  }
  Json out = {{"latitude", text_of(place, "latitude")},
              {"longitude", text_of(place, "longitude")},
              {"live", flag_of(place, "live")}};
  for (const char* key : {"name", "address", "url", "description", "thumbnail"}) {
    out[key] = text_or_null(place, key);
  }
  return out;
}

Json cards_of(const Json& told) {
  const Json& given = member(told, "vCards");
  if (!given.is_array()) {
    return nullptr;
  }
  Json cards = Json::array();
  std::copy_if(given.begin(), given.end(), std::back_inserter(cards),
               [](const Json& card) { return card.is_string(); });
  return cards;
}

Json quote_of(const Json& told) {
  const Json& quote = member(told, "replyTo");
  return quote.is_object() ? Json{{"id", text_of(quote, "id")},
                                  {"participant", text_or_null(quote, "participant")},
                                  {"body", text_or_null(quote, "body")},
                                  {"hasMedia", flag_of(quote, "hasMedia")},
                                  {"media", nullptr},
                                  {"_data", object_of(quote, "_data")}}
                           : Json();
}

// A WAMessage, or null.
Json message_of(const Json& told) {
  Json out = base(told);
  if (out.is_null()) {
    return out;
  }
  Json file = file_of(told);
  const std::int64_t ack = ack_of(told);
  out["timestamp"] = number_of(told, "timestamp");
  out["source"] = flag_of(told, "api") ? "api" : "app";
  out["body"] = text_or_null(told, "body");
  out["hasMedia"] = !file.is_null();
  out["media"] = std::move(file);
  out["mediaUrl"] = nullptr;
  out["ack"] = ack;
  out["ackName"] = ack_name(ack);
  out["location"] = location_of(told);
  out["vCards"] = cards_of(told);
  out["replyTo"] = quote_of(told);
  out["_data"] = object_of(told, "data");
  return out;
}

Json presence_of(const Json& told) {
  constexpr std::array kStates = {"offline", "online", "typing", "recording", "paused"};
  Json presences = Json::array();
  if (const Json& given = member(told, "presences"); given.is_array()) {
    for (const Json& each : given) {
      const std::string state = text_of(each, "state");
      if (std::find(kStates.begin(), kStates.end(), state) == kStates.end()) {
        continue;
      }
      const std::int64_t seen = number_of(each, "lastSeen");
      presences.push_back({{"participant", text_of(each, "participant")},
                           {"pn", text_or_null(each, "pn")},
                           {"lid", text_or_null(each, "lid")},
                           {"lastSeen", seen > 0 ? Json(seen) : Json()},
                           {"lastKnownPresence", state}});
    }
  }
  return {{"id", text_of(told, "chat")}, {"presences", std::move(presences)}};
}

using Events = std::vector<News>;

Events one(const char* type, const Json& payload, const Json& told) {
  return payload.is_null() ? Events{} : Events{{type, dump(payload), text_of(told, "chat")}};
}

Events message_news(const Json& told) {
  const Json payload = message_of(told);
  Events events = one("message.any", payload, told);
  if (!events.empty() && !flag_of(told, "fromMe")) {
    events.insert(events.begin(), {"message", events[0].json, events[0].order_key});
  }
  return events;
}

Events waiting_news(const Json& told) {
  Json payload = base(told);
  if (!payload.is_null()) {
    payload["timestamp"] = number_of(told, "timestamp");
    payload["_data"] = object_of(told, "data");
  }
  return one("message.waiting", payload, told);
}

Events ack_news(const Json& told) {
  Json payload = base(told);
  if (payload.is_null()) {
    return {};
  }
  const std::int64_t ack = ack_of(told);
  payload["ack"] = ack;
  payload["ackName"] = ack_name(ack);
  if (ack < 0) {
    payload["error"] = {{"code", nullptr},
                        {"reason", "not_sent"},
                        {"message", "WhatsApp Web could not send the message"}};
  }
  payload["_data"] = object_of(told, "data");
  return one(flag_of(told, "group") ? "message.ack.group" : "message.ack", payload, told);
}

Events reaction_news(const Json& told) {
  Json payload = base(told);
  const Json& reaction = member(told, "reaction");
  if (payload.is_null() || !reaction.is_object()) {
    return {};
  }
  payload["timestamp"] = number_of(told, "timestamp");
  payload["source"] = flag_of(told, "api") ? "api" : "app";
  payload["reaction"] = {{"text", text_of(reaction, "text")},
                         {"messageId", text_of(reaction, "messageId")}};
  payload["_data"] = object_of(told, "data");
  return one("message.reaction", payload, told);
}

Events edit_news(const Json& told) {
  Json payload = message_of(told);
  if (!payload.is_null()) {
    payload["editedMessageId"] = text_of(told, "editedMessageId");
  }
  return one("message.edited", payload, told);
}

Events revoke_news(const Json& told) {
  const Json& after = member(told, "after");
  Json payload = message_of(after);
  if (payload.is_null()) {
    return {};
  }
  return one("message.revoked",
             {{"after", std::move(payload)},
              {"before", message_of(member(told, "before"))},
              {"revokedMessageId", text_of(told, "revokedMessageId")},
              {"_data", Json::object()}},
             after);
}

Events presence_news(const Json& told) {
  return text_of(told, "chat").empty() ? Events{} : one("presence.update", presence_of(told), told);
}

struct Kind {
  std::string_view told;
  Events (*read)(const Json&);
};
constexpr std::array kKinds = {
    Kind{"page.message", message_news},   Kind{"page.waiting", waiting_news},
    Kind{"page.ack", ack_news},           Kind{"page.reaction", reaction_news},
    Kind{"page.edited", edit_news},       Kind{"page.revoked", revoke_news},
    Kind{"page.presence", presence_news},
};

const Kind* find_kind(std::string_view told) {
  const auto* it = std::find_if(kKinds.begin(), kKinds.end(),
                                [&](const Kind& kind) { return kind.told == told; });
  return it == kKinds.end() ? nullptr : it;
}

bool is_digits(std::string_view text, std::string_view also = "") {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || also.find(c) != std::string_view::npos;
  });
}

// A result without a message's form is passed on member by member.
void read_group_arguments(Json& arguments) {
  if (const std::string id = text_of(arguments, "id"); !id.empty()) {
    arguments["id"] = chat_id_of(id, "id");
  }
  if (const auto it = arguments.find("participants"); it != arguments.end() && it->is_array()) {
    for (Json& who : *it) {
      who = {{"id", chat_id_of(text_of(who, "id"), "participants")}};
    }
  }
}

bool is_plain_answer(std::string_view operation) {
  constexpr std::array kNames = {"messages.sendSeen", "messages.newId", "presence.set",
                                 "presence.subscribe", "contacts.checkExists"};
  return operation.substr(0, 7) == "groups." ||
         std::find(kNames.begin(), kNames.end(), operation) != kNames.end();
}

}  // namespace

bool is_news(std::string_view told) {
  return find_kind(told) != nullptr;
}

std::vector<News> news_of(std::string_view told, const Json& data) {
  const Kind* kind = find_kind(told);
  return kind == nullptr || !data.is_object() ? Events{} : kind->read(data);
}

Json answer_of(std::string_view operation, const Json& result) {
  if (operation == "presence.get") {
    return presence_of(result);
  }
  if (operation == "presence.list") {
    Json all = Json::array();
    for (const Json& each : result.is_array() ? result : Json::array()) {
      all.push_back(presence_of(each));
    }
    return all;
  }
  if (is_plain_answer(operation)) {
    return result.is_structured() ? result : Json();
  }
  return message_of(result);
}

std::string chat_id_of(std::string_view given, std::string_view field) {
  const auto at = given.find('@');
  std::string user(given.substr(0, at));
  std::string_view server = at == std::string_view::npos ? "c.us" : given.substr(at + 1);
  if (at == std::string_view::npos) {  // a phone number, as people write them
    std::string digits;
    std::copy_if(user.begin(), user.end(), std::back_inserter(digits),
                 [](char c) { return c >= '0' && c <= '9'; });
    user = is_digits(user, "+-() .") && digits.size() >= 5 && digits.size() <= 15 ? digits : "";
  }
  if (server == "s.whatsapp.net") {
    server = "c.us";
  }
  const bool person = (server == "c.us" || server == "lid") && is_digits(user);
  if (!person && !(server == "g.us" && is_digits(user, "-"))) {
    throw wp::Error(
        WAX_E_INVALID,
        std::string(field) + " must be a chat id such as 123456789@c.us, or a phone number");
  }
  return user + "@" + std::string(server);
}

Json arguments_of(std::string_view operation, Json arguments) {
  if (!arguments.is_object()) {
    throw wp::Error(WAX_E_INVALID, "the request must be a JSON object");
  }
  for (const char* field : {"chatId", "phone"}) {
    if (const std::string given = text_of(arguments, field); !given.empty()) {
      arguments[field] = chat_id_of(given, field);
    }
  }
  if (operation.substr(0, 7) == "groups.") {
    read_group_arguments(arguments);
  }
  if (const auto it = arguments.find("mentions"); it != arguments.end() && it->is_array()) {
    for (Json& who : *it) {
      if (who != "all") {
        who = chat_id_of(who.is_string() ? who.get<std::string>() : "", "mentions");
        if (who.get_ref<const std::string&>().find("@g.us") != std::string::npos) {
          throw wp::Error(WAX_E_INVALID, "mentions must be chat ids of people, or \"all\"");
        }
      }
    }
  }
  const std::string presence = text_of(arguments, "presence");
  constexpr std::array kPresences = {"offline", "online", "typing", "recording", "paused"};
  if (operation == "presence.set") {
    if (std::find(kPresences.begin(), kPresences.end(), presence) == kPresences.end()) {
      throw wp::Error(WAX_E_INVALID,
                      "presence must be one of offline, online, typing, recording, paused");
    }
    if (presence != "online" && presence != "offline" && text_of(arguments, "chatId").empty()) {
      throw wp::Error(WAX_E_INVALID, "chatId should not be empty for typing, recording and paused");
    }
  }
  return arguments;
}

}  // namespace webjs
