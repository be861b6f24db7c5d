// SPDX-License-Identifier: Apache-2.0
// What all parts of a Messenger share, and who gets which stanza.
#include "multidevice/message/parts.hpp"

#include <algorithm>

#include "multidevice/crypto/hash.hpp"
#include "multidevice/crypto/random.hpp"

namespace waxwing::multidevice {

std::string make_message_id() {
  std::string id = to_hex(random_bytes(9));
  std::transform(id.begin(), id.end(), id.begin(),
                 [](char c) { return c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c; });
  return "3EB0" + id;
}

std::uint64_t hash_of(std::initializer_list<std::string_view> parts) {
  std::uint64_t hash = 0xcbf29ce484222325U;  // FNV-1a
  for (const std::string_view part : parts) {
    for (const char c : part) {
      hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3U;
    }
    hash = (hash ^ 0xffU) * 0x100000001b3U;
  }
  return hash;
}

bool Person::is(const Jid& jid) const {
  return jid.is_lid() ? !lid.empty() && lid.user == jid.user
                      : !pn.empty() && pn.user == jid.user && pn.server == jid.server;
}

const Participant* GroupInfo::find(const Person& person) const {
  const auto found =
      std::find_if(participants.begin(), participants.end(), [&](const Participant& p) {
        return (!person.lid.empty() && p.person.is(person.lid)) ||
               (!person.pn.empty() && p.person.is(person.pn));
      });
  return found == participants.end() ? nullptr : &*found;
}

const DeviceRecord& Messenger::Parts::own() const {
  static const DeviceRecord kNobody;
  return client.record() ? *client.record() : kNobody;
}

Person Messenger::Parts::me() const {
  return {own().pn.without_device(), own().lid.empty() ? Jid() : own().lid.without_device()};
}

bool Messenger::Parts::is_own(const Jid& jid) const {
  return client.record() && (jid.is_lid() ? !own().lid.empty() && jid.user == own().lid.user
                                          : jid.is_person() && jid.user == own().pn.user);
}

bool Messenger::Parts::is_this_device(const Jid& jid) const {
  return is_own(jid) && jid.device == own().pn.device;
}

std::uint64_t Messenger::Parts::now_s() const {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, host.unix_ms() / 1000));
}

Node Messenger::Parts::query_node(std::string_view type, std::string_view xmlns,
                                  const Jid& to) const {
  Node iq("iq");
  iq.set("to", to).set("type", type).set("xmlns", xmlns);
  return iq;
}

Refusal Messenger::Parts::refusal_of(const IqReply& reply) {
  switch (reply.kind) {
    case IqReply::Kind::Timeout:
      return {"timeout", "WhatsApp did not answer in time.", 0};
    case IqReply::Kind::Lost:
      return {"offline", "There is no connection to WhatsApp.", 0};
    default: {
      const Node* error = reply.node == nullptr ? nullptr : reply.node->child("error");
      const std::string text(error == nullptr ? std::string_view() : error->text("text"));
      return {"refused",
              text.empty() ? "WhatsApp refuses it." : "WhatsApp refuses it: " + text + ".",
              reply.code};
    }
  }
}

void Messenger::Parts::store(StoreBatch batch) {
  if (!batch.empty()) {
    host.commit(std::move(batch), [this](bool stored) {
      if (!stored) {
        storage_failed();
      }
    });
  }
}

void Messenger::Parts::storage_failed() {
  vault.forget();
  client.storage_failed();
}

void Messenger::Parts::link(bool is_up) {
  up = is_up;
  if (!up) {
    return;
  }
  ++links;
  backlog = true;
  confirmed.clear();
  constexpr std::uint32_t kBacklogMs = 5'000;  // a server that does not say when it is over
  host.after(kBacklogMs, [this, link = links] {
    if (link == links) {
      backlog_is_over();
    }
  });
  std::vector<std::shared_ptr<Sending>> held = std::exchange(waiting, {});
  for (const auto& op : held) {
    host.after(1, [this, op] { advance(op); });
  }
}

bool Messenger::Parts::take(const Node& stanza) {
  const std::string_view tag = stanza.tag();
  if (tag == "message") {
    on_message(stanza);
  } else if (tag == "receipt") {
    if (stanza.text("type") == "retry" || stanza.text("type") == "enc_rekey_retry") {
      on_retry(stanza);
    } else {
      on_receipt(stanza);
    }
  } else if (tag == "ack") {
    if (stanza.text("class") != "message") {
      return false;
    }
    on_ack(stanza);
  } else if (tag == "presence" || tag == "chatstate") {
    on_presence(stanza);
  } else if (tag == "ib") {
    if (stanza.child("offline") != nullptr) {
      backlog_is_over();
    }
    return false;
  } else if (tag == "notification") {
    return take_notification(stanza);
  } else {
    return false;
  }
  return true;
}

// Those that change what is stored here are acknowledged once that is durable.
bool Messenger::Parts::take_notification(const Node& notification) {
  const std::string_view type = notification.text("type");
  const std::optional<Jid> from = notification.jid("from");
  if (!from) {
    return false;
  }
  if (type == "w:gp2") {
    on_group_notification(notification);
    return true;
  }
  if (type == "privacy_token" && !is_own(*from)) {
    on_token(notification);
    return true;
  }
  const bool of_devices =
      type == "devices" || (type == "account_sync" && notification.child("devices") != nullptr);
  const bool of_identity = type == "encrypt" && notification.child("identity") != nullptr;
  if (!of_devices && !of_identity) {
    return false;
  }
  auto kept = std::make_shared<Node>(notification);
  std::optional<Jid> alias = notification.jid("lid");
  vault.work([this, kept, user = *from, alias, of_identity](bool readable) -> Vault::Rows {
    Vault::Rows rows;
    want_person(user, rows);
    if (!readable || !rows.empty()) {
      return readable ? rows : Vault::Rows();
    }
    Person who = person(user);
    StoreBatch batch;
    if (alias) {
      learn(user, *alias, batch);
      who = person(user);
    }
    if (of_identity) {
      // Their phone is another one: what was agreed with the old one, and with whatever was linked
      // to it, is over.
      want_devices(who, rows);
      if (!rows.empty()) {
        return rows;
      }
      std::vector<std::uint16_t> numbers = devices(who).value_or(std::vector<std::uint16_t>());
      numbers.push_back(0);
      std::vector<Target> old;
      for (const std::uint16_t number : numbers) {
        old.push_back(target(who, number, true));
        want_session(old.back(), rows);
      }
      if (!rows.empty()) {
        return rows;
      }
      for (const Target& device : old) {
        if (SessionRecord* record = session(device, batch); record != nullptr && record->ready()) {
          record->archive();
          vault.save_session(batch, device.address);
        }
      }
    }
    forget_devices(who, batch);
    host.commit(std::move(batch), [this, kept, who, of_identity](bool stored) {
      if (!stored) {
        storage_failed();
        return;
      }
      client.acknowledge(*kept);
      if (of_identity) {
        sink.on_identity_changed(who);
      }
    });
    return {};
  });
  return true;
}

// One timer, for the earliest of the deadlines; all are as far away when they are set.
void Messenger::Parts::rearm() {
  if (armed) {
    return;
  }
  std::int64_t next = 0;
  const auto earlier = [&](std::int64_t time) { next = next == 0 ? time : std::min(next, time); };
  for (const auto& [id, entry] : pending) {
    if (entry.done) {
      earlier(entry.deadline_ms);
    }
  }
  for (const auto& op : waiting) {
    if (!op->renewal) {
      earlier(op->deadline_ms);
    }
  }
  if (next != 0) {
    armed = true;
    const std::int64_t delay = std::max<std::int64_t>(1, next - host.now_ms());
    host.after(static_cast<std::uint32_t>(delay), [this] {
      armed = false;
      wake();
    });
  }
}

void Messenger::Parts::wake() {
  const std::int64_t now = host.now_ms();
  std::vector<std::function<void()>> late;
  for (auto& [id, entry] : pending) {
    if (entry.done && entry.deadline_ms <= now) {
      SendResult result;
      result.state = SendResult::State::Accepted;
      late.emplace_back([done = std::exchange(entry.done, nullptr), result] { done(result); });
    }
  }
  for (auto it = waiting.begin(); it != waiting.end();) {
    if (!(*it)->renewal && (*it)->deadline_ms <= now) {
      late.emplace_back(
          [this, op = *it] { refuse(op, "offline", "There is no connection to WhatsApp."); });
      it = waiting.erase(it);
    } else {
      ++it;
    }
  }
  rearm();
  for (const auto& call : late) {
    call();
  }
}

// Messenger ---------------------------------------------------------------------------------------

Messenger::Messenger(Client& client, ClientHost& host, MessageSink& sink)
    : parts_(std::make_unique<Parts>(client, host, sink)) {}
Messenger::~Messenger() = default;

void Messenger::link(bool up) {
  parts_->link(up);
}
bool Messenger::take(const Node& stanza) {
  return parts_->take(stanza);
}
void Messenger::send(OutgoingMessage message, std::function<void(const SendResult&)> done) {
  parts_->send(std::move(message), std::move(done));
}
const Messenger::Counters& Messenger::counters() const noexcept {
  return parts_->counters;
}

}  // namespace waxwing::multidevice
