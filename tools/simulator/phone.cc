// SPDX-License-Identifier: Apache-2.0
// Letters in and out of a phone.
#include "phone.hpp"

#include <algorithm>
#include <utility>

#include "multidevice/message/content.hpp"
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

// In ----------------------------------------------------------------------------------------------

void Phone::receive(std::string_view id, const md::Node& stanza) {
  if (!awake_ || stanza.tag() != "message") {
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

bool Phone::open(const md::Node& enc, const md::Jid& chat, const std::string& sender,
                 md::SecretBytes& plain) {
  if (enc.text("type") == "skmsg") {
    auto& key = sender_keys_[chat.to_string() + "/" + sender];
    auto opened = md::GroupCipher::decrypt(key, enc.octets());
    plain = std::move(opened.plain);
    return opened.ok();
  }
  auto& session = sessions_[sender];
  if (enc.text("type") != "pkmsg") {
    auto opened = md::SessionCipher::decrypt(session, account_.phone_keys, enc.octets());
    plain = std::move(opened.plain);
    return opened.ok();
  }
  const auto head = md::SessionCipher::head(enc.octets());
  if (!head) {
    return false;
  }
  std::optional<md::PrivateKey> one_time;
  const auto key = account_.phone_prekeys.find(head->prekey_id.value_or(0));
  if (key != account_.phone_prekeys.end()) {
    one_time = key->second;
  }
  auto opened =
      md::SessionCipher::decrypt_first(session, account_.phone_keys, one_time, enc.octets());
  if (opened.ok() && opened.new_run && key != account_.phone_prekeys.end()) {
    account_.phone_prekeys.erase(key);
  }
  plain = std::move(opened.plain);
  return opened.ok();
}

void Phone::take(std::string_view id, const md::Node& stanza, const md::Jid& device,
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
  Letter letter;
  letter.id = id;
  letter.device = device;
  letter.author = device.without_device();
  letter.from_me = &author == &account_;
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
    server_.router().forward_receipt(account_, 0, receipt);
  }
  letters_.push_back(std::move(letter));
  if (letters_.size() > kMaxLetters) {
    letters_.pop_front();
  }
}

void Phone::forget_all() {
  sessions_.clear();
  sender_keys_.clear();
  letters_.clear();
}

std::size_t Phone::read(const std::vector<std::string>& ids) {
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
    server_.router().forward_receipt(account_, 0, receipt);
    ++count;
  }
  return count;
}

// Out ---------------------------------------------------------------------------------------------

md::Result<md::Node> Phone::seal(Account& account, Device& device, md::ByteView message) {
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
    if (md::Status status = md::SessionCipher::begin(session, account_.phone_keys, bundle);
        !status) {
      return status;
    }
  }
  auto sealed = md::SessionCipher::encrypt(session, account_.phone_keys, md::pad(message));
  if (!sealed) {
    return sealed.error();
  }
  const bool first = sealed->type == md::CiphertextType::PreKey;
  return md::Node("enc")
      .set("v", "2")
      .set("type", first ? "pkmsg" : "msg")
      .set_octets(std::move(sealed->octets));
}

md::Result<std::string> Phone::write(const md::Jid& to, md::ByteView message) {
  Group* group = server_.groups().find(to);
  Account* person = group == nullptr ? server_.world().find(to) : nullptr;
  if (group == nullptr && person == nullptr) {
    return md::Status(md::Fault::Argument, "to: nobody has that address");
  }
  std::vector<Account*> readers = group == nullptr ? std::vector{person} : Groups::accounts(*group);
  if (std::find(readers.begin(), readers.end(), &account_) == readers.end()) {
    readers.push_back(&account_);
  }
  const std::string id = server_.router().next_id();
  md::Node stanza("message");
  stanza.set("id", id).set("to", to).set("type", "text");
  md::Bytes for_devices = md::to_bytes(message);
  if (group != nullptr) {
    auto& key = sender_keys_[to.to_string() + "/" + name_of(account_, 0)];
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
      if (number == 0 && (reader == &account_ || !server_.phones().awake(*reader))) {
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
  const std::string refusal = server_.router().send_as_phone(account_, stanza);
  if (!refusal.empty()) {
    return md::Status(md::Fault::Protocol, "the server refuses it: " + refusal);
  }
  return id;
}

}  // namespace waxwing::simulator
