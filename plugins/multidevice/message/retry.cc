// SPDX-License-Identifier: Apache-2.0
// Messages that could not be read: ours by others, theirs by us.
#include "multidevice/base/wire.hpp"
#include "multidevice/message/parts.hpp"
#include "multidevice/message/rows.hpp"
#include "multidevice/session/prekeys.hpp"
#include "multidevice/signal/address.hpp"

namespace waxwing::multidevice {

namespace {

constexpr std::uint8_t kMostAsked = 5;     // then it is given up
constexpr std::uint8_t kMostAnswered = 5;  // per message and device
constexpr std::size_t kMostCounted = 1000;

std::uint8_t count_up(std::unordered_map<std::uint64_t, std::uint8_t>& counts, std::uint64_t hash) {
  if (counts.size() >= kMostCounted && counts.find(hash) == counts.end()) {
    counts.clear();
  }
  return ++counts[hash];
}

}  // namespace

// Theirs ------------------------------------------------------------------------------------------

void Messenger::Parts::ask_again(const Incoming& in, DecryptFault fault) {
  ++counters.undecryptable;
  const std::uint64_t hash = hash_of({in.from.to_string(), in.author.to_string(), in.info.id});
  const std::uint8_t count = count_up(asked, hash);
  UnreadableMessage what;
  what.info = in.info;
  what.detail = to_string(fault);
  what.stanza = in.stanza;
  if (count > kMostAsked) {  // it would come at every login
    asked[hash] = kMostAsked;
    StoreBatch batch;
    mark_seen(in, batch);
    const bool expected =
        placeholder_of(in.info) != nullptr && expect_copy(in, kAskAfterRetryMs, true, batch);
    what.why = expected ? UnreadableMessage::Why::Unavailable : UnreadableMessage::Why::Lost;
    sink.on_unreadable(what, std::move(batch), acknowledging(in));
    return;
  }
  if (count == 1 && placeholder_of(in.info) == nullptr) {  // else it was told before a restart
    StoreBatch batch;
    expect_copy(in, kAskAfterRetryMs, false, batch);
    sink.on_unreadable(what, std::move(batch), [this](bool stored) {
      if (!stored) {
        storage_failed();
      }
    });
  }
  ++counters.retries_asked;
  Node retry("retry");
  retry.set("count", std::uint64_t{count}).set("id", in.info.id);
  retry.set("t", in.info.timestamp_s).set("v", "1");
  retry.set("error", static_cast<std::uint64_t>(fault));
  Node receipt("receipt");
  receipt.set("id", in.info.id).set("to", in.from).set("type", "retry");
  receipt.set_if("participant", in.participant).set_if("recipient", in.recipient);
  if (!in.info.category.empty()) {
    receipt.set("category", in.info.category);
  }
  receipt.add(std::move(retry));
  receipt.add(Node("registration").set_octets(ByteView(to_be<4>(own().registration_id))));
  StoreBatch batch;
  const bool with_keys = count > 1 || fault == DecryptFault::NoSession ||
                         fault == DecryptFault::InvalidKeyId || fault == DecryptFault::BadMac;
  if (with_keys) {
    const Prekey prekey = client.take_prekey(batch);
    Node keys("keys");
    keys.add(Node("type").set_octets(ByteView(&kKeyType, 1)));
    keys.add(Node("identity").set_octets(ByteView(own().identity.open)));
    keys.add(Node("key")
                 .add(Node("id").set_octets(ByteView(to_be<3>(prekey.id))))
                 .add(Node("value").set_octets(ByteView(prekey.key.open))));
    keys.add(signed_prekey_node(own().signed_prekey));
    keys.add(Node("device-identity").set_octets(ByteView(own().signed_identity)));
    receipt.add(std::move(keys));
  }
  if (batch.empty()) {
    (void)client.send(receipt);
    return;
  }
  host.commit(std::move(batch), [this, receipt = std::move(receipt)](bool stored) {
    if (stored) {
      (void)client.send(receipt);
    } else {
      storage_failed();
    }
  });
}

// Ours --------------------------------------------------------------------------------------------

struct Messenger::Parts::Retry {
  Node receipt;
  std::string id;
  Jid device;  // that could not read it
  std::optional<Jid> group;
  std::uint64_t count = 1;
  std::optional<PreKeyBundle> bundle;
  bool asked = false;  // the server for a bundle
};

void Messenger::Parts::on_retry(const Node& receipt) {
  const std::optional<Jid> from = receipt.jid("from");
  const Node* child = receipt.child("retry");
  const std::optional<Jid> participant = receipt.jid("participant");
  if (!from || child == nullptr) {
    client.acknowledge(receipt);
    return;
  }
  auto retry = std::make_shared<Retry>();
  retry->receipt = receipt;
  retry->id = receipt.text("id");
  retry->device = participant.value_or(*from);
  if (!from->is_person()) {
    retry->group = from->without_device();
  }
  retry->count = child->number("count").value_or(1);
  if (const Node* keys = receipt.child("keys")) {
    Node user = *keys;  // a bundle, but for the registration that stands beside it
    if (const Node* registration = receipt.child("registration")) {
      user.add(*registration);
    }
    retry->bundle = read_bundle(user);
  }
  const std::uint64_t hash = hash_of({retry->device.to_string(), retry->id});
  if (count_up(answered, hash) > kMostAnswered) {
    answered[hash] = kMostAnswered;
    client.acknowledge(receipt);
    sink.on_note("retry.refused", "a device asked for one message too often");
    return;
  }
  vault.work([this, retry](bool readable) { return answer_retry(retry, readable); });
}

Vault::Rows Messenger::Parts::answer_retry(const std::shared_ptr<Retry>& retry, bool readable) {
  Vault::Rows rows;
  if (!readable) {
    return rows;
  }
  want_person(retry->device, rows);
  if (!vault.has(rows::kSent, retry->id)) {
    rows.push_back({rows::kSent, retry->id});
  }
  if (!rows.empty()) {
    return rows;
  }
  const Target to = target(person(retry->device), retry->device.device, retry->device.is_lid());
  const std::string own_key =
      retry->group ? sender_key_name(*retry->group,
                                     signal_address(target(me(), own().pn.device, true).signal))
                   : std::string();
  want_session(to, rows);
  if (retry->group && !vault.has(rows::kSenderKeys, own_key)) {
    rows.push_back({rows::kSenderKeys, own_key});
  }
  if (!rows.empty()) {
    return rows;
  }
  StoreBatch batch;
  SessionRecord* record = session(to, batch);
  // The session is repaired even if the message is not known any more: the next one needs it.
  std::uint64_t registration = 0;
  if (const Node* node = retry->receipt.child("registration"); node && node->octets().size() == 4) {
    registration = from_be(node->octets());
  }
  const bool other_device = record != nullptr && record->ready() && registration != 0 &&
                            record->current()->remote_registration_id != 0 &&
                            record->current()->remote_registration_id != registration;
  const bool useless = record == nullptr || !record->ready() || other_device || retry->count >= 2;
  if (!retry->bundle && useless && !retry->asked) {
    retry->asked = true;
    store(std::move(batch));
    ask_bundles({to}, [this, retry, to](const std::optional<Refusal>&,
                                        std::map<std::string, PreKeyBundle> found) {
      if (const auto bundle = found.find(to.address); bundle != found.end()) {
        retry->bundle = bundle->second;
      }
      vault.work([this, retry](bool ok) { return answer_retry(retry, ok); });
    });
    return rows;
  }
  if (retry->bundle) {
    SessionRecord& renewed = vault.make_session(to.address);
    const bool other_identity =
        renewed.ready() && renewed.current()->remote_identity != retry->bundle->identity;
    if (!SessionCipher::begin(renewed, own(), *retry->bundle)) {
      sink.on_note("retry.refused", "a device's keys do not hold");
    } else if (other_identity) {
      on_new_identity(to, batch);
    }
    retry->bundle.reset();
    record = &renewed;
  }
  const Bytes* row = vault.octets(rows::kSent, retry->id);
  const std::optional<SentRow> sent = row == nullptr ? std::nullopt : SentRow::decode(*row);
  const auto end = [this, retry](StoreBatch changes, std::optional<Node> stanza) {
    host.commit(std::move(changes), [this, retry, stanza = std::move(stanza)](bool stored) {
      if (!stored) {
        storage_failed();
        return;
      }
      client.acknowledge(retry->receipt);
      phone_lost_request(retry->id);
      if (stanza) {
        ++counters.retries_answered;
        (void)client.send(*stanza);
      }
    });
  };
  if (record == nullptr || !record->ready() || !sent) {
    vault.save_session(batch, to.address);
    end(std::move(batch), std::nullopt);
    return rows;
  }
  Bytes content = sent->message;
  if (to.own) {
    content = device_sent(sent->chat.to_string(), content);
  }
  if (retry->group) {
    SenderKeyRecord& key = vault.make_sender_key(own_key);
    content = with_distribution(content, retry->group->to_string(), GroupCipher::distribution(key));
    vault.save_sender_key(batch, own_key);
  }
  Result<Ciphertext> sealed = SessionCipher::encrypt(*record, own(), pad(content));
  if (!sealed) {
    end(std::move(batch), std::nullopt);
    return rows;
  }
  vault.save_session(batch, to.address);
  const bool first = sealed->type == CiphertextType::PreKey;
  Node enc("enc");
  enc.set("v", "2").set("type", first ? "pkmsg" : "msg").set("count", retry->count);
  if (!sent->mediatype.empty()) {
    enc.set("mediatype", sent->mediatype);
  }
  if (sent->hide_fail) {
    enc.set("decrypt-fail", "hide");
  }
  Node stanza("message");
  stanza.set("id", retry->id).set("type", sent->type).set("t", sent->time_s);
  if (retry->group) {
    stanza.set("to", *retry->group).set("participant", retry->device);
    stanza.set("addressing_mode", retry->device.is_lid() ? "lid" : "pn");
  } else {
    stanza.set("to", retry->device).set("device_fanout", "false");
    if (to.own) {
      stanza.set("recipient", sent->chat);
    }
  }
  if (!sent->edit.empty()) {
    stanza.set("edit", sent->edit);
  }
  stanza.add(std::move(enc).set_octets(std::move(sealed->octets)));
  if (first) {
    stanza.add(Node("device-identity").set_octets(ByteView(own().signed_identity)));
  }
  end(std::move(batch), std::move(stanza));
  return rows;
}

}  // namespace waxwing::multidevice
