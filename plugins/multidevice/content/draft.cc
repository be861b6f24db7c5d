// SPDX-License-Identifier: Apache-2.0
// Messages made of arguments.
#include "multidevice/content/draft.hpp"

#include <algorithm>
#include <utility>

#include "multidevice/content/reading.hpp"

namespace waxwing::multidevice::content {
namespace {

using Json = nlohmann::json;

constexpr char kContext[] = "contextInfo";

std::string text_or(const Json& object, const char* key, std::string_view fallback = {}) {
  const auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get<std::string>() : std::string(fallback);
}

// A key that the other devices of the chat understand.
Json key_of(const MessageName& target) {
  Json key = {
      {"remoteJid", target.chat.to_string()}, {"fromMe", target.from_me}, {"id", target.id}};
  if (!target.from_me && !target.participant.empty()) {
    key["participant"] = target.participant.to_string();
  }
  return key;
}

// The content that has room for a context; a bare text gets some.
Json& content_of(Json& message) {
  if (const auto it = message.find("conversation"); it != message.end()) {
    Json text = std::move(*it);
    message.erase(it);
    message["extendedTextMessage"] = {{"text", std::move(text)}};
  }
  for (auto& [name, value] : message.items()) {
    if (value.is_object() && name != "messageContextInfo" &&
        name != "senderKeyDistributionMessage") {
      return value;
    }
  }
  return message["extendedTextMessage"] = {{"text", ""}};
}

// RFC 2426: what would end a value, or the line, is escaped.
std::string escape_vcard(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else if (c != '\r') {
      if (c == ',' || c == ';' || c == '\\') {
        out += '\\';
      }
      out += c;
    }
  }
  return out;
}

std::string make_vcard(const Json& card, std::string_view name, std::string_view phone) {
  std::string waid = text_or(card, "whatsappId");
  if (waid.empty()) {
    waid = phone;
  }
  waid.erase(std::remove_if(waid.begin(), waid.end(), [](char c) { return c < '0' || c > '9'; }),
             waid.end());
  std::string out = "BEGIN:VCARD\nVERSION:3.0\nFN:" + escape_vcard(name) + "\n";
  if (const std::string organization = text_or(card, "organization"); !organization.empty()) {
    out += "ORG:" + escape_vcard(organization) + ";\n";
  }
  out += "TEL;type=CELL;type=VOICE;waid=" + waid + ":" + escape_vcard(phone) + "\nEND:VCARD";
  return out;
}

// The name in a card, for whoever shows it without opening it.
std::string name_in(std::string_view vcard) {
  for (const std::string_view field : {"\nFN:", "\nFN;"}) {
    if (const auto at = vcard.find(field); at != std::string_view::npos) {
      std::string_view line = vcard.substr(at + 1, vcard.find('\n', at + 1) - at - 1);
      line.remove_prefix(std::min(line.size(), line.find(':') + 1));
      return std::string(line.substr(0, line.find('\r')));
    }
  }
  return {};
}

}  // namespace

Draft text_draft(const Json& arguments) {
  Draft draft;
  draft.message = {{"conversation", text_or(arguments, "text")}};
  return draft;
}

Draft location_draft(const Json& arguments) {
  Json location = {{"degreesLatitude", arguments.at("latitude").get<double>()},
                   {"degreesLongitude", arguments.at("longitude").get<double>()}};
  for (const auto& [from, to] :
       {std::pair("title", "name"), std::pair("address", "address"), std::pair("url", "url")}) {
    if (const std::string text = text_or(arguments, from); !text.empty()) {
      location[to] = text;
    }
  }
  Draft draft;
  draft.message = {{"locationMessage", std::move(location)}};
  return draft;
}

Result<Draft> contacts_draft(const Json& arguments) {
  Json cards = Json::array();
  for (const Json& card : arguments.at("contacts")) {
    std::string vcard = text_or(card, "vcard");
    std::string name = text_or(card, "fullName");
    if (vcard.empty()) {
      const std::string phone = text_or(card, "phoneNumber");
      if (name.empty() || phone.empty()) {
        return Status(Fault::Argument, "contacts." + std::to_string(cards.size()) +
                                           " needs vcard, or fullName and phoneNumber");
      }
      vcard = make_vcard(card, name, phone);
    } else if (name.empty()) {
      name = name_in(vcard);
    }
    cards.push_back({{"displayName", std::move(name)}, {"vcard", std::move(vcard)}});
  }
  Draft draft;
  draft.type = "media";
  if (cards.size() == 1) {
    draft.mediatype = "vcard";
    draft.message = {{"contactMessage", std::move(cards[0])}};
  } else {
    draft.mediatype = "contact_array";
    draft.message = {{"contactsArrayMessage",
                      {{"displayName", std::to_string(cards.size()) + " contacts"},
                       {"contacts", std::move(cards)}}}};
  }
  return draft;
}

Draft reaction_draft(const MessageName& target, std::string_view emoji, std::int64_t now_ms) {
  Draft draft;
  draft.type = "reaction";
  draft.hide_fail = true;
  draft.message = {{"reactionMessage",
                    {{"key", key_of(target)}, {"text", emoji}, {"senderTimestampMs", now_ms}}}};
  return draft;
}

Draft edit_draft(const MessageName& target, Draft replacement, std::int64_t now_ms) {
  Draft draft = std::move(replacement);
  draft.edit = "1";
  draft.hide_fail = true;
  draft.message = {{"protocolMessage",
                    {{"key", key_of(target)},
                     {"type", static_cast<int>(ProtocolType::Edit)},
                     {"editedMessage", std::move(draft.message)},
                     {"timestampMs", now_ms}}}};
  return draft;
}

Draft revoke_draft(const MessageName& target) {
  Draft draft;
  draft.edit = target.from_me ? "7" : "8";
  draft.hide_fail = true;
  draft.message = {{"protocolMessage",
                    {{"key", key_of(target)}, {"type", static_cast<int>(ProtocolType::Revoke)}}}};
  return draft;
}

Draft forward_draft(Json message, std::string_view type, std::string_view mediatype) {
  Draft draft;
  draft.type = type;
  draft.mediatype = mediatype;
  draft.message = unwrap(message);
  draft.message.erase("messageContextInfo");
  draft.message.erase("senderKeyDistributionMessage");
  Json& content = content_of(draft.message);
  const auto had = content.find(kContext);
  const bool again = had != content.end() && had->contains("forwardingScore") &&
                     had->at("forwardingScore").is_number_unsigned();
  const std::uint64_t score = again ? had->at("forwardingScore").get<std::uint64_t>() : 0;
  // What it answered was said in another chat.
  content[kContext] = {{"isForwarded", true}, {"forwardingScore", score + 1}};
  return draft;
}

void add_quote(Draft& draft, const Quote& quote) {
  Json quoted = quote.message.is_object() ? unwrap(quote.message) : Json{{"conversation", ""}};
  quoted.erase("messageContextInfo");
  quoted.erase("senderKeyDistributionMessage");
  for (auto& [name, value] : quoted.items()) {
    if (value.is_object()) {
      value.erase(kContext);  // no quotes within quotes
    }
  }
  Json& context = content_of(draft.message)[kContext];
  context["stanzaId"] = quote.id;
  context["participant"] = quote.author.to_string();
  if (!quote.chat.empty()) {
    context["remoteJid"] = quote.chat.to_string();
  }
  context["quotedMessage"] = std::move(quoted);
}

void add_mentions(Draft& draft, const std::vector<Jid>& people) {
  if (people.empty()) {
    return;
  }
  Json jids = Json::array();
  for (const Jid& person : people) {
    jids.push_back(person.to_string());
  }
  content_of(draft.message)[kContext]["mentionedJid"] = std::move(jids);
}

bool takes_timer(const Draft& draft) {
  return !draft.message.contains("protocolMessage") && !draft.message.contains("reactionMessage");
}

void set_timer(Draft& draft, const ChatTimer& timer) {
  if (timer.seconds == 0) {
    return;
  }
  Json& context = content_of(draft.message)[kContext];
  context["expiration"] = timer.seconds;
  if (timer.set_s != 0) {
    context["ephemeralSettingTimestamp"] = timer.set_s;
  }
}

}  // namespace waxwing::multidevice::content
