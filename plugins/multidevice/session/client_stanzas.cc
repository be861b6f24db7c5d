// SPDX-License-Identifier: Apache-2.0
// Stanzas: who handles which, answers to the server's questions, acknowledgements.
#include "multidevice/session/client.hpp"
#include "multidevice/session/pairing_state.hpp"

namespace waxwing::multidevice {
namespace {

constexpr std::string_view kServerPing = "urn:xmpp:ping";
constexpr std::string_view kDirty = "urn:xmpp:whatsapp:dirty";

}  // namespace

Node Client::make_iq(std::string_view type, std::string_view xmlns) {
  Node iq("iq");
  iq.set("to", server_jid()).set("type", type).set("xmlns", xmlns);
  return iq;
}

bool Client::send(const Node& stanza) {
  const bool sent = phase_ >= Phase::Prepare && transmit(stanza);
  rearm();
  return sent;
}

bool Client::send_encoded(ByteView stanza) {
  const bool sent = phase_ >= Phase::Prepare && transmit_encoded(stanza);
  rearm();
  return sent;
}

void Client::query(Node iq, IqHandler handler, std::uint32_t timeout_ms) {
  if (!transport_) {
    handler({IqReply::Kind::Lost, 0, nullptr});
    return;
  }
  std::string id = iqs_.next_id();
  iq.set("id", id);
  iqs_.expect(std::move(id), host_.now_ms() + timeout_ms, std::move(handler));
  (void)transmit(iq);  // when this fails the connection is dropped, and the query with it
  rearm();
}

void Client::set_presence(bool available) {
  if (!record_ || record_->push_name.empty()) {
    return;  // a nameless presence is refused
  }
  Node presence("presence");
  presence.set("name", record_->push_name).set("type", available ? "available" : "unavailable");
  (void)send(presence);
}

void Client::on_node(const Node& node) {
  const std::uint32_t connection = connection_;
  const std::string_view tag = node.tag();
  if (tag == "iq") {
    on_iq(node);
  } else if (tag == "success") {
    on_success(node);
  } else if (tag == "failure") {
    const auto code = node.number("reason").value_or(0);
    react(reaction_to_failure(static_cast<int>(std::min<std::uint64_t>(code, 1000))));
  } else if (tag == "stream:error") {
    react(reaction_to_stream_error(node));
  } else if (tag == "xmlstreamend") {
    closed({}, {});
  } else if (tag == "ib") {
    on_info(node);
  } else if (tag == "notification") {
    on_notification(node);
  }
  const bool taken = connection == connection_ && phase_ >= Phase::Prepare && host_.on_stanza(node);
  // Messages are not acknowledged: the server keeps them for whoever will read them.
  if (!taken && (tag == "notification" || tag == "receipt" || tag == "call")) {
    acknowledge(node);
  }
}

void Client::on_iq(const Node& iq) {
  const std::string_view type = iq.text("type");
  if (type == "result" || type == "error") {
    (void)iqs_.answer(iq);
  } else if (iq.text("xmlns") == kServerPing) {
    Node reply("iq");
    reply.set("to", server_jid()).set("type", "result");
    if (iq.has("id")) {
      reply.set("id", iq.text("id"));
    }
    (void)transmit(reply);
  } else if (iq.child("pair-device") != nullptr) {
    on_pair_device(iq);
  } else if (iq.child("pair-success") != nullptr) {
    on_pair_success(iq);
  }
}

void Client::on_info(const Node& ib) {
  for (const Node& child : ib.children()) {
    if (child.tag() == "edge_routing") {
      const Node* info = child.child("routing_info");
      if (info != nullptr && as_text(info->octets()) != as_text(route_.routing_info)) {
        route_.routing_info = to_bytes(info->octets());
        store_route();
      }
    } else if (child.tag() == "dirty") {
      Node iq = make_iq("set", kDirty);
      iq.add(
          Node("clean").set("type", child.text("type")).set("timestamp", child.text("timestamp")));
      query(std::move(iq), [](const IqReply&) {});
    } else if (child.tag() == "offline_preview" && personality_.asks_offline_batch) {
      (void)transmit(Node("ib").add(Node("offline_batch").set("count", "100")));
    }
  }
}

void Client::on_notification(const Node& notification) {
  const std::string_view type = notification.text("type");
  if (type == "link_code_companion_reg") {
    on_primary_hello(notification);
  } else if (type == "passkey_prologue_request") {
    on_passkey_request(notification);
  } else if (type == "crsc_continuation") {
    on_passkey_continuation(notification);
  } else if (type == "encrypt") {
    const Node* count = notification.child("count");
    if (count != nullptr && phase_ == Phase::Online &&
        count->number("value").value_or(UINT64_MAX) < personality_.min_prekeys) {
      upload_prekeys(personality_.refill_prekeys, [] {});
    }
  }
}

// <ack class="receipt" id to [type] [participant] [recipient]/>: without it the server sends the
// stanza again at every login.
void Client::acknowledge(const Node& stanza) {
  Node ack("ack");
  ack.set("class", stanza.tag()).set("id", stanza.text("id"));
  const auto copy = [&](std::string_view from, std::string_view to) {
    if (const auto jid = stanza.jid(from)) {
      ack.set(to, *jid);
    }
  };
  copy("from", "to");
  copy("participant", "participant");
  copy("recipient", "recipient");
  if (stanza.has("type")) {
    ack.set("type", stanza.text("type"));
  }
  (void)transmit(ack);
}

Prekey Client::take_prekey(StoreBatch& batch) {
  return make_prekeys(*record_, 1, batch).front();
}

void Client::storage_failed() {
  if (phase_ >= Phase::Prepare) {
    react({Action::Backoff, "storage_unavailable", "Messages could not be stored."});
    rearm();
  }
}

}  // namespace waxwing::multidevice
