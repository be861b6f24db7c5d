// SPDX-License-Identifier: Apache-2.0
// Phone: an account's primary device as a party to conversations. Keys and sessions are its own.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "multidevice/base/result.hpp"
#include "multidevice/signal/sender_key.hpp"
#include "multidevice/signal/session_record.hpp"
#include "world.hpp"

namespace waxwing::simulator {

class Server;

// What an awake phone has read.
struct Letter {
  std::string id;
  md::Jid chat;    // The group, or the other person.
  md::Jid author;  // Without device.
  md::Jid device;  // That it came from.
  bool from_me = false;
  md::Bytes message;  // A waE2E.Message.
};

// Asleep it takes what comes and says nothing, as a phone in a drawer does. Awake it decrypts,
// sends receipts of delivery, and writes when it is told to.
class Phone {
 public:
  Phone(Server& server, Account& account) : server_(server), account_(account) {}

  void set_awake(bool awake) { awake_ = awake; }
  [[nodiscard]] bool awake() const noexcept { return awake_; }

  void receive(std::string_view id, const md::Node& stanza);
  [[nodiscard]] const std::deque<Letter>& letters() const noexcept { return letters_; }
  [[nodiscard]] std::uint64_t unreadable() const noexcept { return unreadable_; }

  // Encrypts a waE2E.Message for a person or a group and sends it; the id that it gets.
  [[nodiscard]] md::Result<std::string> write(const md::Jid& to, md::ByteView message);
  // As a new installation: nothing of before is there any more.
  void forget_all();
  // Receipts of reading for these letters; how many there are.
  std::size_t read(const std::vector<std::string>& ids);

 private:
  [[nodiscard]] bool open(const md::Node& enc, const md::Jid& chat, const std::string& sender,
                          md::SecretBytes& plain);
  void take(std::string_view id, const md::Node& stanza, const md::Jid& device,
            const Account& author, const std::string& sender, md::ByteView message);
  [[nodiscard]] md::Result<md::Node> seal(Account& account, Device& device, md::ByteView message);

  Server& server_;
  Account& account_;
  bool awake_ = false;
  std::uint64_t unreadable_ = 0;
  std::map<std::string, md::SessionRecord> sessions_;       // By LID and device.
  std::map<std::string, md::SenderKeyRecord> sender_keys_;  // By group, LID and device.
  std::deque<Letter> letters_;
};

class Phones {
 public:
  explicit Phones(Server& server) : server_(server) {}
  // Made when it is first asked for.
  [[nodiscard]] Phone& of(Account& account) {
    return phones_.try_emplace(&account, server_, account).first->second;
  }
  // Null unless it has been asked for.
  [[nodiscard]] Phone* find(Account& account) {
    const auto it = phones_.find(&account);
    return it == phones_.end() ? nullptr : &it->second;
  }
  [[nodiscard]] bool awake(Account& account) {
    const Phone* phone = find(account);
    return phone != nullptr && phone->awake();
  }

 private:
  Server& server_;
  std::map<Account*, Phone> phones_;
};

}  // namespace waxwing::simulator
