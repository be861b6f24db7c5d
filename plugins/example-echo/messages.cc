// SPDX-License-Identifier: Apache-2.0
// JSON in and out of the echo engine.
#include "messages.hpp"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include <waxwing/plugin.hpp>

#include "pairing.hpp"

namespace echo {
namespace {

namespace wp = waxwing::plugin;
using Json = nlohmann::json;

constexpr std::string_view kUser = "@c.us";
constexpr std::string_view kGroup = "@g.us";

[[noreturn]] void invalid(const std::string& text) {
  throw wp::Error(WAX_E_INVALID, text);
}

Json parse_object(std::string_view json) {
  Json root = Json::parse(json, nullptr, false);
  if (!root.is_object()) {
    invalid("the request must be a JSON object");
  }
  return root;
}

std::string text_of(const Json& object, const char* key, bool required) {
  const auto it = object.find(key);
  if (it == object.end() || it->is_null()) {
    if (required) {
      invalid(std::string(key) + " should not be empty");
    }
    return {};
  }
  if (!it->is_string()) {
    invalid(std::string(key) + " must be a string");
  }
  auto text = it->get<std::string>();
  if (required && text.empty()) {
    invalid(std::string(key) + " should not be empty");
  }
  return text;
}

// Empty when there is none and it may be left out.
Json list_of(const Json& object, const char* key) {
  const auto it = object.find(key);
  if (it == object.end() || it->is_null()) {
    return Json::array();
  }
  if (!it->is_array()) {
    invalid(std::string(key) + " must be a list");
  }
  return *it;
}

bool is_digits(std::string_view s) {
  return !s.empty() && std::all_of(s.begin(), s.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// E.164 without the plus sign.
bool is_phone(std::string_view s) {
  return is_digits(s) && s.size() >= 5 && s.size() <= 15;
}

// Drops what people put between the digits.
std::string strip_phone(std::string_view s) {
  std::string digits;
  for (const char c : s) {
    if (std::string_view("+-() .").find(c) == std::string_view::npos) {
      digits += c;
    }
  }
  return digits;
}

std::string parse_phone(const Json& object, const char* key) {
  std::string phone = strip_phone(text_of(object, key, true));
  if (!is_phone(phone)) {
    invalid(std::string(key) + " must be a phone number: 5 to 15 digits");
  }
  return phone;
}

std::string parse_chat_id(const Json& object) {
  std::string chat = text_of(object, "chatId", true);
  if (is_phone(chat)) {
    return chat.append(kUser);
  }
  constexpr std::array<std::string_view, 6> kDomains = {kUser,  kGroup,       "@newsletter",
                                                        "@lid", "@broadcast", "@s.whatsapp.net"};
  const std::size_t at = chat.find('@');
  const bool known = at != std::string::npos && at > 0 &&
                     std::find(kDomains.begin(), kDomains.end(),
                               std::string_view(chat).substr(at)) != kDomains.end();
  if (!known) {
    invalid("chatId must be a phone number or a chat id such as 123456789@c.us");
  }
  if (std::string_view(chat).substr(at) == kDomains.back()) {
    chat.replace(at, std::string::npos, kUser);
  }
  return chat;
}

SendRequest parse_send_request(const Json& root) {
  SendRequest r;
  r.chat_id = parse_chat_id(root);
  r.reply_to = text_of(root, "reply_to", false);
  r.message_id = text_of(root, "id", false);
  return r;
}

bool is_group(std::string_view chat_id) {
  return chat_id.size() > kGroup.size() && chat_id.substr(chat_id.size() - kGroup.size()) == kGroup;
}

// The texts come from other people: octets that are no UTF-8 are replaced, never thrown over.
std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

Account make_account(std::string_view phone, std::string_view push_name) {
  Account a;
  a.phone = phone;
  a.push_name = push_name;
  a.id = a.phone + std::string(kUser);
  a.lid = std::to_string(100'000'000'000'000 + stable_hash(phone) % 100'000'000'000'000) + "@lid";
  a.jid = a.phone + ":1@s.whatsapp.net";
  return a;
}

std::string to_json(const Account& account) {
  return dump({{"phone", account.phone}, {"pushName", account.push_name}});
}

Account parse_account(std::string_view json) {
  const Json root = parse_object(json);
  return make_account(text_of(root, "phone", true), text_of(root, "pushName", false));
}

SendRequest parse_text_request(std::string_view json) {
  const Json root = parse_object(json);
  SendRequest r = parse_send_request(root);
  r.text = text_of(root, "text", true);
  return r;
}

SendRequest parse_location_request(std::string_view json) {
  const Json root = parse_object(json);
  SendRequest r = parse_send_request(root);
  const auto degrees = [&](const char* key) {
    const auto it = root.find(key);
    if (it == root.end() || !it->is_number()) {
      invalid(std::string(key) + " must be a number");
    }
    return it->dump();
  };
  r.more = dump({{"body", nullptr},
                 {"location",
                  {{"latitude", degrees("latitude")},
                   {"longitude", degrees("longitude")},
                   {"live", false},
                   {"name", root.value("title", Json())},
                   {"address", root.value("address", Json())},
                   {"url", root.value("url", Json())}}}});
  return r;
}

SendRequest parse_contacts_request(std::string_view json) {
  const Json root = parse_object(json);
  SendRequest r = parse_send_request(root);
  Json cards = Json::array();
  for (const Json& contact : list_of(root, "contacts")) {
    if (!contact.is_object()) {
      invalid("contacts must be a list of objects");
    }
    std::string card = text_of(contact, "vcard", false);
    if (card.empty()) {
      card = "BEGIN:VCARD\nVERSION:3.0\nFN:" + text_of(contact, "fullName", true) +
             "\nTEL:" + text_of(contact, "phoneNumber", true) + "\nEND:VCARD";
    }
    cards.push_back(std::move(card));
  }
  if (cards.empty()) {
    invalid("contacts should not be empty");
  }
  r.more = dump({{"body", nullptr}, {"vCards", std::move(cards)}});
  return r;
}

ChangeRequest parse_change_request(std::string_view json, const char* text_key) {
  const Json root = parse_object(json);
  ChangeRequest r;
  r.message_id = text_of(root, "messageId", true);
  if (text_key != nullptr) {
    r.text = text_of(root, text_key, false);
  }
  if (root.contains("chatId")) {
    r.chat_id = parse_chat_id(root);
    return r;
  }
  const auto begin = r.message_id.find('_');
  const auto end = begin == std::string::npos ? begin : r.message_id.find('_', begin + 1);
  if (end == std::string::npos) {
    invalid("messageId must be a message id such as true_123456789@c.us_AAAA");
  }
  r.chat_id = r.message_id.substr(begin + 1, end - begin - 1);
  return r;
}

SeenRequest parse_seen_request(std::string_view json) {
  const Json root = parse_object(json);
  SeenRequest r;
  r.chat_id = parse_chat_id(root);
  for (const Json& id : list_of(root, "messageIds")) {
    if (!id.is_string()) {
      invalid("messageIds must be a list of message ids");
    }
    r.message_ids.push_back(id.get<std::string>());
  }
  if (std::string one = text_of(root, "messageId", false); !one.empty()) {
    r.message_ids.push_back(std::move(one));
  }
  return r;
}

std::string parse_chat(std::string_view json) {
  return parse_chat_id(parse_object(json));
}

std::string parse_code_phone(std::string_view json) {
  const Json root = parse_object(json);
  std::string phone = parse_phone(root, "phoneNumber");
  if (!text_of(root, "method", false).empty()) {
    throw wp::Error(WAX_E_UNSUPPORTED, "method is not supported: a code is shown here, not sent");
  }
  return phone;
}

std::string parse_check_phone(std::string_view json) {
  return parse_phone(parse_object(json), "phone");
}

std::string message_id(bool from_me, std::string_view chat_id, std::string_view bare_id,
                       std::string_view sender) {
  std::string id = from_me ? "true_" : "false_";
  id.append(chat_id).append("_").append(bare_id);
  if (is_group(chat_id)) {
    id.append("_").append(sender);
  }
  return id;
}

std::string bare_id(std::string_view message_id) {
  for (const std::string_view side : {"true_", "false_"}) {
    if (message_id.substr(0, side.size()) == side) {
      message_id.remove_prefix(std::min(message_id.find('_', side.size()), message_id.size() - 1));
      message_id.remove_prefix(1);
      return std::string(message_id.substr(0, message_id.find('_')));
    }
  }
  return std::string(message_id);
}

namespace {

// What payloads of messages, acknowledgements and reactions share.
Json base_payload(const Message& m, const Account& account) {
  return {{"id", m.id},
          {"from", m.chat_id},
          {"fromMe", m.from_me},
          {"to", is_group(m.chat_id) ? Json(m.chat_id) : Json(nullptr)},
          {"participant", is_group(m.chat_id) ? Json(account.id) : Json(nullptr)},
          {"_data", Json::object()}};
}

Json payload(const Message& m, const Account& account) {
  Json json = base_payload(m, account);
  json["timestamp"] = m.timestamp_s;
  json["source"] = m.from_me ? "api" : "app";
  json["body"] = m.body;
  json["hasMedia"] = false;
  json["media"] = nullptr;
  json["mediaUrl"] = nullptr;
  json["ack"] = 1;
  json["ackName"] = "SERVER";
  json["replyTo"] = nullptr;
  json["vCards"] = Json::array();
  if (!m.more.empty()) {
    json.update(Json::parse(m.more));
  }
  if (!m.reply_to.empty()) {
    json["replyTo"] = {{"id", m.reply_to}};
  }
  if (!m.echo_of.empty()) {
    json["_data"]["echoOf"] = m.echo_of;
  }
  return json;
}

}  // namespace

std::string to_json(const Message& message, const Account& account) {
  return dump(payload(message, account));
}

std::string read_json(const Message& message, const Account& account) {
  Json json = base_payload(message, account);
  json["ack"] = 3;
  json["ackName"] = "READ";
  return dump(json);
}

std::string reaction_json(const Message& message, const Account& account,
                          const ChangeRequest& change) {
  Json json = base_payload(message, account);
  json["timestamp"] = message.timestamp_s;
  json["source"] = "api";
  json["reaction"] = {{"text", change.text}, {"messageId", change.message_id}};
  return dump(json);
}

std::string edited_json(const Message& message, const Account& account,
                        const ChangeRequest& change) {
  Json json = payload(message, account);
  json["editedMessageId"] = bare_id(change.message_id);
  return dump(json);
}

std::string revoked_json(const Message& message, const Account& account,
                         const ChangeRequest& change, const Message* before) {
  return dump({{"after", payload(message, account)},
               {"before", before == nullptr ? Json(nullptr) : payload(*before, account)},
               {"revokedMessageId", bare_id(change.message_id)},
               {"_data", Json::object()}});
}

std::string id_json(std::string_view id) {
  return dump({{"id", id}});
}

std::string ids_json(const std::vector<std::string>& ids) {
  return dump({{"ids", ids}});
}

std::string result_json() {
  return dump({{"result", true}});
}

std::string presence_json(std::string_view chat_id) {
  Json someone = {{"participant", chat_id}, {"lastSeen", nullptr}, {"lastKnownPresence", "online"}};
  return dump({{"id", chat_id}, {"presences", Json::array({std::move(someone)})}});
}

std::string code_json(std::string_view code) {
  return dump({{"code", code}});
}

std::string check_json(bool exists, std::string_view phone) {
  Json json = {{"numberExists", exists}};
  if (exists) {
    json["chatId"] = std::string(phone) + std::string(kUser);
  }
  return dump(json);
}

std::string engine_info_json(std::string_view proxy_url) {
  return dump({{"proxy", proxy_url.empty() ? Json(nullptr) : Json(proxy_url)}});
}

}  // namespace echo
