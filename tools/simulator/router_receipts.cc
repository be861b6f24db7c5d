// SPDX-License-Identifier: Apache-2.0
// The way of receipts and acknowledgements back to whoever wrote the message.
#include <algorithm>

#include "connection.hpp"
#include "router.hpp"
#include "server.hpp"

namespace waxwing::simulator {

bool Router::take(Device& device, std::string_view id, std::string_view tag) {
  const auto found =
      std::find_if(device.waiting.begin(), device.waiting.end(), [&](const Waiting& waiting) {
        return waiting.id == id && (tag.empty() || waiting.stanza.tag() == tag);
      });
  if (found == device.waiting.end()) {
    return false;
  }
  device.waiting.erase(found);
  return true;
}

void Router::on_receipt(Connection& connection, const md::Node& receipt) {
  const std::optional<md::Jid> to = receipt.jid("to");
  const std::string_view id = receipt.text("id");
  const std::string_view type = receipt.text("type");
  if (!to || id.empty()) {
    return server_.violate(connection, "receipt.address", md::to_text(receipt));
  }
  const bool retry = type == "retry";
  const bool later = type == "read" || type == "read-self" || type == "played";
  Device& own = *connection.device();
  if (!retry && !later) {
    if (take(own, id, "message")) {
      ++confirmed_;
    } else {
      server_.violate(connection, "receipt.never_delivered", md::to_text(receipt));
    }
  }
  md::Node ack("ack");
  ack.set("class", "receipt").set("id", id).set("from", *to);
  if (!type.empty()) {
    ack.set("type", type);
  }
  if (const auto participant = receipt.jid("participant")) {
    ack.set("participant", *participant);
  }
  connection.send(std::move(ack.set("t", server_.clock().now_s())));

  // "sender" and the phone's own kinds concern nobody else.
  if (type == "sender" || type == "peer_msg" || type == "hist_sync") {
    return;
  }
  if (to->server == md::server::kBroadcast) {
    return;  // Receipts of these go to nobody here.
  }
  if (server_.groups().find(*to) != nullptr && !receipt.jid("participant")) {
    return server_.violate(connection, "receipt.participant", md::to_text(receipt));
  }
  forward_receipt(*connection.account, own.number, receipt);
}

void Router::forward_receipt(Account& from, std::uint16_t number, const md::Node& receipt) {
  const std::optional<md::Jid> to = receipt.jid("to");
  const std::string_view type = receipt.text("type");
  if (Group* group = server_.groups().find(*to)) {
    return receipt_in_group(from, number, receipt, *group);
  }
  Account* author = server_.world().find(*to);
  if (author == nullptr) {
    return;
  }
  const auto forward = [&](Device& device) {
    const bool by_lid = to->is_lid() && !device.old_dictionary;
    md::Node copy("receipt");
    copy.set("from", by_lid ? from.lid_jid(number) : from.phone_jid(number));
    if (!type.empty()) {
      copy.set("type", type);
    }
    copy.set("t", server_.clock().now_s());
    for (const md::Node& child : receipt.children()) {
      copy.add(child);
    }
    deliver(device, receipt.text("id"), std::move(copy));
  };
  if (to->device != 0) {
    if (Device* device = author->device(to->device)) {
      forward(*device);
    }
    return;
  }
  for (auto& [each, device] : author->devices) {
    forward(device);
  }
}

// To the author's devices, or to the one that is asked again.
void Router::receipt_in_group(const Account& from, std::uint16_t from_device,
                              const md::Node& receipt, Group& group) {
  const auto participant = receipt.jid("participant");
  Account* author = participant ? server_.world().find(*participant) : nullptr;
  if (author == nullptr) {
    return;
  }
  for (auto& [number, device] : author->devices) {
    if (receipt.text("type") == "retry" && number != participant->device) {
      continue;
    }
    md::Node copy("receipt");
    copy.set("from", group.jid());
    copy.set("participant", name_in(group, from, from_device, device));
    if (!receipt.text("type").empty()) {
      copy.set("type", receipt.text("type"));
    }
    copy.set("t", server_.clock().now_s());
    copy.set_children({receipt.children().begin(), receipt.children().end()});
    deliver(device, receipt.text("id"), std::move(copy));
  }
}

void Router::on_ack(Connection& connection, const md::Node& ack) {
  // A message may be acknowledged besides its receipt; that takes nothing any more.
  if (!take(*connection.device(), ack.text("id"), ack.text("class")) &&
      ack.text("class") != "message") {
    server_.violate(connection, "ack.never_sent", md::to_text(ack));
  }
}

}  // namespace waxwing::simulator
