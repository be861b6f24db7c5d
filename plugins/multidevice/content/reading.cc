// SPDX-License-Identifier: Apache-2.0
// Text, files, places, cards, quotes and targets of messages.
#include "multidevice/content/reading.hpp"

#include <array>
#include <cstdio>

namespace waxwing::multidevice::content {
namespace {

using Json = nlohmann::json;

constexpr std::array kWrappers = {
    "viewOnceMessage",       "viewOnceMessageV2", "viewOnceMessageV2Extension",
    "ephemeralMessage",      "editedMessage",     "documentWithCaptionMessage",
    "groupMentionedMessage", "botInvokeMessage",  "lottieStickerMessage",
    "associatedChildMessage"};
constexpr std::array kFiles = {"imageMessage",    "videoMessage",   "audioMessage",
                               "documentMessage", "stickerMessage", "ptvMessage"};
// Not something that was said.
constexpr std::array kSilent = {"pollUpdateMessage", "encReactionMessage", "keepInChatMessage",
                                "pinInChatMessage"};

// Degrees as text, as short as they can be told apart.
std::string degrees(const Json* value) {
  if (value == nullptr || !value->is_number()) {
    return "0";
  }
  return Json(value->get<double>()).dump();
}

}  // namespace

const Json* find_path(const Json& object, std::string_view path) {
  const Json* node = &object;
  while (!path.empty()) {
    const auto dot = path.find('.');
    const std::string_view name = path.substr(0, dot);
    path.remove_prefix(dot == std::string_view::npos ? path.size() : dot + 1);
    if (!node->is_object()) {
      return nullptr;
    }
    const auto it = node->find(name);
    if (it == node->end()) {
      return nullptr;
    }
    node = &*it;
  }
  return node;
}

std::string text_at(const Json& object, std::string_view path) {
  const Json* found = find_path(object, path);
  return found != nullptr && found->is_string() ? found->get<std::string>() : std::string();
}

const Json& unwrap(const Json& message) {
  const Json* inner = &message;
  for (bool again = true; again;) {
    again = false;
    for (const char* wrapper : kWrappers) {
      const auto it = inner->find(wrapper);
      if (it != inner->end() && it->is_object() && it->contains("message")) {
        inner = &it->at("message");
        again = true;
        break;
      }
    }
  }
  return *inner;
}

Meaning meaning(const Json& content) {
  if (content.contains("reactionMessage")) {
    return Meaning::Reaction;
  }
  if (const Json* protocol = find_path(content, "protocolMessage")) {
    const Json* type = find_path(*protocol, "type");
    const int number = type != nullptr && type->is_number() ? type->get<int>() : 0;
    if (number == static_cast<int>(ProtocolType::Revoke)) {
      return protocol->contains("key") ? Meaning::Revoke : Meaning::Nothing;
    }
    return number == static_cast<int>(ProtocolType::Edit) ? Meaning::Edit : Meaning::Nothing;
  }
  for (const char* silent : kSilent) {
    if (content.contains(silent)) {
      return Meaning::Nothing;
    }
  }
  for (const auto& [name, value] : content.items()) {
    if (name != "messageContextInfo" && name.find("enderKeyDistributionMessage") == name.npos) {
      return Meaning::Message;
    }
  }
  return Meaning::Nothing;
}

const Json* body(const Json& content) {
  for (const std::string_view path :
       {"conversation", "extendedTextMessage.text", "imageMessage.caption", "videoMessage.caption",
        "ptvMessage.caption", "documentMessage.caption", "liveLocationMessage.caption",
        "groupInviteMessage.caption"}) {
    if (const Json* found = find_path(content, path); found != nullptr && found->is_string()) {
      return found;
    }
  }
  return nullptr;
}

Json media(const Json& content) {
  for (const char* kind : kFiles) {
    const auto it = content.find(kind);
    if (it == content.end()) {
      continue;
    }
    const std::string filename = text_at(*it, "fileName");
    return {{"url", nullptr},
            {"mimetype", text_at(*it, "mimetype")},
            {"filename", filename.empty() ? Json() : Json(filename)}};
  }
  return nullptr;
}

Json location(const Json& content) {
  for (const bool live : {false, true}) {
    const Json* place = find_path(content, live ? "liveLocationMessage" : "locationMessage");
    if (place == nullptr) {
      continue;
    }
    const auto text = [&](const char* path) {
      const std::string found = text_at(*place, path);
      return found.empty() ? Json() : Json(found);
    };
    const Json* is_live = find_path(*place, "isLive");
    return {{"latitude", degrees(find_path(*place, "degreesLatitude"))},
            {"longitude", degrees(find_path(*place, "degreesLongitude"))},
            {"live", live || (is_live != nullptr && *is_live == true)},
            {"name", text("name")},
            {"address", text("address")},
            {"url", text("url")},
            {"description", text(live ? "caption" : "comment")},
            {"thumbnail", text("jpegThumbnail")}};
  }
  return nullptr;
}

Json vcards(const Json& content) {
  Json cards = Json::array();
  if (const std::string card = text_at(content, "contactMessage.vcard"); !card.empty()) {
    cards.push_back(card);
  }
  if (const Json* contacts = find_path(content, "contactsArrayMessage.contacts")) {
    for (const Json& contact : *contacts) {
      cards.push_back(text_at(contact, "vcard"));
    }
  }
  return cards;
}

Json reply_to(const Json& content) {
  for (const auto& [name, value] : content.items()) {
    const Json* context = find_path(value, "contextInfo");
    const std::string id = context == nullptr ? std::string() : text_at(*context, "stanzaId");
    if (id.empty()) {
      continue;
    }
    const auto author = parse_chat_id(text_at(*context, "participant"));
    const Json* found = find_path(*context, "quotedMessage");
    const Json quoted = found == nullptr ? Json::object() : unwrap(*found);
    const Json* words = body(quoted);
    Json file = media(quoted);
    return {{"id", id},
            {"participant", author ? Json(chat_id(*author)) : Json()},
            {"body", words == nullptr ? Json() : *words},
            {"hasMedia", !file.is_null()},
            {"media", std::move(file)}};
  }
  return nullptr;
}

const Json* target_key(const Json& content) {
  for (const std::string_view path : {"reactionMessage.key", "protocolMessage.key"}) {
    if (const Json* key = find_path(content, path)) {
      return key;
    }
  }
  return nullptr;
}

}  // namespace waxwing::multidevice::content
