// SPDX-License-Identifier: Apache-2.0
// People's two names, their devices, and the keys to write to them.
#include <algorithm>

#include "multidevice/base/wire.hpp"
#include "multidevice/message/parts.hpp"
#include "multidevice/pair/device_identity.hpp"
#include "multidevice/signal/address.hpp"

namespace waxwing::multidevice {
namespace {

std::string people_key(const Jid& jid) {
  return (jid.is_lid() ? 'l' : 'p') + jid.user;
}

// The name that rows are kept under.
const Jid& canonical(const Person& who) {
  return who.lid.empty() ? who.pn : who.lid;
}

// A companion of whom its account says nothing is taken as it is; one of whom it says something
// else is not.
bool vouched(const Node& user, const PublicKey& identity, const Node& list) {
  const Node* octets = user.child("device-identity");
  const std::optional<Jid> jid = user.jid("jid");
  if (octets == nullptr || !jid || jid->device == 0) {
    return true;
  }
  for (const Node& other : list.children()) {
    const std::optional<Jid> name = other.jid("jid");
    if (name && *name == jid->without_device()) {
      if (const std::optional<PreKeyBundle> phone = read_bundle(other)) {
        return check_device_identity(octets->octets(), identity, &phone->identity).is_ok();
      }
    }
  }
  return check_device_identity(octets->octets(), identity, nullptr).is_ok();
}

}  // namespace

std::string person_row(const Person& who) {
  return people_key(canonical(who));
}

std::optional<PreKeyBundle> read_bundle(const Node& user) {
  const auto octets = [](const Node* node, std::string_view tag) {
    const Node* child = node == nullptr ? nullptr : node->child(tag);
    return child == nullptr ? ByteView() : child->octets();
  };
  const Node* skey = user.child("skey");
  const Node* key = user.child("key");
  const auto identity = to_array<kKeyBytes>(octets(&user, "identity"));
  const auto value = to_array<kKeyBytes>(octets(skey, "value"));
  const auto signature = to_array<kSignatureBytes>(octets(skey, "signature"));
  const ByteView registration = octets(&user, "registration");
  const ByteView id = octets(skey, "id");
  if (!identity || !value || !signature || registration.size() != 4 || id.size() != 3) {
    return std::nullopt;
  }
  PreKeyBundle bundle;
  bundle.registration_id = static_cast<std::uint32_t>(from_be(registration));
  bundle.identity = *identity;
  bundle.signed_prekey_id = static_cast<std::uint32_t>(from_be(id));
  bundle.signed_prekey = *value;
  bundle.signature = *signature;
  if (key != nullptr) {
    const auto one_time = to_array<kKeyBytes>(octets(key, "value"));
    const ByteView one_time_id = octets(key, "id");
    if (!one_time || one_time_id.size() != 3) {
      return std::nullopt;
    }
    bundle.one_time = {static_cast<std::uint32_t>(from_be(one_time_id)), *one_time};
  }
  return bundle;
}

// Names -------------------------------------------------------------------------------------------

void Messenger::Parts::want_person(const Jid& jid, Vault::Rows& rows) {
  if (jid.is_person() && !is_own(jid)) {
    const std::string key = people_key(jid);
    if (!vault.has(rows::kPeople, key)) {
      rows.push_back({rows::kPeople, key});
    }
  }
}

Person Messenger::Parts::person(const Jid& jid) {
  if (is_own(jid)) {
    return me();
  }
  Person who;
  (jid.is_lid() ? who.lid : who.pn) = jid.without_device();
  if (const Bytes* other = vault.octets(rows::kPeople, people_key(jid))) {
    if (jid.is_lid()) {
      who.pn = Jid::of_user(as_text(*other), server::kUser);
    } else {
      who.lid = Jid::of_user(as_text(*other), server::kLid);
    }
  }
  return who;
}

void Messenger::Parts::learn(const Jid& one, const Jid& other, StoreBatch& batch) {
  const Jid& lid = one.is_lid() ? one : other;
  const Jid& pn = one.is_lid() ? other : one;
  if (!lid.is_lid() || pn.is_lid() || !pn.is_person() || is_own(lid) || is_own(pn)) {
    return;
  }
  for (const auto& [key, value] :
       {std::pair(people_key(pn), &lid.user), std::pair(people_key(lid), &pn.user)}) {
    const Bytes* known = vault.octets(rows::kPeople, key);
    if (known == nullptr || as_text(*known) != *value) {
      vault.put(batch, rows::kPeople, key, to_bytes(as_bytes(*value)));
    }
  }
}

// Sessions ----------------------------------------------------------------------------------------

Target Messenger::Parts::target(const Person& who, std::uint16_t device, bool by_lid) const {
  const auto with_device = [device](Jid jid) {
    jid.device = device;
    return jid;
  };
  Target out;
  const bool lid = !who.lid.empty() && (by_lid || who.pn.empty());
  out.jid = with_device(lid ? who.lid : who.pn);
  out.signal = with_device(canonical(who));
  out.address = signal_address(out.signal);
  if (!who.lid.empty() && !who.pn.empty()) {
    out.elder = signal_address(with_device(who.pn));
  }
  out.own = is_own(out.jid);
  return out;
}

void Messenger::Parts::want_session(const Target& target, Vault::Rows& rows) {
  if (!vault.has(rows::kSessions, target.address)) {
    rows.push_back({rows::kSessions, target.address});
  } else if (!target.elder.empty() && vault.session(target.address) == nullptr &&
             !vault.has(rows::kSessions, target.elder)) {
    rows.push_back({rows::kSessions, target.elder});
  }
}

// A session that was made before the LID was known moves to its address when it is first met.
SessionRecord* Messenger::Parts::session(const Target& target, StoreBatch& batch) {
  if (SessionRecord* record = vault.session(target.address)) {
    return record;
  }
  if (target.elder.empty()) {
    return nullptr;
  }
  SessionRecord* elder = vault.session(target.elder);
  if (elder == nullptr) {
    vault.let_go(rows::kSessions, target.elder);  // there will be one at the address
    return nullptr;
  }
  SessionRecord& record = vault.make_session(target.address);
  record = std::move(*elder);
  vault.erase(batch, rows::kSessions, target.elder);
  vault.save_session(batch, target.address);
  return &record;
}

// Devices -----------------------------------------------------------------------------------------

void Messenger::Parts::want_devices(const Person& who, Vault::Rows& rows) {
  const std::string key = person_row(who);
  if (!vault.has(rows::kDevices, key)) {
    rows.push_back({rows::kDevices, key});
  }
}

std::optional<std::vector<std::uint16_t>> Messenger::Parts::devices(const Person& who) {
  const Bytes* row = vault.octets(rows::kDevices, person_row(who));
  if (row == nullptr) {
    return std::nullopt;
  }
  std::vector<std::uint16_t> out;
  Reader from(*row);
  while (const auto number = from.take_be(2)) {
    out.push_back(static_cast<std::uint16_t>(*number));
  }
  return out;
}

void Messenger::Parts::forget_devices(const Person& who, StoreBatch& batch) {
  for (const Jid* name : {&who.pn, &who.lid}) {
    if (!name->empty()) {
      vault.erase(batch, rows::kDevices, people_key(*name));
    }
  }
}

void Messenger::Parts::on_new_identity(const Target& device, StoreBatch& batch) {
  const Person who = person(device.jid);
  if (device.jid.device == 0) {
    forget_devices(who, batch);
    sink.on_identity_changed(who);
  }
}

// <iq xmlns=usync>: devices and LIDs. Those that the server knows nothing of get an empty list,
// which is not stored.
void Messenger::Parts::ask_devices(const std::vector<Jid>& users,
                                   std::function<void(const std::optional<Refusal>&)> then) {
  Node::Children list;
  list.reserve(users.size());
  for (const Jid& user : users) {
    list.push_back(Node("user").set("jid", user.without_device()));
  }
  Node query("query");
  query.add(Node("devices").set("version", "2")).add(Node("lid"));
  Node usync("usync");
  usync.set("context", "message").set("mode", "query").set("sid", make_message_id());
  usync.set("last", "true").set("index", "0");
  usync.add(std::move(query)).add(Node("list").set_children(std::move(list)));
  Node iq = query_node("get", "usync", server_jid());
  iq.add(std::move(usync));
  client.query(std::move(iq), [this, then = std::move(then)](const IqReply& reply) {
    if (!reply.ok()) {
      then(refusal_of(reply));
      return;
    }
    const Node* answer = reply.node->child("usync");
    const Node* found = answer == nullptr ? nullptr : answer->child("list");
    struct Entry {
      Jid jid;
      std::optional<Jid> lid;
      Bytes devices;
    };
    auto entries = std::make_shared<std::vector<Entry>>();
    for (const Node& user : found == nullptr ? std::span<const Node>() : found->children()) {
      Entry entry;
      const Node* devices = user.child("devices");
      const Node* numbers = devices == nullptr ? nullptr : devices->child("device-list");
      const std::optional<Jid> jid = user.jid("jid");
      if (!jid || numbers == nullptr) {
        continue;
      }
      entry.jid = *jid;
      if (const Node* lid = user.child("lid")) {
        entry.lid = lid->jid("val");
      }
      for (const Node& device : numbers->children()) {
        const auto id = device.number("id");
        // A companion without a key index is on its way out.
        if (id && *id <= UINT16_MAX && (*id == 0 || device.has("key-index"))) {
          append_be(entry.devices, *id, 2);
        }
      }
      if (!entry.devices.empty()) {
        entries->push_back(std::move(entry));
      }
    }
    vault.work([this, entries, then](bool readable) -> Vault::Rows {
      Vault::Rows rows;
      for (const Entry& entry : *entries) {
        want_person(entry.jid, rows);
        if (entry.lid) {
          want_person(*entry.lid, rows);
        }
      }
      if (readable && !rows.empty()) {
        return rows;
      }
      if (readable) {
        StoreBatch batch;
        for (Entry& entry : *entries) {
          if (entry.lid) {
            learn(entry.jid, *entry.lid, batch);
          }
          vault.put(batch, rows::kDevices, person_row(person(entry.jid)), std::move(entry.devices));
        }
        store(std::move(batch));
      }
      then(std::nullopt);
      return {};
    });
  });
}

void Messenger::Parts::ask_bundles(
    const std::vector<Target>& targets,
    std::function<void(const std::optional<Refusal>&, std::map<std::string, PreKeyBundle>)> then) {
  Node::Children users;
  users.reserve(targets.size());
  for (const Target& target : targets) {
    Node user("user");
    user.set("jid", target.signal);
    if (target.signal.device == 0) {
      user.set("reason", "identity");
    }
    users.push_back(std::move(user));
  }
  Node iq = query_node("get", "encrypt", server_jid());
  iq.add(Node("key").set_children(std::move(users)));
  client.query(std::move(iq), [this, then = std::move(then)](const IqReply& reply) {
    if (!reply.ok()) {
      then(refusal_of(reply), {});
      return;
    }
    std::map<std::string, PreKeyBundle> bundles;
    const Node* list = reply.node->child("list");
    for (const Node& user : list == nullptr ? std::span<const Node>() : list->children()) {
      const std::optional<Jid> jid = user.jid("jid");
      std::optional<PreKeyBundle> bundle = read_bundle(user);
      if (jid && bundle && !vouched(user, bundle->identity, *list)) {
        sink.on_note("device.untrusted", "its account has not signed a device's identity");
      } else if (jid && bundle) {
        bundles.emplace(signal_address(*jid), std::move(*bundle));
      }
    }
    then(std::nullopt, std::move(bundles));
  });
}

void Messenger::person(const Jid& jid, std::function<void(const Person&)> done) {
  Parts& parts = *parts_;
  parts.vault.work([&parts, jid, done = std::move(done)](bool readable) -> Vault::Rows {
    Vault::Rows rows;
    parts.want_person(jid, rows);
    if (readable && !rows.empty()) {
      return rows;
    }
    done(parts.person(jid));
    return {};
  });
}

Person Messenger::known(const Jid& jid, const Jid& chat) {
  const Person who = parts_->person(jid);
  if (chat.is_group() && (who.pn.empty() || who.lid.empty())) {
    if (const std::optional<GroupInfo> group = parts_->stored_group(chat)) {
      const Participant* member = group->find(who);
      return member == nullptr ? who : member->person;
    }
  }
  return who;
}

void Messenger::look_up(std::vector<std::string> phones, Then<std::vector<Contact>> done) {
  Parts& parts = *parts_;
  Node::Children users;
  for (const std::string& phone : phones) {
    users.push_back(Node("user").add(Node("contact").set_octets(as_bytes("+" + phone))));
  }
  Node usync("usync");
  usync.set("context", "interactive").set("mode", "query").set("sid", make_message_id());
  usync.set("last", "true").set("index", "0");
  usync.add(Node("query").add(Node("contact")).add(Node("lid")));
  usync.add(Node("list").set_children(std::move(users)));
  Node iq = parts.query_node("get", "usync", server_jid());
  iq.add(std::move(usync));
  parts.client.query(
      std::move(iq), [phones = std::move(phones), done = std::move(done)](const IqReply& reply) {
        Answer<std::vector<Contact>> answer;
        if (!reply.ok()) {
          answer.refusal = Parts::refusal_of(reply);
          done(std::move(answer));
          return;
        }
        for (const std::string& phone : phones) {
          answer.value.push_back({phone, false, {}});
        }
        const Node* usync_node = reply.node->child("usync");
        const Node* list = usync_node == nullptr ? nullptr : usync_node->child("list");
        for (const Node& user : list == nullptr ? std::span<const Node>() : list->children()) {
          const Node* contact = user.child("contact");
          const std::optional<Jid> jid = user.jid("jid");
          if (contact == nullptr || !jid || contact->text("type") != "in") {
            continue;
          }
          std::string asked(contact->octets_as_text());
          std::erase_if(asked, [](char c) { return c < '0' || c > '9'; });
          Person who;
          (jid->is_lid() ? who.lid : who.pn) = jid->without_device();
          if (const auto pn = user.jid("pn_jid")) {
            who.pn = pn->without_device();
          }
          const Node* lid = user.child("lid");
          if (const auto value = lid == nullptr ? std::nullopt : lid->jid("val")) {
            who.lid = value->without_device();
          }
          for (Contact& out : answer.value) {
            if (out.phone == asked || (!who.pn.empty() && out.phone == who.pn.user)) {
              out.exists = true;
              out.person = who;
            }
          }
        }
        done(std::move(answer));
      });
}

}  // namespace waxwing::multidevice
