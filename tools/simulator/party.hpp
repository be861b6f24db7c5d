// SPDX-License-Identifier: Apache-2.0
// Party: a device that the simulator plays, as a party to conversations. Keys and sessions are its
// own.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
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

// What an awake party has read.
struct Letter {
  std::string id;
  md::Jid chat;    // The group, or the other person.
  md::Jid author;  // Without device.
  md::Jid device;  // That it came from.
  bool from_me = false;
  std::uint64_t time_s = 0;
  md::Bytes message;  // A waE2E.Message.
};

// What a message says outside of its encryption.
struct Outside {
  std::string id;    // Empty: a new one.
  std::string edit;  // As the attribute: "1" an edit, "7" a revoke; empty: neither.
};

// A phone, or a page in a browser. Asleep it takes what comes and says nothing, as a phone in a
// drawer does. Awake it decrypts, sends receipts of delivery, and writes when it is told to.
class Party {
 public:
  // Device `number` of the account, until that one is removed. The keys outlive it, and are used up
  // by others' first messages.
  Party(Server& server, Account& account, std::uint16_t number, DeviceKeys& keys);
  ~Party();
  Party(const Party&) = delete;
  Party& operator=(const Party&) = delete;

  void set_awake(bool awake) { awake_ = awake; }
  [[nodiscard]] bool awake() const noexcept { return awake_; }
  // Who hears of letters as they come, and of every other stanza.
  void set_listener(std::function<void(const Letter&)> letter,
                    std::function<void(const md::Node&)> stanza) {
    on_letter_ = std::move(letter);
    on_stanza_ = std::move(stanza);
  }

  void receive(std::string_view id, const md::Node& stanza);
  [[nodiscard]] const std::deque<Letter>& letters() const noexcept { return letters_; }
  [[nodiscard]] std::uint64_t unreadable() const noexcept { return unreadable_; }

  // Encrypts a waE2E.Message for a person or a group and sends it; the id that it gets.
  [[nodiscard]] md::Result<std::string> write(const md::Jid& to, md::ByteView message,
                                              const Outside& outside = {});
  // As a new installation: nothing of before is there any more.
  void forget_all();
  // Receipts of reading for these letters; how many there are.
  std::size_t read(const std::vector<std::string>& ids);

 private:
  [[nodiscard]] bool open(const md::Node& enc, const md::Jid& chat, const std::string& sender,
                          md::SecretBytes& plain);
  void take(std::string_view id, const md::Node& stanza, const md::Jid& device,
            const Account& author, const std::string& sender, md::ByteView message);
  // A phone's own companion asks for copies of messages that it could not read.
  void give_copies(std::string_view request, const md::Jid& device, md::ByteView message);
  [[nodiscard]] md::Result<md::Node> seal(Account& account, Device& device, md::ByteView message);

  Server& server_;
  Account& account_;
  const std::uint16_t number_;
  DeviceKeys& keys_;
  bool awake_ = false;
  std::uint64_t unreadable_ = 0;
  std::map<std::string, md::SessionRecord> sessions_;       // By LID and device.
  std::map<std::string, md::SenderKeyRecord> sender_keys_;  // By group, LID and device.
  std::deque<Letter> letters_;
  std::function<void(const Letter&)> on_letter_;
  std::function<void(const md::Node&)> on_stanza_;
};

// The accounts' phones.
class Phones {
 public:
  explicit Phones(Server& server) : server_(server) {}
  // Made when it is first asked for.
  [[nodiscard]] Party& of(Account& account) {
    return phones_.try_emplace(&account, server_, account, std::uint16_t{0}, account.phone_keys)
        .first->second;
  }

 private:
  Server& server_;
  std::map<Account*, Party> phones_;
};

}  // namespace waxwing::simulator
