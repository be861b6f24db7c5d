// SPDX-License-Identifier: Apache-2.0
// Letters in and out.
#include "party.hpp"

#include <algorithm>
#include <utility>

#include "multidevice/message/content.hpp"
#include "multidevice/message/peer_data.hpp"
#include "multidevice/signal/session_cipher.hpp"
#include "server.hpp"

namespace waxwing::simulator {
namespace {

constexpr std::size_t kMaxLetters = 1'000;

// One name for a device, however it is addressed.
std::string name_of(const Account& account, std::uint16_t device) {
  return account.lid + ":" + std::to_string(device);
}

}  // namespace

Party::Party(Server& server, Account& account, std::uint16_t number, DeviceKeys& keys)
    : server_(server), account_(account), number_(number), keys_(keys) {
  account.devices.at(number).party = this;
}

Party::~Party() {
  if (Device* device = account_.device(number_)) {
    device->party = nullptr;
  }
}

// In ----------------------------------------------------------------------------------------------

void Party::receive(std::string_view id, const md::Node& stanza) {
  if (!awake_) {
    return;
  }
  if (stanza.tag() != "message") {
    if (on_stanza_) {
      on_stanza_(stanza);
    }
    return;
  }
  const auto from = stanza.jid("from");
  const auto device = stanza.has("participant") ? stanza.jid("participant") : from;
  const Account* author = device ? server_.world().find(*device) : nullptr;
  if (author == nullptr) {
    return;
  }
  const std::string sender = name_of(*author, device->device);
  for (const md::Node& enc : stanza.children()) {
    md::SecretBytes plain;
    if (enc.tag() != "enc") {
      continue;
    }
    const auto message = open(enc, *from, sender, plain) ? md::unpad(plain.view()) : std::nullopt;
    if (message) {
      take(id, stanza, *device, *author, sender, *message);
    } else {
      ++unreadable_;
    }
  }
}

bool Party::open(const md::Node& enc, const md::Jid& chat, const std::string& sender,
                 md::SecretBytes& plain) {
  if (enc.text("type") == "skmsg") {
    auto& key = sender_keys_[chat.to_string() + "/" + sender];
    auto opened = md::GroupCipher::decrypt(key, enc.octets());
    plain = std::move(opened.plain);
    return opened.ok();
  }
  auto& session = sessions_[sender];
  if (enc.text("type") != "pkmsg") {
    auto opened = md::SessionCipher::decrypt(session, keys_.record, enc.octets());
    plain = std::move(opened.plain);
    return opened.ok();
  }
  const auto head = md::SessionCipher::head(enc.octets());
  if (!head) {
    return false;
  }
  std::optional<md::PrivateKey> one_time;
  const auto key = keys_.prekeys.find(head->prekey_id.value_or(0));
  if (key != keys_.prekeys.end()) {
    one_time = key->second;
  }
  auto opened = md::SessionCipher::decrypt_first(session, keys_.record, one_time, enc.octets());
  if (opened.ok() && opened.new_run && key != keys_.prekeys.end()) {
    keys_.prekeys.erase(key);
  }
  plain = std::move(opened.plain);
  return opened.ok();
}

void Party::take(std::string_view id, const md::Node& stanza, const md::Jid& device,
                 const Account& author, const std::string& sender, md::ByteView message) {
  const auto envelope = md::Envelope::read(message);
  if (!envelope) {
    ++unreadable_;
    return;
  }
  if (envelope->distribution) {
    auto& key = sender_keys_[std::string(envelope->distribution_group) + "/" + sender];
    (void)md::GroupCipher::process(key, *envelope->distribution);
  }
  if (stanza.text("category") == "peer") {
    if (number_ == 0 && &author == &account_) {
      give_copies(id, device, message);
    }
    return;
  }
  Letter letter;
  letter.id = id;
  letter.device = device;
  letter.author = device.without_device();
  letter.from_me = &author == &account_;
  letter.time_s = server_.clock().now_s();
  const md::Jid from = stanza.jid("from").value_or(md::Jid());
  letter.chat = from.without_device();
  if (envelope->device_sent) {
    letter.chat = md::Jid::parse(envelope->destination).value_or(letter.chat);
    letter.message = md::to_bytes(*envelope->device_sent);
  } else if (envelope->has_content || envelope->protocol_type) {
    letter.message = md::to_bytes(message);
  } else {
    return;
  }
  if (!letter.from_me) {
    md::Node receipt("receipt");
    receipt.set("id", id).set("to", from);
    if (from.is_group()) {
      receipt.set("participant", device);
    }
    server_.router().forward_receipt(account_, number_, receipt);
  }
  letters_.push_back(std::move(letter));
  if (on_letter_) {
    on_letter_(letters_.back());
  }
  if (letters_.size() > kMaxLetters) {
    letters_.pop_front();
  }
}

void Party::give_copies(std::string_view request, const md::Jid& device, md::ByteView message) {
  std::vector<md::MessageCopy> copies;
  for (const md::MessageKey& key : md::asked_copies(message)) {
    md::MessageCopy copy;
    copy.key = key;
    const auto chat = md::Jid::parse(key.chat);
    for (const Letter& letter : letters_) {
      // A person's chat has two names.
      const bool same =
          chat &&
          (letter.chat == *chat ||
           (chat->is_person() && server_.world().find(*chat) == server_.world().find(letter.chat)));
      if (same && letter.id == key.id && letter.from_me == key.from_me) {
        const Account* author = server_.world().find(letter.author);
        copy.message = letter.message;
        copy.time_s = letter.time_s;
        copy.push_name = author == nullptr ? "" : author->name;
      }
    }
    copies.push_back(std::move(copy));
  }
  Device* reader = account_.device(device.device);
  if (copies.empty() || reader == nullptr) {
    return;
  }
  auto enc = seal(account_, *reader, md::give_copies(request, copies));
  if (!enc) {
    return;
  }
  md::Node stanza("message");
  stanza.set("id", server_.router().next_id()).set("to", account_.phone_jid(device.device));
  stanza.set("type", "text").set("category", "peer").add(std::move(*enc));
  (void)server_.router().send_as_party(account_, number_, stanza);
}

void Party::forget_all() {
  sessions_.clear();
  sender_keys_.clear();
  letters_.clear();
}

std::size_t Party::read(const std::vector<std::string>& ids) {
  std::size_t count = 0;
  for (const Letter& letter : letters_) {
    if (letter.from_me || std::find(ids.begin(), ids.end(), letter.id) == ids.end()) {
      continue;
    }
    md::Node receipt("receipt");
    receipt.set("id", letter.id).set("to", letter.chat).set("type", "read");
    if (letter.chat.is_group()) {
      receipt.set("participant", letter.author);
    }
    server_.router().forward_receipt(account_, number_, receipt);
    ++count;
  }
  return count;
}

// Out ---------------------------------------------------------------------------------------------

md::Result<md::Node> Party::seal(Account& account, Device& device, md::ByteView message) {
  auto& session = sessions_[name_of(account, device.number)];
  if (!session.ready()) {
    md::PreKeyBundle bundle;
    bundle.registration_id = device.registration_id;
    bundle.identity = device.identity;
    bundle.signed_prekey_id = device.signed_prekey.id;
    bundle.signed_prekey = device.signed_prekey.key;
    bundle.signature = device.signed_prekey.signature;
    if (!device.prekeys.empty()) {
      bundle.one_time = {device.prekeys.front().id, device.prekeys.front().key};
      device.prekeys.pop_front();
    }
    if (md::Status status = md::SessionCipher::begin(session, keys_.record, bundle); !status) {
      return status;
    }
  }
  auto sealed = md::SessionCipher::encrypt(session, keys_.record, md::pad(message));
  if (!sealed) {
    return sealed.error();
  }
  const bool first = sealed->type == md::CiphertextType::PreKey;
  return md::Node("enc")
      .set("v", "2")
      .set("type", first ? "pkmsg" : "msg")
      .set_octets(std::move(sealed->octets));
}

md::Result<std::string> Party::write(const md::Jid& to, md::ByteView message,
                                     const Outside& outside) {
  const Device* const own_device = account_.device(number_);
  if (own_device == nullptr) {
    return md::Status(md::Fault::Argument, "this device was removed");
  }
  Group* group = server_.groups().find(to);
  Account* person = group == nullptr ? server_.world().find(to) : nullptr;
  if (group == nullptr && person == nullptr) {
    return md::Status(md::Fault::Argument, "to: nobody has that address");
  }
  std::vector<Account*> readers = group == nullptr ? std::vector{person} : Groups::accounts(*group);
  if (std::find(readers.begin(), readers.end(), &account_) == readers.end()) {
    readers.push_back(&account_);
  }
  const std::string id = outside.id.empty() ? server_.router().next_id() : outside.id;
  md::Node stanza("message");
  stanza.set("id", id).set("to", to).set("type", "text");
  if (!outside.edit.empty()) {
    stanza.set("edit", outside.edit);
  }
  md::Bytes for_devices = md::to_bytes(message);
  if (group != nullptr) {
    auto& key = sender_keys_[to.to_string() + "/" + name_of(account_, number_)];
    const md::Bytes distribution = md::GroupCipher::distribution(key);
    auto sealed = md::GroupCipher::encrypt(key, md::pad(message));
    if (!sealed) {
      return sealed.error();
    }
    stanza.add(md::Node("enc").set("v", "2").set("type", "skmsg").set_octets(std::move(*sealed)));
    for_devices = md::with_distribution({}, to.to_string(), distribution);
  }
  md::Node participants("participants");
  for (Account* reader : readers) {
    const bool own = group == nullptr && reader == &account_;
    const md::Bytes text = own ? md::device_sent(to.to_string(), message) : for_devices;
    for (auto& [number, device] : reader->devices) {
      const bool asleep = number == 0 && (device.party == nullptr || !device.party->awake());
      if (&device == own_device || asleep) {
        continue;  // what a phone in its drawer gets is dropped anyway
      }
      auto enc = seal(*reader, device, text);
      if (!enc) {
        return enc.error();
      }
      participants.add(md::Node("to").set("jid", reader->lid_jid(number)).add(std::move(*enc)));
    }
  }
  stanza.add(std::move(participants));
  if (!own_device->device_identity.empty()) {
    stanza.add(md::Node("device-identity").set_octets(md::ByteView(own_device->device_identity)));
  }
  const std::string refusal = server_.router().send_as_party(account_, number_, stanza);
  if (!refusal.empty()) {
    return md::Status(md::Fault::Protocol, "the server refuses it: " + refusal);
  }
  return id;
}

}  // namespace waxwing::simulator
