// SPDX-License-Identifier: Apache-2.0
// The way of messages between devices.
#include "router.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "connection.hpp"
#include "server.hpp"
#include "stanzas.hpp"

namespace waxwing::simulator {
namespace {

constexpr std::uint64_t kAckSeconds = 10;

// What goes to the receiver as it came.
void copy_children(const md::Node& from, md::Node& to) {
  for (const std::string_view name : {"device-identity", "meta", "biz", "reporting"}) {
    if (const md::Node* child = from.child(name)) {
      to.add(*child);
    }
  }
}

}  // namespace

// A message on its way, and where it came from.
struct Router::Outgoing {
  const md::Node& stanza;
  Connection* connection;  // Null: from a party.
  Account& sender;
  std::uint16_t from_device;
  md::Jid to;  // As the sender wrote it.
  std::uint64_t time_s;
};

Device* Router::find_device(const md::Jid& jid, Account** account_out) {
  Account* account = server_.world().find(jid);
  if (account_out != nullptr) {
    *account_out = account;
  }
  return account == nullptr ? nullptr : account->device(jid.device);
}

void Router::deliver(Device& device, std::string_view id, md::Node stanza) {
  stanza.set("id", id);
  if (device.party != nullptr) {
    device.party->receive(id, stanza);
    return;
  }
  if (device.number == 0) {
    return;  // a phone that nobody has asked for yet
  }
  const auto connection = device.connection.lock();
  const bool now = connection && connection->delivered_backlog;
  if (now) {
    connection->send(stanza);
  }
  device.waiting.push_back({std::string(id), std::move(stanza), now ? server_.clock().now_s() : 0});
}

void Router::check_acknowledged(const Connection& connection, Device& device) {
  for (Waiting& waiting : device.waiting) {
    // Messages may take longer: a client that cannot read one asks for it again.
    if (waiting.sent_s != 0 && waiting.stanza.tag() != "message" &&
        server_.clock().now_s() > waiting.sent_s + kAckSeconds) {
      server_.violate(connection, "ack.missing", md::to_text(waiting.stanza));
    }
    waiting.sent_s = 0;
  }
}

// To one device: only the part that is encrypted for it, under names that it knows.
void Router::deliver_message(const Outgoing& out, const md::Jid& to, const md::Node& enc) {
  Account* receiver = nullptr;
  Device* device = find_device(to, &receiver);
  if (device == nullptr) {
    return;  // The list was stale; clients learn of it from the devices notification.
  }
  const std::uint16_t from_device = out.from_device;
  if (receiver == &out.sender && to.device == from_device) {
    return;
  }
  if (receiver->blocked.count(&out.sender) != 0) {
    return;  // Its sender is told nothing.
  }
  Account* chat = server_.world().find(out.to);
  const bool by_lid = out.to.is_lid() && !device->old_dictionary;
  md::Node stanza("message");
  stanza.set("from", by_lid ? out.sender.lid_jid(from_device) : out.sender.phone_jid(from_device));
  stanza.set("type", out.stanza.text("type"));
  stanza.set("t", out.time_s);
  stanza.set("notify", out.sender.name);
  for (const std::string_view copied : {"category", "edit"}) {
    if (!out.stanza.text(copied).empty()) {
      stanza.set(copied, out.stanza.text(copied));
    }
  }
  stanza.set("addressing_mode", by_lid ? "lid" : "pn");
  if (by_lid) {
    stanza.set("sender_pn", out.sender.phone_jid());
  } else {
    stanza.set("sender_lid", out.sender.lid_jid());
  }
  if (receiver == &out.sender && chat != nullptr) {
    stanza.set("recipient", by_lid ? chat->lid_jid() : chat->phone_jid());
    if (by_lid) {
      stanza.set("peer_recipient_pn", chat->phone_jid());
    } else {
      stanza.set("peer_recipient_lid", chat->lid_jid());
    }
  }
  stanza.add(enc);
  copy_children(out.stanza, stanza);
  deliver(*device, out.stanza.text("id"), std::move(stanza));
}

// A copy for one device of a group: its sender key first, then what is encrypted for all.
void Router::deliver_to_member(const Outgoing& out, const Group& group, Account& receiver,
                               Device& device, std::vector<const md::Node*> encs) {
  const std::uint16_t from_device = out.from_device;
  if (encs.empty() || (&receiver == &out.sender && device.number == from_device)) {
    return;
  }
  const bool by_lid = group.by_lid && !device.old_dictionary;
  md::Node stanza("message");
  stanza.set("from", group.jid()).set("type", out.stanza.text("type")).set("t", out.time_s);
  stanza.set("participant", name_in(group, out.sender, from_device, device));
  stanza.set(by_lid ? "participant_pn" : "participant_lid",
             by_lid ? out.sender.phone_jid() : out.sender.lid_jid());
  stanza.set("addressing_mode", by_lid ? "lid" : "pn").set("notify", out.sender.name);
  if (!out.stanza.text("edit").empty()) {
    stanza.set("edit", out.stanza.text("edit"));
  }
  for (const md::Node* enc : encs) {
    stanza.add(*enc);
  }
  copy_children(out.stanza, stanza);
  deliver(device, out.stanza.text("id"), std::move(stanza));
}

// The error of its acknowledgement; empty when there is none.
std::string Router::to_group(const Outgoing& out, Group& group) {
  const Member* sender = group.find(&out.sender);
  if (sender == nullptr || (group.announce && sender->role == Member::Role::Member)) {
    return "403";
  }
  const md::Node* enc = out.stanza.child("enc");
  const std::string_view mode = out.stanza.text("addressing_mode");
  if (!mode.empty() && out.connection != nullptr && !out.connection->device()->old_dictionary &&
      (mode == "lid") != group.by_lid) {
    return "421";
  }
  if (const auto one = out.stanza.jid("participant")) {  // asked for again
    Account* receiver = nullptr;
    Device* device = find_device(*one, &receiver);
    if (device != nullptr && enc != nullptr) {
      deliver_to_member(out, group, *receiver, *device, {enc});
    }
    return {};
  }
  ++messages_;
  std::map<const Device*, const md::Node*> keys;
  if (const md::Node* participants = out.stanza.child("participants")) {
    for (const md::Node& part : participants->children()) {
      const auto jid = part.jid("jid");
      Device* device = jid ? find_device(*jid) : nullptr;
      if (device != nullptr && part.child("enc") != nullptr) {
        keys[device] = part.child("enc");
      }
    }
  }
  if (enc == nullptr) {
    complain(out, "message.enc", "a message to a group without its content");
  }
  for (const Member& member : group.members) {
    for (auto& [number, device] : member.account->devices) {
      std::vector<const md::Node*> encs;
      if (const auto key = keys.find(&device); key != keys.end()) {
        encs.push_back(key->second);
      }
      if (enc != nullptr) {
        encs.push_back(enc);
      }
      deliver_to_member(out, group, *member.account, device, std::move(encs));
    }
  }
  return {};
}

// To those who get a key with it; who else may see it is the phone's setting, which is not here.
void Router::to_broadcast(const Outgoing& out) {
  ++messages_;
  const md::Node* enc = out.stanza.child("enc");
  const md::Node* participants = out.stanza.child("participants");
  if (enc == nullptr || participants == nullptr) {
    return complain(out, "message.enc", "a broadcast without content or keys");
  }
  for (const md::Node& part : participants->children()) {
    const auto jid = part.jid("jid");
    Device* device = jid ? find_device(*jid) : nullptr;
    if (device == nullptr || part.child("enc") == nullptr) {
      continue;
    }
    md::Node stanza("message");
    stanza.set("from", out.to).set("type", out.stanza.text("type")).set("t", out.time_s);
    stanza.set("participant", out.sender.phone_jid(out.from_device));
    stanza.set("participant_lid", out.sender.lid_jid()).set("notify", out.sender.name);
    stanza.add(*part.child("enc")).add(*enc);
    if (const md::Node* identity = out.stanza.child("device-identity")) {
      stanza.add(*identity);
    }
    deliver(*device, out.stanza.text("id"), std::move(stanza));
  }
}

void Router::complain(const Outgoing& out, std::string_view rule, std::string_view detail) {
  if (out.connection != nullptr) {
    server_.violate(*out.connection, rule, detail);
  }
}

std::string Router::carry(const Outgoing& out) {
  const md::Node& message = out.stanza;
  if (Group* group = server_.groups().find(out.to)) {
    return to_group(out, *group);
  }
  if (out.to.server == md::server::kBroadcast) {
    to_broadcast(out);
    return {};
  }
  if (server_.world().find(out.to) == nullptr) {
    return "404";
  }
  Account& receiver = *server_.world().find(out.to);
  if (server_.faults().demand_tokens && out.connection != nullptr && &receiver != &out.sender &&
      message.child("participants") != nullptr) {
    const md::Node* token = message.child("tctoken");
    const auto given = receiver.tokens.find(&out.sender);
    if (token == nullptr || given == receiver.tokens.end() ||
        !std::equal(given->second.begin(), given->second.end(), token->octets().begin(),
                    token->octets().end())) {
      return "463";
    }
  }
  ++messages_;
  const md::Node* enc = message.child("enc");
  const md::Node* participants = message.child("participants");
  // A resend repeats its one copy in <participants>; it is delivered once.
  const bool to_one = enc != nullptr && (out.to.device != 0 || message.has("participant") ||
                                         message.text("device_fanout") == "false" ||
                                         message.text("category") == "peer");
  if (to_one) {
    deliver_message(out, message.jid("participant").value_or(out.to), *enc);
  } else if (participants == nullptr) {
    complain(out, "message.participants", "a message to nobody");
    return "400";
  } else {
    for (const md::Node& part : participants->children()) {
      const std::optional<md::Jid> device = part.jid("jid");
      const md::Node* copy = part.child("enc");
      if (!device || copy == nullptr) {
        complain(out, "message.participants", md::to_text(part));
      } else {
        deliver_message(out, *device, *copy);
      }
    }
  }
  return {};
}

void Router::on_message(Connection& connection, const md::Node& message) {
  const std::optional<md::Jid> to = message.jid("to");
  const std::string_view id = message.text("id");
  if (!to || id.empty()) {
    return server_.violate(connection, "message.address", md::to_text(message));
  }
  const std::uint64_t now_s = server_.clock().now_s();
  Faults& faults = server_.faults();
  std::string error;
  if (faults.message_error != 0) {
    error = std::to_string(faults.message_error);
    if (faults.message_errors != 0 && --faults.message_errors == 0) {
      faults.message_error = 0;
    }
  } else {
    error =
        carry({message, &connection, *connection.account, connection.device_number, *to, now_s});
  }
  md::Node ack("ack");
  ack.set("class", "message").set("id", id).set("from", *to).set("t", now_s);
  if (!error.empty()) {
    ack.set("error", error);
  } else if (const Group* group = server_.groups().find(*to); group && message.has("phash")) {
    // Whoever knows other devices than there are is told so; its message has gone out anyway.
    const std::string right = device_hash(*group, *connection.device());
    if (message.text("phash") != right) {
      ack.set("phash", right);
    }
  }
  connection.send(ack);
}

std::string Router::send_as_party(Account& account, std::uint16_t number, const md::Node& message) {
  return carry({message, nullptr, account, number, message.jid("to").value_or(md::Jid()),
                server_.clock().now_s()});
}

}  // namespace waxwing::simulator
