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

TextRequest parse_text_request(std::string_view json) {
  const Json root = parse_object(json);
  TextRequest r;
  r.chat_id = parse_chat_id(root);
  r.text = text_of(root, "text", true);
  r.reply_to = text_of(root, "reply_to", false);
  r.message_id = text_of(root, "id", false);
  return r;
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

std::string to_json(const Message& m, const Account& account) {
  Json json = {{"id", m.id},
               {"timestamp", m.timestamp_s},
               {"from", m.chat_id},
               {"fromMe", m.from_me},
               {"source", m.from_me ? "api" : "app"},
               {"to", is_group(m.chat_id) ? Json(m.chat_id) : Json(nullptr)},
               {"participant", nullptr},
               {"body", m.body},
               {"hasMedia", false},
               {"media", nullptr},
               {"mediaUrl", nullptr},
               {"ack", 1},
               {"ackName", "SERVER"},
               {"replyTo", nullptr},
               {"vCards", Json::array()},
               {"_data", Json::object()}};
  if (is_group(m.chat_id)) {
    json["participant"] = account.id;
  }
  if (!m.reply_to.empty()) {
    json["replyTo"] = {{"id", m.reply_to}};
  }
  if (!m.echo_of.empty()) {
    json["_data"]["echoOf"] = m.echo_of;
  }
  return dump(json);
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
