// SPDX-License-Identifier: Apache-2.0
// What a linked page sends and hears. It speaks JSON of waE2E.Message; its party encrypts.
#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "control_json.hpp"
#include "multidevice/content/names.hpp"
#include "multidevice/content/wire_json.hpp"
#include "queries.hpp"
#include "server.hpp"
#include "web_client.hpp"

namespace waxwing::simulator {

using nlohmann::json;
namespace content = md::content;

namespace {

std::string text_of(const json& body, const char* name) {
  const auto it = body.find(name);
  return it != body.end() && it->is_string() ? it->get<std::string>() : "";
}

json person(const Account* account) {
  return account == nullptr ? json()
                            : json{{"pn", content::chat_id(account->phone_jid())},
                                   {"lid", content::chat_id(account->lid_jid())},
                                   {"name", account->name}};
}

// Stanzas in the page's JSON.
json stanza_json(const md::Node& node) {
  json attributes = json::object();
  for (const md::Attribute& attribute : node.attributes()) {
    const auto* jid = std::get_if<md::Jid>(&attribute.value);
    attributes[attribute.name] =
        jid != nullptr ? jid->to_string() : std::get<std::string>(attribute.value);
  }
  json children = json::array();
  for (const md::Node& child : node.children()) {
    children.push_back(stanza_json(child));
  }
  return {{"tag", node.tag()},
          {"attrs", std::move(attributes)},
          {"children", std::move(children)},
          {"text", node.octets_as_text()}};
}

md::Node node_of(const json& body) {
  md::Node node(text_of(body, "tag"));
  const json attributes = body.value("attrs", json::object());
  for (const auto& [name, value] : attributes.items()) {
    node.set(name, value.is_string() ? value.get<std::string>() : value.dump());
  }
  for (const json& child : body.value("children", json::array())) {
    node.add(node_of(child));
  }
  if (const std::string text = text_of(body, "text"); !text.empty()) {
    node.set_octets(md::to_bytes(md::as_bytes(text)));
  }
  return node;
}

json presence_of(const md::Node& stanza, World& world) {
  const auto from = stanza.jid("from");
  if (!from) {
    return {};
  }
  std::string state = stanza.text("type") == "unavailable" ? "unavailable" : "available";
  if (stanza.tag() == "chatstate" && !stanza.children().empty()) {
    const md::Node& child = stanza.children().front();
    state = child.text("media") == "audio" ? "recording_audio" : std::string(child.tag());
  }
  const auto who = stanza.has("participant") ? stanza.jid("participant") : from;
  return {{"type", "presence"},
          {"chat", content::chat_id(from->without_device())},
          {"who", person(who ? world.find(*who) : nullptr)},
          {"state", std::move(state)},
          {"last", stanza.number("last").value_or(0)}};
}

json receipt_of(const md::Node& stanza, World& world) {
  const auto from = stanza.jid("from");
  const std::string_view kind = stanza.text("type");
  if (!from || kind == "retry") {
    return {};
  }
  json ids = json::array({stanza.text("id")});
  if (const md::Node* list = stanza.child("list")) {
    for (const md::Node& item : list->children()) {
      ids.push_back(item.text("id"));
    }
  }
  const auto who = stanza.has("participant") ? stanza.jid("participant") : from;
  return {{"type", "receipt"},
          {"chat", content::chat_id(from->without_device())},
          {"who", person(who ? world.find(*who) : nullptr)},
          {"ids", std::move(ids)},
          {"ack", kind == "read"     ? 3
                  : kind == "played" ? 4
                                     : 2}};
}

}  // namespace

void Web::listen(Client& client) {
  const std::uint64_t id = client.id;
  client.party->set_awake(true);
  client.party->set_listener(
      [this, id](const Letter& letter) {
        const auto message = content::decode(letter.message, content::Dialect::Plain);
        World& world = server_.world();
        push(id, {{"type", "letter"},
                  {"id", letter.id},
                  {"chat", content::chat_id(letter.chat)},
                  {"peer", letter.chat.is_group() ? json() : person(world.find(letter.chat))},
                  {"author", person(world.find(letter.author))},
                  {"from_me", letter.from_me},
                  {"t", letter.time_s},
                  {"message", message ? *message : json::object()}});
      },
      [this, id](const md::Node& stanza) {
        json event;
        if (stanza.tag() == "receipt") {
          event = receipt_of(stanza, server_.world());
        } else if (stanza.tag() == "presence" || stanza.tag() == "chatstate") {
          event = presence_of(stanza, server_.world());
        } else if (stanza.text("type") == "w:gp2") {
          event = {{"type", "group"}, {"stanza", stanza_json(stanza)}};
        }
        if (!event.is_null()) {
          push(id, std::move(event));
        }
      });
}

// False when the page may not ask that, or there is no such question.
bool Web::ask_linked(Client& client, std::string_view what, const json& body, json& out) {
  Account& account = *client.account;
  Device* const device = account.device(client.device);
  if (device == nullptr) {
    return false;  // removed by the phone
  }
  const auto chat = content::parse_chat_id(text_of(body, "chat"));
  if (what == "send" && chat) {
    const auto sent =
        client.party->write(*chat, message_of(body), {text_of(body, "id"), text_of(body, "edit")});
    out = sent ? json{{"t", server_.clock().now_s()}} : json{{"error", sent.error().message()}};
  } else if (what == "read") {
    out = {{"read", client.party->read(body.value("ids", std::vector<std::string>()))}};
  } else if (what == "typing" && chat) {
    md::Node state("chatstate");
    md::Node child(text_of(body, "state") == "paused" ? "paused" : "composing");
    if (text_of(body, "state") == "recording") {
      child.set("media", "audio");
    }
    server_.router().on_chatstate(account, state.set("to", *chat).add(std::move(child)));
    out = json::object();
  } else if (what == "presence") {
    device->available = body.value("available", false);
    server_.router().tell_presence(account);
    out = json::object();
  } else if (what == "subscribe" && chat) {
    const auto news = server_.router().subscribe(*chat, {{}, client.account, client.device, *chat});
    out = news ? presence_of(*news, server_.world()) : json::object();
  } else if (what == "query" && body.value("iq", json()).is_object()) {
    out = {{"iq", stanza_json(ask_of_groups(server_, account, *device, node_of(body["iq"])))}};
  } else if (what == "exists" && chat) {
    out = {{"person", person(server_.world().find(*chat))}};
  } else {
    return false;
  }
  return true;
}

}  // namespace waxwing::simulator
