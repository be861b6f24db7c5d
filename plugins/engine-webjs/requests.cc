// SPDX-License-Identifier: Apache-2.0
// Chat ids as WhatsApp Web writes them.
#include "requests.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <iterator>

#include <nlohmann/json.hpp>

#include <waxwing/plugin.hpp>

#include "json_values.hpp"

namespace webjs {
namespace {

namespace wp = waxwing::plugin;

bool is_digits(std::string_view text, std::string_view also = "") {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || also.find(c) != std::string_view::npos;
  });
}

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

// So that it can be read out of "true_{chat}_{id}".
bool names_a_message(std::string_view id) {
  constexpr std::size_t kMaxBytes = 64;
  return id.size() <= kMaxBytes && std::all_of(id.begin(), id.end(), [](unsigned char c) {
           return std::isalnum(c) != 0 || c == '-' || c == '.';
         });
}

}  // namespace

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
  } else if (const std::string id = text_of(arguments, "id"); !id.empty() && !names_a_message(id)) {
    throw wp::Error(WAX_E_INVALID, "id must be at most 64 letters, digits, dots and dashes");
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
