// SPDX-License-Identifier: Apache-2.0
// Messages that go out: to whom, and with which keys.
#include <algorithm>
#include <set>

#include "multidevice/message/parts.hpp"
#include "multidevice/message/rows.hpp"
#include "multidevice/signal/address.hpp"

namespace waxwing::multidevice {
namespace {

constexpr int kMostRounds = 6;  // of asking for a group, devices and keys

}  // namespace

void Messenger::Parts::refuse(const std::shared_ptr<Sending>& op, std::string reason,
                              std::string text, int code) {
  SendResult result;
  result.reason = std::move(reason);
  result.text = std::move(text);
  result.code = code;
  if (op->renewal) {
    finish(op->info.id, result);
  } else if (const auto done = std::exchange(op->done, nullptr)) {
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
      ask_group(chat, [this, op, again](const Answer<GroupInfo>& answer) {
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
  if (chat.is_person() && !is_own(chat)) {
    want_token(people.front(), rows);
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
    const Bytes* row = vault.octets(rows::kKeyHolders, group_key);
    holders = decode_key_holders(row == nullptr ? ByteView() : ByteView(*row));
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

}  // namespace waxwing::multidevice
