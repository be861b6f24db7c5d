// SPDX-License-Identifier: Apache-2.0
// Messages that go out: encrypted for everybody, and the stanza that carries them.
#include <algorithm>
#include <set>

#include "multidevice/crypto/hash.hpp"
#include "multidevice/message/parts.hpp"
#include "multidevice/message/rows.hpp"

namespace waxwing::multidevice {
namespace {

// "2:" and eight characters of a hash over all devices: the server compares it with its own list.
std::string phash(const std::vector<Target>& targets) {
  std::vector<std::string> names;
  names.reserve(targets.size());
  for (const Target& target : targets) {
    names.push_back(target.jid.to_device_string());
  }
  std::sort(names.begin(), names.end());
  std::string all;
  for (const std::string& name : names) {
    all += name;
  }
  std::string text = to_base64(ByteView(sha256(as_bytes(all))).first(6));
  return "2:" + text;
}

}  // namespace

void Messenger::Parts::encrypt(const std::shared_ptr<Sending>& op, const std::vector<Target>& all,
                               std::vector<Target> pairwise, const std::string& own_key,
                               bool by_lid, StoreBatch batch) {
  const OutgoingMessage& message = op->message;
  const std::string chat = op->info.chat.to_string();
  Bytes plain;    // for people
  Bytes for_own;  // for our other devices
  if (op->info.group) {
    const Bytes distribution = GroupCipher::distribution(vault.make_sender_key(own_key));
    plain = with_distribution({}, chat, distribution);
    for_own = plain;
  } else {
    plain = message.message;
    for_own = device_sent(chat, message.message);
  }
  const auto make_enc = [&](std::string_view type, Bytes octets, bool content) {
    Node enc("enc");
    enc.set("v", "2").set("type", type);
    if (content && !message.mediatype.empty()) {
      enc.set("mediatype", message.mediatype);
    }
    if (content && message.hide_fail) {
      enc.set("decrypt-fail", "hide");
    }
    enc.set_octets(std::move(octets));
    return enc;
  };
  Node::Children copies;
  copies.reserve(pairwise.size());
  bool any_first = false;
  bool any_peer = false;
  const bool chat_with_self = !op->info.group && is_own(op->info.chat);
  std::vector<Target> failed;
  for (const Target& target : pairwise) {
    SessionRecord& record = vault.make_session(target.address);
    if (!record.ready()) {
      const auto bundle = op->bundles.find(target.address);
      if (bundle == op->bundles.end() || !SessionCipher::begin(record, own(), bundle->second)) {
        failed.push_back(target);
        continue;
      }
    }
    Result<Ciphertext> sealed =
        SessionCipher::encrypt(record, own(), pad(target.own ? for_own : plain));
    if (!sealed) {
      failed.push_back(target);
      continue;
    }
    vault.save_session(batch, target.address);
    const bool first = sealed->type == CiphertextType::PreKey;
    any_first = any_first || first;
    any_peer = any_peer || !target.own;
    copies.push_back(
        Node("to")
            .set("jid", target.jid)
            .add(make_enc(first ? "pkmsg" : "msg", std::move(sealed->octets), !op->info.group)));
  }
  if (!op->info.group && !any_peer && !(chat_with_self && !copies.empty())) {
    store(std::move(batch));
    refuse(op, "no_keys", "WhatsApp gave no keys to encrypt the message with.");
    return;
  }
  Node stanza("message");
  stanza.set("id", op->info.id).set("to", op->info.chat).set("type", message.type);
  if (!message.edit.empty()) {
    stanza.set("edit", message.edit);
  }
  if (op->info.group) {
    Result<Bytes> sealed =
        GroupCipher::encrypt(vault.make_sender_key(own_key), pad(message.message));
    if (!sealed) {
      refuse(op, "internal", "The message could not be encrypted.");
      return;
    }
    vault.save_sender_key(batch, own_key);
    if (!pairwise.empty()) {
      std::set<std::string> holding;
      for (const Target& target : all) {
        const auto same = [&](const Target& other) { return other.address == target.address; };
        const bool keyless = std::find(op->without_keys.begin(), op->without_keys.end(),
                                       target.address) != op->without_keys.end();
        if (!is_this_device(target.jid) && !keyless &&
            std::none_of(failed.begin(), failed.end(), same)) {
          holding.insert(target.address);
        }
      }
      vault.put(batch, rows::kKeyHolders, chat, encode_key_holders(holding));
    }
    stanza.set("phash", phash(all)).set("addressing_mode", by_lid ? "lid" : "pn");
    if (!copies.empty()) {
      stanza.add(Node("participants").set_children(std::move(copies)));
    }
    stanza.add(make_enc("skmsg", std::move(*sealed), true));
  } else {
    stanza.add(Node("participants").set_children(std::move(copies)));
  }
  if (any_first) {
    stanza.add(Node("device-identity").set_octets(ByteView(own().signed_identity)));
  }
  if (op->info.chat.is_person() && !chat_with_self) {
    if (Bytes token = token_of(op->info.peer); !token.empty()) {
      stanza.add(Node("tctoken").set_octets(std::move(token)));
    }
  }
  for (const Node& extra : message.extra) {
    stanza.add(extra);
  }
  leave(op, stanza, std::move(batch));
}

}  // namespace waxwing::multidevice
