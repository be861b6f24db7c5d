// SPDX-License-Identifier: Apache-2.0
// Messenger: everything between a Client's stanzas and readable messages. No I/O.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "multidevice/base/result.hpp"
#include "multidevice/message/sink.hpp"
#include "multidevice/message/types.hpp"

namespace waxwing::multidevice {

class Client;
class ClientHost;
class Node;

// "3EB0" and 18 upper-case hexadecimal digits.
[[nodiscard]] std::string make_message_id();

// Why a request to the server came to nothing; `code` is the server's (401, 403, 404, 406, 429, …),
// 0 when none came: `reason` is "offline" or "timeout" then.
struct Refusal {
  std::string reason;
  std::string text;
  int code = 0;
};
template <class T>
struct Answer {
  T value{};
  std::optional<Refusal> refusal;
  [[nodiscard]] bool ok() const noexcept { return !refusal.has_value(); }
};

// Sends, receives, and knows groups, devices and both names of people. Belongs to the Client's
// thread and lives at most as long as the Client. A callback comes later or at once, but exactly
// once unless the Messenger is destroyed before.
class Messenger {
 public:
  template <class T>
  using Then = std::function<void(Answer<T>)>;

  Messenger(Client& client, ClientHost& host, MessageSink& sink);
  ~Messenger();
  Messenger(const Messenger&) = delete;
  Messenger& operator=(const Messenger&) = delete;

  // Of the Client's owner: the login is done or the connection is gone, a stanza came (true: it is
  // taken, and will be acknowledged here).
  void link(bool up);
  bool take(const Node& stanza);

  // Messages ------------------------------------------------------------------------------------
  // done() comes when the server has it, when it will not be sent, or after ten seconds without
  // either (SendResult::State::Accepted). What was accepted is durable and leaves under its id even
  // if the process is killed; MessageSink::on_sent() tells how that ended.
  void send(OutgoingMessage message, std::function<void(const SendResult&)> done);
  // How long messages of the chat stay, as far as is known. A group that is not known is asked for.
  void timer(const Jid& chat, std::function<void(const ChatTimer&)> done);
  // Tells the author (and our other devices) that these were read. `sender`: the author in a group,
  // empty otherwise. At most 256 ids.
  void mark_read(const Jid& chat, const Jid& sender, std::vector<std::string> ids, bool played,
                 Then<bool> done);

  // Presence ------------------------------------------------------------------------------------
  void set_available(bool available);  // also decides how receipts of delivery look
  void subscribe_presence(const Jid& person);
  enum class Typing : std::uint8_t { Composing, Recording, Paused };
  void set_typing(const Jid& chat, Typing typing);

  // Groups --------------------------------------------------------------------------------------
  // From memory or the store where that is fresh, else from the server.
  void group(const Jid& group, bool ask_server, Then<GroupInfo> done);
  void groups(Then<std::vector<GroupInfo>> done);
  void create_group(std::string_view subject, const std::vector<Jid>& people, Then<GroupInfo> done);
  void leave_group(const Jid& group, Then<bool> done);
  void set_group_subject(const Jid& group, std::string_view subject, Then<bool> done);
  void set_group_description(const Jid& group, std::string_view text, Then<bool> done);
  enum class Change : std::uint8_t { Add, Remove, Promote, Demote };
  // Each participant with its `error`.
  void change_participants(const Jid& group, Change change, const std::vector<Jid>& people,
                           Then<std::vector<Participant>> done);

  // People --------------------------------------------------------------------------------------
  // Whether these phone numbers (digits) have an account, and which.
  void look_up(std::vector<std::string> phones, Then<std::vector<Contact>> done);
  // The other name of somebody: from memory, the store, or the server.
  void person(const Jid& jid, std::function<void(const Person&)> done);
  // Likewise at once, of what is in memory: of people, and of the members of the chat.
  [[nodiscard]] Person known(const Jid& jid, const Jid& chat);

  struct Counters {
    std::uint64_t received = 0;
    std::uint64_t sent = 0;
    std::uint64_t duplicates = 0;
    std::uint64_t undecryptable = 0;
    std::uint64_t retries_asked = 0;
    std::uint64_t retries_answered = 0;
  };
  [[nodiscard]] const Counters& counters() const noexcept;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace waxwing::multidevice
