// SPDX-License-Identifier: Apache-2.0
// The names that callers know chats, people and messages by, and the addresses behind them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "multidevice/binary/jid.hpp"
#include "multidevice/message/types.hpp"

namespace waxwing::multidevice::content {

// "15550001001@c.us", "100000000000001@lid", "123@g.us", "status@broadcast"; without device, empty
// for nobody.
[[nodiscard]] std::string chat_id(const Jid& jid);
// By number where that is known: one name for one person.
[[nodiscard]] std::string chat_id(const Person& person);
// Of the chat that a message is in.
[[nodiscard]] std::string chat_id(const MessageInfo& info);

// A chat id, or a phone number as people write it ("+1 (555) 000-1001"). Nothing when it is
// neither.
[[nodiscard]] std::optional<Jid> parse_chat_id(std::string_view text);
// The digits of a phone number in international form (5 to 15), or empty.
[[nodiscard]] std::string phone_digits(std::string_view text);

// "{true|false}_{chat}_{id}[_{participant}]".
struct MessageName {
  bool from_me = false;
  Jid chat;
  std::string id;
  Jid participant;  // the author in a group or broadcast; empty otherwise

  [[nodiscard]] std::string to_string() const;
  // Nothing when it is not of this form.
  [[nodiscard]] static std::optional<MessageName> parse(std::string_view text);
};
[[nodiscard]] std::string message_name(const MessageInfo& info);

}  // namespace waxwing::multidevice::content
