// SPDX-License-Identifier: Apache-2.0
// Messages that come in: decrypted once, durable with their events, then confirmed.
#include <algorithm>

#include "multidevice/crypto/hash.hpp"
#include "multidevice/message/parts.hpp"
#include "multidevice/pair/device_identity.hpp"
#include "multidevice/signal/address.hpp"

namespace waxwing::multidevice {
namespace {

constexpr std::size_t kRecent = 256;
// As long as the server keeps what it could not deliver.
constexpr std::int64_t kSeenMs = std::int64_t{30} * 86'400'000;

bool is_group_like(const Jid& jid) {
  return jid.is_group() || jid.server == server::kBroadcast;
}

std::string key_of_prekey(const PreKeyMessageHead& head) {
  return prekey_row(*head.prekey_id);
}

}  // namespace

void Messenger::Parts::on_message(const Node& stanza) {
  const std::optional<Jid> from = stanza.jid("from");
  if (!from || !client.record()) {
    return;
  }
  if (from->server == server::kNewsletter) {
    client.acknowledge(stanza);  // plain, and nobody asked for it
    return;
  }
  auto in = std::make_shared<Incoming>();
  in->stanza = &stanza;
  in->from = *from;
  in->participant = stanza.jid("participant");
  in->recipient = stanza.jid("recipient");
  MessageInfo& info = in->info;
  info.group = is_group_like(*from);
  in->author = info.group ? in->participant.value_or(*from) : *from;
  const std::string_view side = info.group ? "participant" : "sender";
  in->author_alias = stanza.jid(std::string(side) + (in->author.is_lid() ? "_pn" : "_lid"));
  info.id = stanza.text("id");
  info.from_me = is_own(in->author);
  info.sender_device = in->author.device;
  info.offline = stanza.has("offline");
  info.timestamp_s = stanza.number("t").value_or(now_s());
  info.push_name = stanza.text("notify");
  info.type = stanza.text("type");
  info.category = stanza.text("category");
  info.edit = stanza.text("edit");
  info.chat = from->without_device();
  if (!info.group && info.from_me && in->recipient) {
    info.chat = in->recipient->without_device();
    in->peer_alias = stanza.jid(info.chat.is_lid() ? "peer_recipient_pn" : "peer_recipient_lid");
  } else if (!info.group) {
    in->peer_alias = in->author_alias;
  }
  // Whether it came before is in memory unless it waited at the server or is sent again.
  const auto sent_again = [](const Node& child) {
    return child.tag() == "enc" && child.has("count");
  };
  in->ask_seen =
      info.offline || std::any_of(stanza.children().begin(), stanza.children().end(), sent_again);
  vault.work([this, in](bool readable) { return receive(*in, readable); });
  if (!in->done) {
    in->keep();
  }
}

std::string Messenger::Parts::seen_key(const Incoming& in) {
  const Sha256 hash = sha256({as_bytes(in.info.chat.user), as_bytes("|"), as_bytes(in.author.user),
                              as_bytes("|"), as_bytes(in.info.id)});
  return to_base64(ByteView(hash).first(12));
}

std::string Messenger::Parts::sender_key_name(const Jid& group, const std::string& address) const {
  return group.to_string() + "|" + address;
}

void Messenger::Parts::mark_seen(const Incoming& in, StoreBatch& batch) {
  const std::string key = seen_key(in);
  const std::int64_t until = host.unix_ms() + kSeenMs;
  if (vault.has(rows::kSeen, key)) {
    vault.put(batch, rows::kSeen, key, {}, until);
  } else {
    batch.put(rows::kSeen, key, SecretBytes(), until);
  }
}

std::uint64_t Messenger::Parts::recent_hash(const Incoming& in) {
  return hash_of({in.info.chat.user, in.author.user, in.info.id});
}

void Messenger::Parts::remember(const Incoming& in) {
  if (recent.size() < kRecent) {
    recent.push_back(recent_hash(in));
  } else {
    recent[recent_at] = recent_hash(in);
    recent_at = (recent_at + 1) % kRecent;
  }
}

Vault::Rows Messenger::Parts::receive(Incoming& in, bool readable) {
  Vault::Rows rows;
  if (!readable) {
    in.done = true;  // it stays at the server, and comes again
    storage_failed();
    return rows;
  }
  want_person(in.author, rows);
  if (!in.info.group) {
    want_person(in.info.chat, rows);
  }
  const std::string seen = seen_key(in);
  if (in.ask_seen && !vault.has(rows::kSeen, seen)) {
    rows.push_back({rows::kSeen, seen});
  }
  if (!rows.empty()) {
    return rows;
  }
  Person author = person(in.author);
  if (in.author_alias && !in.info.from_me) {
    (in.author.is_lid() ? author.pn : author.lid) = in.author_alias->without_device();
  }
  const Target from = target(author, in.author.device, in.author.is_lid());
  for (const Node& enc : in.stanza->children()) {
    if (enc.tag() != "enc") {
      continue;
    }
    const std::string_view type = enc.text("type");
    if (type == "skmsg") {
      const std::string name = sender_key_name(in.info.chat, from.address);
      if (!vault.has(rows::kSenderKeys, name)) {
        rows.push_back({rows::kSenderKeys, name});
      }
      continue;
    }
    want_session(from, rows);
    if (const auto head = type == "pkmsg" ? SessionCipher::head(enc.octets()) : std::nullopt;
        head) {
      const SessionRecord* known = vault.session(from.address);
      const bool goes_on = known != nullptr && known->has_run(head->base_key, head->identity);
      if (head->prekey_id && !goes_on && !vault.has(rows::kPrekeys, key_of_prekey(*head))) {
        rows.push_back({rows::kPrekeys, key_of_prekey(*head)});
      }
      const Node* vouched = in.stanza->child("device-identity");
      in.untrusted = in.author.device != 0 && vouched != nullptr &&
                     !check_device_identity(vouched->octets(), head->identity, nullptr);
    }
    // What it may distribute is for a key of its author's.
    const std::string name = sender_key_name(in.info.chat, from.address);
    if (in.info.group && !vault.has(rows::kSenderKeys, name)) {
      rows.push_back({rows::kSenderKeys, name});
    }
  }
  if (!rows.empty()) {
    return rows;
  }
  in.done = true;
  ++counters.received;
  in.info.sender = author;
  if (!in.info.group) {
    in.info.peer = in.info.from_me ? person(in.info.chat) : author;
    if (in.info.from_me && in.peer_alias) {
      (in.info.chat.is_lid() ? in.info.peer.pn : in.info.peer.lid) =
          in.peer_alias->without_device();
    }
  }
  const bool seen_before = in.ask_seen && vault.octets(rows::kSeen, seen) != nullptr;
  if (seen_before || std::find(recent.begin(), recent.end(), recent_hash(in)) != recent.end()) {
    ++counters.duplicates;
    confirm(in, receipt_type(in));
    return rows;
  }
  StoreBatch batch;
  if (in.author_alias) {
    learn(in.author, *in.author_alias, batch);
  }
  if (in.peer_alias && in.info.from_me) {
    learn(in.info.chat, *in.peer_alias, batch);
  }
  if (const Node* gone = in.stanza->child("unavailable")) {
    UnreadableMessage what;
    what.info = in.info;
    what.why = gone->text("type") == "view_once" ? UnreadableMessage::Why::ViewOnce
                                                 : UnreadableMessage::Why::Unavailable;
    what.stanza = in.stanza;
    sink.on_unreadable(what, std::move(batch), acknowledging(in));
    return rows;
  }
  if (in.untrusted) {
    store(std::move(batch));
    ask_again(in, DecryptFault::UntrustedDevice);
    return rows;
  }
  Opened opened = open_all(in, from, batch);
  if (opened.message) {
    hand_over(in, std::move(*opened.message), std::move(batch));
  } else if (opened.fault == DecryptFault::None) {  // keys only
    mark_seen(in, batch);
    host.commit(std::move(batch), [this, copy = in, type = receipt_type(in)](bool stored) {
      end(copy, type, stored);
    });
  } else {
    store(std::move(batch));
    if (opened.fault == DecryptFault::Duplicate) {
      check_duplicate(in);
    } else {
      ask_again(in, opened.fault);
    }
  }
  return rows;
}

// Pairwise parts first: they may bring the key for the other one.
Messenger::Parts::Opened Messenger::Parts::open_all(Incoming& in, const Target& from,
                                                    StoreBatch& batch) {
  Opened out;
  bool any = false;
  for (const bool of_group : {false, true}) {
    for (const Node& enc : in.stanza->children()) {
      if (enc.tag() != "enc" || (enc.text("type") == "skmsg") != of_group) {
        continue;
      }
      any = true;
      Opened one;
      if (of_group) {
        const std::string name = sender_key_name(in.info.chat, from.address);
        GroupDecrypted plain = GroupCipher::decrypt(vault.make_sender_key(name), enc.octets());
        one.fault = plain.fault;
        if (plain.ok()) {
          vault.save_sender_key(batch, name);
          if (const auto content = unpad(plain.plain)) {
            one.message = to_bytes(*content);
          } else {
            one.fault = DecryptFault::InvalidMessage;
          }
        }
      } else {
        one = open_one(enc, from, batch);
      }
      if (!one.message) {
        // A distribution that was read before does no harm when the message itself can be read.
        out.fault = one.fault;
        continue;
      }
      const std::optional<Envelope> envelope = Envelope::read(*one.message);
      if (!envelope) {
        out.fault = DecryptFault::InvalidMessage;
        continue;
      }
      out.fault = DecryptFault::None;
      process_distribution(in, from, *envelope, batch);
      if (envelope->device_sent && in.info.from_me) {
        if (!in.info.group && !in.recipient) {
          if (const auto chat = Jid::parse(envelope->destination)) {
            in.info.chat = chat->without_device();
            in.info.peer = person(in.info.chat);
            in.info.group = is_group_like(in.info.chat);
          }
        }
        out.message = to_bytes(*envelope->device_sent);
      } else if (envelope->has_content) {
        out.message = std::move(one.message);
      }
    }
  }
  if (!any) {
    out.fault = DecryptFault::InvalidMessage;
  }
  if (out.message) {
    out.fault = DecryptFault::None;
  }
  return out;
}

Messenger::Parts::Opened Messenger::Parts::open_one(const Node& enc, const Target& from,
                                                    StoreBatch& batch) {
  Opened out;
  const bool first = enc.text("type") == "pkmsg";
  SessionRecord* known = session(from, batch);
  if (known == nullptr && !first) {
    out.fault = DecryptFault::NoSession;
    return out;
  }
  SessionRecord& record = known == nullptr ? vault.make_session(from.address) : *known;
  const std::optional<PublicKey> before =
      record.ready() ? std::optional(record.current()->remote_identity) : std::nullopt;
  Decrypted plain;
  if (first) {
    const auto head = SessionCipher::head(enc.octets());
    const Bytes* prekey =
        head && head->prekey_id ? vault.octets(rows::kPrekeys, key_of_prekey(*head)) : nullptr;
    plain = SessionCipher::decrypt_first(
        record, own(), prekey == nullptr ? std::nullopt : PrivateKey::from(*prekey), enc.octets());
    if (plain.new_run && head->prekey_id) {
      vault.erase(batch, rows::kPrekeys, key_of_prekey(*head));
    }
    if (plain.new_run && before && *before != head->identity) {
      on_new_identity(from, batch);
    }
  } else {
    plain = SessionCipher::decrypt(record, own(), enc.octets());
  }
  out.fault = plain.fault;
  if (!plain.ok()) {
    return out;
  }
  vault.save_session(batch, from.address);
  if (const auto content =
          enc.text("v") == "3" ? std::optional<ByteView>(plain.plain) : unpad(plain.plain)) {
    out.message = to_bytes(*content);
  } else {
    out.fault = DecryptFault::InvalidMessage;
  }
  return out;
}

void Messenger::Parts::process_distribution(const Incoming& in, const Target& from,
                                            const Envelope& envelope, StoreBatch& batch) {
  // Only for the group that it came through: nobody plants keys elsewhere.
  if (!envelope.distribution || !in.info.group ||
      envelope.distribution_group != in.info.chat.to_string()) {
    return;
  }
  const std::string name = sender_key_name(in.info.chat, from.address);
  if (GroupCipher::process(vault.make_sender_key(name), *envelope.distribution)) {
    vault.save_sender_key(batch, name);
  }
}

std::string_view Messenger::Parts::receipt_type(const Incoming& in) const {
  if (in.info.category == "peer") {
    return "peer_msg";
  }
  if (in.info.from_me) {
    return "sender";
  }
  return available ? "" : "inactive";
}

void Messenger::Parts::hand_over(Incoming& in, Bytes message, StoreBatch batch) {
  const std::optional<Envelope> envelope = Envelope::read(message);
  const std::optional<std::uint32_t> protocol = envelope ? envelope->protocol_type : std::nullopt;
  std::string_view type = receipt_type(in);
  if (protocol == kHistorySyncNotification && in.info.from_me) {
    type = "hist_sync";
  }
  if (envelope) {
    learn_timer(in.info, *envelope, batch);
  }
  mark_seen(in, batch);
  Incoming copy = in;  // without what only the stanza of now needs
  copy.stanza = nullptr;
  copy.kept = Node();
  auto durable = [this, copy = std::move(copy), type](bool stored) { end(copy, type, stored); };
  if (protocol && is_of_own_devices(*protocol) && !in.info.from_me) {
    sink.on_note("message.forged", "a message that only our own devices may write");
    host.commit(std::move(batch), std::move(durable));
    return;
  }
  IncomingMessage out;
  out.info = in.info;
  out.message = std::move(message);
  out.stanza = in.stanza;
  sink.on_message(std::move(out), std::move(batch), std::move(durable));
}

// Once what is told of it is durable, the server need not keep it any more.
MessageSink::Durable Messenger::Parts::acknowledging(const Incoming& in) {
  auto kept = std::make_shared<Node>(*in.stanza);
  return [this, kept](bool stored) {
    if (stored) {
      client.acknowledge(*kept);
    } else {
      storage_failed();
    }
  };
}

// The ratchet says that it has read this before. Then it is in the record of what was seen, unless
// the one that was durable of the two is the ratchet alone: its author is asked then.
void Messenger::Parts::check_duplicate(const Incoming& in) {
  auto copy = std::make_shared<Incoming>(in);
  copy->keep();
  vault.work([this, copy](bool readable) -> Vault::Rows {
    const std::string seen = seen_key(*copy);
    if (readable && !vault.has(rows::kSeen, seen)) {
      return {{rows::kSeen, seen}};
    }
    if (vault.octets(rows::kSeen, seen) != nullptr) {
      ++counters.duplicates;
      confirm(*copy, receipt_type(*copy));
    } else {
      ask_again(*copy, DecryptFault::InvalidMessage);
    }
    return {};
  });
}

void Messenger::Parts::end(const Incoming& in, std::string_view type, bool stored) {
  if (stored) {
    remember(in);
    confirm(in, type);
  } else {
    storage_failed();
  }
}

void Messenger::Parts::confirm(const Incoming& in, std::string_view type) {
  Node receipt("receipt");
  receipt.set("id", in.info.id).set("to", in.from);
  receipt.set_if("participant", in.participant).set_if("recipient", in.recipient);
  if (!type.empty()) {
    receipt.set("type", type);
  }
  (void)client.send(receipt);
}

}  // namespace waxwing::multidevice
