// SPDX-License-Identifier: Apache-2.0
// Stanzas from one device to others: messages, receipts, acknowledgements, presence.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "world.hpp"

namespace waxwing::simulator {

class Server;
struct Group;

class Router {
 public:
  explicit Router(Server& server) : server_(server) {}

  void on_message(Connection& connection, const md::Node& message);
  void on_receipt(Connection& connection, const md::Node& receipt);
  void on_ack(Connection& connection, const md::Node& ack);
  void on_presence(Connection& connection, const md::Node& presence);
  void on_chatstate(const Account& from, const md::Node& chatstate);

  // A party's message, as a client would send it; the error of its acknowledgement, or empty.
  [[nodiscard]] std::string send_as_party(Account& account, std::uint16_t number,
                                          const md::Node& message);
  // A receipt to the devices of whoever wrote the message.
  void forward_receipt(Account& from, std::uint16_t number, const md::Node& receipt);
  // What a subscriber is told at once; nothing when nobody has that address.
  [[nodiscard]] std::optional<md::Node> subscribe(const md::Jid& to, Subscriber subscriber);
  // Whoever asked for it hears when somebody comes or goes.
  void tell_presence(Account& account);

  // Sends the stanza, with this id, now or at the device's next login, until it is acknowledged.
  void deliver(Device& device, std::string_view id, md::Node stanza);
  // When a connection ends: what it should have acknowledged long ago is a violation.
  void check_acknowledged(const Connection& connection, Device& device);
  [[nodiscard]] std::string next_id() { return "sim" + std::to_string(++sent_); }

  [[nodiscard]] std::uint64_t messages() const noexcept { return messages_; }
  // Copies of messages that devices have said to have.
  [[nodiscard]] std::uint64_t confirmed() const noexcept { return confirmed_; }

 private:
  struct Outgoing;
  // What becomes of an encrypted part on its way to a client, by the faults that are on.
  [[nodiscard]] md::Node spoiled(const Outgoing& out, const Device& device, const md::Node& enc);
  void deliver_message(const Outgoing& message, const md::Jid& to, const md::Node& enc);
  void deliver_to_member(const Outgoing& message, const Group& group, Account& receiver,
                         Device& device, std::vector<const md::Node*> encs);
  [[nodiscard]] std::string carry(const Outgoing& message);
  void complain(const Outgoing& message, std::string_view rule, std::string_view detail);
  void to_broadcast(const Outgoing& message);
  [[nodiscard]] std::string to_group(const Outgoing& message, Group& group);
  void receipt_in_group(const Account& from, std::uint16_t from_device, const md::Node& receipt,
                        Group& group);
  [[nodiscard]] Device* find_device(const md::Jid& jid, Account** account = nullptr);
  static void tell(Device& device, const md::Node& news);
  static bool take(Device& device, std::string_view id, std::string_view tag);

  Server& server_;
  std::uint64_t sent_ = 0;
  std::uint64_t messages_ = 0;
  std::uint64_t confirmed_ = 0;
};

}  // namespace waxwing::simulator
