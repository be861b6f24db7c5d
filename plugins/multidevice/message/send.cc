// SPDX-License-Identifier: Apache-2.0
// Messages that go out: to whom, with which keys, encrypted.
#include <algorithm>
#include <set>

#include "multidevice/crypto/hash.hpp"
#include "multidevice/message/parts.hpp"
#include "multidevice/signal/address.hpp"

namespace waxwing::multidevice {
namespace {

constexpr int kMostRounds = 6;  // of asking for a group, devices and keys

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

// Addresses that have our sender key, each with its length in front.
std::set<std::string> read_holders(const Bytes* row) {
  std::set<std::string> out;
  Reader from(row == nullptr ? ByteView() : ByteView(*row));
  while (const auto size = from.take_octet()) {
    const auto name = from.take(*size);
    if (!name) {
      break;
    }
    out.insert(to_string(*name));
  }
  return out;
}

Bytes write_holders(const std::vector<Target>& targets) {
  Bytes out;
  out.reserve(targets.size() * 24);
  for (const Target& target : targets) {
    out.push_back(static_cast<std::uint8_t>(target.address.size()));
    append(out, as_bytes(target.address));
  }
  return out;
}

}  // namespace

void Messenger::Parts::refuse(const std::shared_ptr<Sending>& op, std::string reason,
                              std::string text, int code) {
  if (const auto done = std::exchange(op->done, nullptr)) {
    SendResult result;
    result.reason = std::move(reason);
    result.text = std::move(text);
    result.code = code;
    done(result);
  }
}

void Messenger::Parts::send(OutgoingMessage message, std::function<void(const SendResult&)> done) {
  auto op = std::make_shared<Sending>();
  op->message = std::move(message);
  op->done = std::move(done);
  op->deadline_ms = host.now_ms() + kSendAnswerMs;
  OutgoingMessage& out = op->message;
  out.chat = out.chat.without_device();
  const bool group = out.chat.is_group() || out.chat.server == server::kBroadcast;
  if (!client.record() || !client.record()->paired()) {
    refuse(op, "offline", "The session is not linked.");
  } else if (!group && !out.chat.is_person()) {
    refuse(op, "unsupported_chat", "Messages can be sent to people and groups only.");
  } else if (out.chat.server == server::kBroadcast && out.audience.empty()) {
    refuse(op, "no_audience", "A broadcast needs the people who may see it.");
  } else if (out.message.empty() || out.message.size() > kMaxMessageBytes) {
    refuse(op, out.message.empty() ? "empty" : "too_large",
           out.message.empty() ? "The message is empty." : "The message is too large.");
  } else {
    if (out.id.empty()) {
      out.id = make_message_id();
    }
    MessageInfo& info = op->info;
    info.id = out.id;
    info.chat = out.chat;
    info.group = group;
    info.sender = me();
    info.sender_device = own().pn.device;
    info.from_me = true;
    info.timestamp_s = now_s();
    info.push_name = own().push_name;
    info.type = out.type;
    info.edit = out.edit;
    advance(op);
  }
}

void Messenger::Parts::advance(const std::shared_ptr<Sending>& op) {
  if (!up) {
    waiting.push_back(op);
    rearm();
    return;
  }
  vault.work([this, op](bool readable) { return prepare(op, readable); });
}

std::vector<Person> Messenger::Parts::audience(const Sending& op, const GroupInfo& group) {
  std::vector<Person> people;
  if (!op.info.group) {
    people.push_back(person(op.info.chat));
  } else if (op.info.chat.is_group()) {
    for (const Participant& participant : group.participants) {
      people.push_back(participant.person);
    }
  } else {
    for (const Jid& jid : op.message.audience) {
      people.push_back(person(jid));
    }
  }
  const Person self = me();
  const auto is_self = [&](const Person& who) { return is_own(who.any()); };
  std::erase_if(people, is_self);
  people.push_back(self);
  return people;
}

// Everything that encrypting needs is brought here, from the store or the server, round by round.
Vault::Rows Messenger::Parts::prepare(const std::shared_ptr<Sending>& op, bool readable) {
  Vault::Rows rows;
  if (!readable) {
    refuse(op, "storage_failed", "The session's storage could not be read.");
    return rows;
  }
  if (++op->rounds > 4 * kMostRounds) {
    refuse(op, "no_keys", "WhatsApp gave no keys to encrypt the message with.");
    return rows;
  }
  const auto again = [this, op](const std::optional<Refusal>& refusal) {
    if (refusal && refusal->reason == "offline") {
      advance(op);  // when the connection is back
    } else if (refusal) {
      refuse(op, refusal->reason, refusal->text, refusal->code);
    } else {
      advance(op);
    }
  };
  const Jid& chat = op->info.chat;

  GroupInfo group;
  if (chat.is_group()) {
    const std::string key = chat.to_string();
    if (!vault.has(rows::kGroups, key)) {
      return {{rows::kGroups, key}};
    }
    std::optional<GroupInfo> known = stored_group(chat);
    if (!known) {
      ask_group(chat, [op, again](const Answer<GroupInfo>& answer) {
        if (answer.refusal && (answer.refusal->code == 403 || answer.refusal->code == 404)) {
          refuse(op, "not_a_member", "This account is not a member of the group.",
                 answer.refusal->code);
        } else {
          again(answer.refusal);
        }
      });
      return rows;
    }
    group = std::move(*known);
    if (group.find(me()) == nullptr) {
      refuse(op, "not_a_member", "This account is not a member of the group.");
      return rows;
    }
  }
  const bool by_lid = chat.is_group() ? group.by_lid : chat.is_lid();

  if (!op->info.group) {
    want_person(chat, rows);
  }
  for (const Jid& jid : op->message.audience) {
    want_person(jid, rows);
  }
  if (!rows.empty()) {
    return rows;
  }
  const std::vector<Person> people = audience(*op, group);
  if (!op->info.group) {
    op->info.peer = people.front();
  }
  for (const Person& who : people) {
    want_devices(who, rows);
  }
  if (!rows.empty()) {
    return rows;
  }
  std::vector<Jid> unknown;
  for (const Person& who : people) {
    if (!devices(who)) {
      unknown.push_back(by_lid && !who.lid.empty() ? who.lid : who.any());
    }
  }
  if (!unknown.empty()) {
    // A second time means that the server knows nothing of them.
    if (!std::exchange(op->asked_devices, true)) {
      ask_devices(unknown, again);
      return rows;
    }
    if (!op->info.group && !is_own(chat) && !devices(people.front())) {
      refuse(op, "not_on_whatsapp", "There is no WhatsApp account of that number.");
      return rows;
    }
  }
  std::vector<Target> all;
  for (const Person& who : people) {
    const std::optional<std::vector<std::uint16_t>> numbers = devices(who);
    for (const std::uint16_t device : numbers ? *numbers : std::vector<std::uint16_t>()) {
      all.push_back(target(who, device, by_lid));
    }
  }
  const auto is_self = [&](const Target& target) { return is_this_device(target.jid); };

  // Whoever lost the right to read must not be able to: then the key is a new one, and all get it.
  std::string own_key;
  std::set<std::string> holders;
  StoreBatch batch;
  if (op->info.group) {
    own_key = sender_key_name(chat, signal_address(target(me(), own().pn.device, true).signal));
    const std::string group_key = chat.to_string();
    if (!vault.has(rows::kSenderKeys, own_key)) {
      rows.push_back({rows::kSenderKeys, own_key});
    }
    if (!vault.has(rows::kKeyHolders, group_key)) {
      rows.push_back({rows::kKeyHolders, group_key});
    }
    if (!rows.empty()) {
      return rows;
    }
    holders = read_holders(vault.octets(rows::kKeyHolders, group_key));
  }
  std::vector<Target> pairwise;
  std::size_t still_here = 0;
  for (const Target& target : all) {
    if (is_self(target)) {
      continue;
    }
    const bool holds = holders.count(target.address) != 0;
    still_here += holds ? 1U : 0U;
    pairwise.push_back(target);
  }
  const bool rotate =
      op->info.group && (still_here < holders.size() || vault.sender_key(own_key) == nullptr);
  if (op->info.group && !rotate) {
    std::erase_if(pairwise,
                  [&](const Target& target) { return holders.count(target.address) != 0; });
  }
  const auto keyless = [&](const Target& target) {
    return std::find(op->without_keys.begin(), op->without_keys.end(), target.address) !=
           op->without_keys.end();
  };
  std::erase_if(pairwise, keyless);
  for (const Target& target : pairwise) {
    want_session(target, rows);
  }
  if (!rows.empty()) {
    return rows;
  }
  std::vector<Target> missing;
  for (const Target& target : pairwise) {
    const SessionRecord* record = session(target, batch);
    if ((record == nullptr || !record->ready()) && op->bundles.count(target.address) == 0) {
      missing.push_back(target);
    }
  }
  if (!missing.empty()) {
    store(std::move(batch));
    ask_bundles(missing, [op, missing, again](const std::optional<Refusal>& refusal,
                                              std::map<std::string, PreKeyBundle> bundles) {
      if (!refusal) {
        for (const Target& target : missing) {
          if (bundles.count(target.address) == 0) {
            op->without_keys.push_back(target.address);
          }
        }
        op->bundles.merge(std::move(bundles));
      }
      again(refusal);
    });
    return rows;
  }
  if (rotate) {
    vault.make_sender_key(own_key) = SenderKeyRecord();
  }
  encrypt(op, all, std::move(pairwise), own_key, by_lid, std::move(batch));
  return rows;
}

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
  bool chat_with_self = !op->info.group && is_own(op->info.chat);
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
      std::vector<Target> holding;
      for (const Target& target : all) {
        const auto same = [&](const Target& other) { return other.address == target.address; };
        const bool keyless = std::find(op->without_keys.begin(), op->without_keys.end(),
                                       target.address) != op->without_keys.end();
        if (!is_this_device(target.jid) && !keyless &&
            std::none_of(failed.begin(), failed.end(), same)) {
          holding.push_back(target);
        }
      }
      vault.put(batch, rows::kKeyHolders, chat, write_holders(holding));
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
  for (const Node& extra : message.extra) {
    stanza.add(extra);
  }
  leave(op, std::move(stanza), std::move(batch));
}

}  // namespace waxwing::multidevice
