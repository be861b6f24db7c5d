// SPDX-License-Identifier: Apache-2.0
// Operations of presence.
#include <utility>

#include <nlohmann/json.hpp>

#include "multidevice/engine/messaging.hpp"

namespace waxwing::multidevice {

using plugin::Error;

namespace {

constexpr std::string_view kDone = R"({"result":true})";

}  // namespace

void Messaging::set_presence(const Json& arguments, SharedCall call) {
  const std::string wanted = arguments::text(arguments, "presence");
  if (wanted == "online" || wanted == "offline") {
    messenger_->set_available(wanted == "online");
    host_.show_presence(wanted == "online");
    call->ok(kDone);
    return;
  }
  if (arguments::text(arguments, "chatId").empty()) {
    throw Error(WAX_E_INVALID, "chatId should not be empty for typing, recording and paused");
  }
  const Jid chat = arguments::chat(arguments);
  if (!chat.is_person() && !chat.is_group()) {
    throw Error(WAX_E_INVALID, "chatId must be a person or a group");
  }
  if (wanted == "typing") {
    messenger_->set_typing(chat, Messenger::Typing::Composing);
  } else if (wanted == "recording") {
    messenger_->set_typing(chat, Messenger::Typing::Recording);
  } else if (wanted == "paused") {
    messenger_->set_typing(chat, Messenger::Typing::Paused);
  } else {
    throw Error(WAX_E_INVALID,
                "presence must be one of offline, online, typing, recording, paused");
  }
  host_.note_activity();
  call->ok(kDone);
}

Messaging::Json Messaging::known_presence(const Jid& chat) const {
  const auto it = presences_.find(content::chat_id(chat));
  if (it != presences_.end()) {
    return payloads_.presence(it->second);
  }
  for (const auto& [id, news] : presences_) {
    if (news.sender.is(chat) && !news.chat.is_group()) {
      return payloads_.presence(news);
    }
  }
  return {{"id", content::chat_id(chat)}, {"presences", Json::array()}};
}

void Messaging::get_presence(const Json& arguments, SharedCall call) {
  const Jid chat = arguments::chat(arguments);
  if (chat.is_person()) {
    messenger_->subscribe_presence(chat);
  }
  call->ok(content::dump(known_presence(chat)));
}

void Messaging::list_presences(const Json&, SharedCall call) {
  Json out = Json::array();
  for (const auto& [id, news] : presences_) {
    out.push_back(payloads_.presence(news));
  }
  call->ok(content::dump(out));
}

void Messaging::subscribe(const Json& arguments, SharedCall call) {
  const Jid chat = arguments::chat(arguments);
  if (!chat.is_person()) {
    throw Error(WAX_E_INVALID, "chatId must be a person: who types in a group is told anyway");
  }
  messenger_->subscribe_presence(chat);
  call->ok(kDone);
}

}  // namespace waxwing::multidevice
