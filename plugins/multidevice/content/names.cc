// SPDX-License-Identifier: Apache-2.0
// Chat ids and message ids.
#include "multidevice/content/names.hpp"

#include <algorithm>
#include <array>

namespace waxwing::multidevice::content {
namespace {

bool all_digits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::string chat_id(const Jid& jid) {
  if (jid.empty()) {
    return {};
  }
  std::string out = jid.user + "@";
  out += jid.server == server::kUser ? server::kLegacyUser : std::string_view(jid.server);
  return out;
}

std::string chat_id(const Person& person) {
  return chat_id(person.any());
}

std::string chat_id(const MessageInfo& info) {
  return info.group || info.peer.empty() ? chat_id(info.chat) : chat_id(info.peer);
}

std::string phone_digits(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      digits += c;
    } else if (std::string_view("+-() .").find(c) == std::string_view::npos) {
      return {};
    }
  }
  return digits.size() < 5 || digits.size() > 15 ? std::string() : digits;
}

std::optional<Jid> parse_chat_id(std::string_view text) {
  const auto at = text.find('@');
  if (at == std::string_view::npos) {
    const std::string digits = phone_digits(text);
    return digits.empty() ? std::nullopt : std::optional(Jid::of_user(digits, server::kUser));
  }
  auto jid = Jid::parse(text);
  if (!jid || jid->user.empty()) {
    return std::nullopt;
  }
  if (jid->server == server::kLegacyUser) {
    jid->server = server::kUser;
  }
  static constexpr std::array kServers = {server::kUser, server::kLid, server::kGroup,
                                          server::kBroadcast, server::kNewsletter};
  if (std::find(kServers.begin(), kServers.end(), jid->server) == kServers.end()) {
    return std::nullopt;
  }
  if (jid->is_person() && !all_digits(jid->user)) {
    return std::nullopt;
  }
  return jid->without_device();
}

std::string MessageName::to_string() const {
  std::string out = from_me ? "true_" : "false_";
  out += chat_id(chat) + "_" + id;
  if (!participant.empty()) {
    out += "_" + chat_id(participant);
  }
  return out;
}

std::optional<MessageName> MessageName::parse(std::string_view text) {
  MessageName name;
  if (text.starts_with("true_")) {
    name.from_me = true;
    text.remove_prefix(5);
  } else if (text.starts_with("false_")) {
    text.remove_prefix(6);
  } else {
    return std::nullopt;
  }
  const auto after_chat = text.find('_');
  if (after_chat == std::string_view::npos) {
    return std::nullopt;
  }
  const auto chat = parse_chat_id(text.substr(0, after_chat));
  text.remove_prefix(after_chat + 1);
  const auto after_id = text.find('_');
  name.id = text.substr(0, after_id);
  if (!chat || name.id.empty()) {
    return std::nullopt;
  }
  name.chat = *chat;
  if (after_id != std::string_view::npos) {
    const auto participant = parse_chat_id(text.substr(after_id + 1));
    if (!participant || !participant->is_person()) {
      return std::nullopt;
    }
    name.participant = *participant;
  }
  return name;
}

std::string message_name(const MessageInfo& info) {
  std::string out = info.from_me ? "true_" : "false_";
  out += chat_id(info) + "_" + info.id;
  if (info.group) {
    out += "_" + chat_id(info.sender);
  }
  return out;
}

}  // namespace waxwing::multidevice::content
