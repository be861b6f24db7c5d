// SPDX-License-Identifier: Apache-2.0
// What an operation's arguments become: the content of a message and how its stanza is marked.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "multidevice/base/result.hpp"
#include "multidevice/content/names.hpp"
#include "multidevice/message/types.hpp"

namespace waxwing::multidevice::content {

struct Draft {
  nlohmann::json message;  // Dialect::Plain
  std::string type = "text";
  std::string mediatype;
  std::string edit;
  bool hide_fail = false;
};

// What is answered: who wrote which message, and what was in it where that is still known.
struct Quote {
  std::string id;
  Jid author;
  nlohmann::json message;  // null: not known
  Jid chat = {};           // where it was said, if that is another chat than the answer's
};

// Of arguments that hold by the operation's schema. Fault::Argument names the field that does not.
[[nodiscard]] Draft text_draft(const nlohmann::json& arguments);
[[nodiscard]] Draft location_draft(const nlohmann::json& arguments);
[[nodiscard]] Result<Draft> contacts_draft(const nlohmann::json& arguments);

// `target` is a message in the chat that the draft goes to.
[[nodiscard]] Draft reaction_draft(const MessageName& target, std::string_view emoji,
                                   std::int64_t now_ms);
[[nodiscard]] Draft edit_draft(const MessageName& target, Draft replacement, std::int64_t now_ms);
[[nodiscard]] Draft revoke_draft(const MessageName& target);
// The content of another message, marked as forwarded.
[[nodiscard]] Draft forward_draft(nlohmann::json message, std::string_view type,
                                  std::string_view mediatype);

void add_quote(Draft& draft, const Quote& quote);
void add_mentions(Draft& draft, const std::vector<Jid>& people);
// That it disappears as the chat's messages do. Not for what changes other messages.
[[nodiscard]] bool takes_timer(const Draft& draft);
void set_timer(Draft& draft, const ChatTimer& timer);

}  // namespace waxwing::multidevice::content
