// SPDX-License-Identifier: Apache-2.0
// WAHA's payloads of what was received or sent, in an engine's own way.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "multidevice/content/json_writer.hpp"
#include "multidevice/content/names.hpp"
#include "multidevice/content/wire_json.hpp"
#include "multidevice/message/types.hpp"

namespace waxwing::multidevice::content {

// One event for webhooks; `order_key` is its chat.
struct Event {
  std::string type;
  std::string json;
  std::string order_key;
};

// As WAHA has it.
enum class Ack : int { Error = -1, Pending = 0, Server = 1, Device = 2, Read = 3, Played = 4 };
[[nodiscard]] std::string_view ack_name(Ack ack) noexcept;

// `_data` differs: members of whatsmeow's events with Whatsmeow, of Baileys' with Baileys. Value
// type; texts that are no UTF-8 are replaced.
class Payloads {
 public:
  explicit Payloads(Dialect engine) : engine_(engine) {}

  // The account itself.
  void set_me(Person me) { me_ = std::move(me); }
  [[nodiscard]] const Person& me() const noexcept { return me_; }
  // Who it is that a message of the chat names: both names where they are known.
  using Names = std::function<Person(const Jid& who, const Jid& chat)>;
  void set_names(Names names) { names_ = std::move(names); }

  // A WAMessage as text. `octets` is a waE2E.Message; `api`: this server sent it.
  [[nodiscard]] std::string message(const MessageInfo& info, ByteView octets, Ack ack,
                                    bool api) const;
  // What a message means for whoever listens: "message", "message.reaction", … Nothing for what
  // devices tell each other. `before` is asked for the message with that bare id which a revoke is
  // about: its text as of message(), or empty where it is not known.
  using Before = std::function<std::string(std::string_view id)>;
  [[nodiscard]] std::vector<Event> events_of(const MessageInfo& info, ByteView octets, Ack ack,
                                             bool api, const Before& before) const;
  // message.waiting: why it cannot be read, and whether it still may come.
  [[nodiscard]] Event waiting(const UnreadableMessage& message) const;

  // message.ack or message.ack.group. A failure has its reason, text and number.
  [[nodiscard]] std::vector<Event> events_of(const ReceiptNews& news) const;
  [[nodiscard]] Event ack(const MessageInfo& info, Ack ack, const SendResult* failure) const;

  [[nodiscard]] nlohmann::json presence(const PresenceNews& news) const;

  [[nodiscard]] std::vector<Event> events_of(const GroupNews& news) const;
  // In the shape that all engines share, and in the engine's own.
  [[nodiscard]] nlohmann::json group(const GroupInfo& group) const;
  [[nodiscard]] nlohmann::json engine_group(const GroupInfo& group) const;
  [[nodiscard]] nlohmann::json engine_participants(const GroupInfo& group) const;
  [[nodiscard]] static nlohmann::json participant(const Participant& participant, bool by_lid);

 private:
  // What a message says, read once. (payloads.cc)
  struct Read;
  // id, from, to, participant, fromMe, and who is who.
  void write_base(JsonWriter& out, const MessageInfo& info) const;
  void write_message(JsonWriter& out, const MessageInfo& info, const Read& read, Ack ack,
                     bool api) const;
  [[nodiscard]] Person person_of(const Jid& who, const MessageInfo& info) const;
  // The message that a key names, seen by the author of the key.
  [[nodiscard]] MessageName name_of(const nlohmann::json& key, const MessageInfo& info) const;
  [[nodiscard]] std::string data_of(const MessageInfo& info, const Read& read) const;

  Dialect engine_;
  Person me_;
  Names names_;
};

// Whether they tell of something that was said, rather than of a change to what was said before.
[[nodiscard]] bool is_message(const std::vector<Event>& events);

// Text for the wire.
[[nodiscard]] std::string dump(const nlohmann::json& json);

}  // namespace waxwing::multidevice::content
