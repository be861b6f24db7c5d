// SPDX-License-Identifier: Apache-2.0
// Members of payloads, taken one by one. "from" is the sender and "to" the recipient with WEBJS.
#include "payloads.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include <nlohmann/json.hpp>

#include "json_values.hpp"

namespace webjs {
namespace {

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
                                  {"sender", person_of(quote, "sender")},
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

Json participants_of(const Json& told) {
  constexpr std::array kRoles = {"left", "participant", "admin", "superadmin"};
  Json out = Json::array();
  if (const Json& given = member(told, "participants"); given.is_array()) {
    for (const Json& each : given) {
      const std::string role = text_of(each, "role");
      if (text_of(each, "id").empty() ||
          std::find(kRoles.begin(), kRoles.end(), role) == kRoles.end()) {
        continue;
      }
      Json one = {{"id", text_of(each, "id")}, {"role", role}};
      for (const char* name : {"pn", "lid"}) {
        if (const std::string known = text_of(each, name); !known.empty()) {
          one[name] = known;
        }
      }
      out.push_back(std::move(one));
    }
  }
  return out;
}

// What is there of a group's name and settings.
Json group_of(const Json& told, const std::string& id) {
  const Json& given = member(told, "group");
  Json out = {{"id", id}};
  for (const char* key : {"subject", "description"}) {
    if (const Json& value = member(given, key); value.is_string()) {
      out[key] = value;
    }
  }
  for (const char* key :
       {"membersCanAddNewMember", "membersCanSendMessages", "newMembersApprovalRequired"}) {
    if (const Json& value = member(given, key); value.is_boolean()) {
      out[key] = value;
    }
  }
  return out;
}

Events group_news(const Json& told) {
  const std::string id = text_of(told, "chat");
  const std::string kind = text_of(told, "kind");
  if (id.empty() || id.size() > kMaxId) {
    return {};
  }
  Json payload = {{"timestamp", number_of(told, "timestamp")},
                  {"group", {{"id", id}}},
                  {"_data", object_of(told, "data")}};
  if (kind == "join") {
    payload["group"] = group_of(told, id);
    payload["group"]["participants"] = participants_of(member(told, "group"));
    return one("group.v2.join", payload, told);
  }
  if (kind == "leave") {
    return one("group.v2.leave", payload, told);
  }
  if (kind == "update") {
    payload["group"] = group_of(told, id);
    return one("group.v2.update", payload, told);
  }
  constexpr std::array kTypes = {"join", "leave", "promote", "demote"};
  const std::string type = text_of(told, "type");
  if (kind != "participants" || std::find(kTypes.begin(), kTypes.end(), type) == kTypes.end()) {
    return {};
  }
  payload["type"] = type;
  payload["participants"] = participants_of(told);
  return one("group.v2.participants", payload, told);
}

struct Kind {
  std::string_view told;
  Events (*read)(const Json&);
};
constexpr std::array kKinds = {
    Kind{"page.message", message_news},   Kind{"page.waiting", waiting_news},
    Kind{"page.ack", ack_news},           Kind{"page.reaction", reaction_news},
    Kind{"page.edited", edit_news},       Kind{"page.revoked", revoke_news},
    Kind{"page.presence", presence_news}, Kind{"page.group", group_news},
};

const Kind* find_kind(std::string_view told) {
  const auto* it = std::find_if(kKinds.begin(), kKinds.end(),
                                [&](const Kind& kind) { return kind.told == told; });
  return it == kKinds.end() ? nullptr : it;
}

// A result without a message's form is passed on member by member.
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

}  // namespace webjs
