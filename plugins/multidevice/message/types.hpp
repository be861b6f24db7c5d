// SPDX-License-Identifier: Apache-2.0
// What goes out and what comes in, between the protocol and whoever knows what messages mean.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "multidevice/base/bytes.hpp"
#include "multidevice/base/result.hpp"
#include "multidevice/binary/jid.hpp"
#include "multidevice/binary/node.hpp"

namespace waxwing::multidevice {

// A person under both names, without device. One of them may be empty: not known (yet).
struct Person {
  Jid pn;   // "15550001001@s.whatsapp.net"
  Jid lid;  // "100000000000001@lid"

  [[nodiscard]] bool empty() const noexcept { return pn.empty() && lid.empty(); }
  // The number when it is known, else the LID; empty when neither is.
  [[nodiscard]] const Jid& any() const noexcept { return pn.empty() ? lid : pn; }
  [[nodiscard]] bool is(const Jid& jid) const;  // either name; the device does not count
  friend bool operator==(const Person&, const Person&) = default;
};

// Who wrote what to whom, of a message in either direction.
struct MessageInfo {
  std::string id;
  Jid chat;       // as the stanza has it: a group, a broadcast, or the other person
  Person peer;    // the other person of a chat between two; empty in groups
  Person sender;  // the author
  std::uint16_t sender_device = 0;
  bool from_me = false;  // written by this account, by this or by another device
  bool group = false;    // a group, or a broadcast such as status@broadcast
  bool offline = false;  // waited at the server
  std::uint64_t timestamp_s = 0;
  std::string push_name;
  std::string type;      // of the stanza: "text", "media", "reaction", "poll", …
  std::string category;  // "peer" for what our own devices tell each other
  std::string edit;      // "1" edit, "7" revoke, …; mostly empty
  std::string verified_name;
};

struct IncomingMessage {
  MessageInfo info;
  // Serialised waE2E.Message, without padding, deviceSentMessage taken off. Wrappers of content
  // (ephemeral, view once) are still there, and a senderKeyDistributionMessage may be.
  Bytes message;
  const Node* stanza = nullptr;  // borrowed for the call, with all attributes and children
};

// A message of somebody that cannot be read (now). Unless it is lost, it may still come, under the
// same id.
struct UnreadableMessage {
  MessageInfo info;
  enum class Why : std::uint8_t {
    Undecryptable,  // asked for again
    Lost,           // asked for in vain: nothing more will come
    ViewOnce,       // only the phone may have it
    Unavailable,    // the server does not have it
  };
  Why why = Why::Undecryptable;
  std::string_view detail;  // "bad MAC"
  const Node* stanza = nullptr;
};

// What to send. `chat` decides how: a person, a group, status@broadcast.
struct OutgoingMessage {
  std::string id;             // make_message_id(), or the caller's; unique in the chat
  Jid chat;                   // without device; a person by number or LID
  Bytes message;              // serialised waE2E.Message, without padding; at most kMaxMessageBytes
  std::string type = "text";  // "text", "media", "reaction", "poll", …
  std::string mediatype;      // of each <enc/>: "image", "url", …; empty: none
  std::string edit;           // "1", "7", …; empty: none
  bool hide_fail = false;     // decrypt-fail="hide": edits, reactions, revokes, votes
  std::vector<Node> extra;    // further children of the stanza: <meta/>, <biz/>, …
  std::vector<Jid> audience;  // of status@broadcast: who may see it
  // The caller's own octets, kept beside the message until it is acknowledged or has failed, also
  // over a restart, and given back with on_sent().
  std::string note;
};
inline constexpr std::size_t kMaxMessageBytes = std::size_t{1} << 20U;

// How a send ended, or why it was not taken.
struct SendResult {
  enum class State : std::uint8_t {
    Sent,      // the server has it
    Accepted,  // durable; it leaves when the connection is back, on_sent() will tell
    Failed,    // it will not be sent
  };
  State state = State::Failed;
  // Of a failure: a stable id ("not_on_whatsapp", "not_a_member", "blocked", "rate_limited",
  // "restricted", "rejected", "offline", "too_large", "storage_failed", …), a text for people, and
  // the server's number (0: none).
  std::string reason;
  std::string text;
  int code = 0;
  std::uint64_t timestamp_s = 0;  // the server's time of a sent one
};

// Somebody's news of messages that we sent, or of our own reading elsewhere.
struct ReceiptNews {
  enum class Kind : std::uint8_t {
    Delivered,  // to a device
    Read,
    Played,
    SelfRead,  // another device of ours has read what others wrote
    SelfPlayed,
    Failed,  // a device gave it up
  };
  Kind kind = Kind::Delivered;
  Jid chat;
  Person peer;    // as MessageInfo
  Person sender;  // whose device says so
  std::uint16_t sender_device = 0;
  bool group = false;
  std::uint64_t timestamp_s = 0;
  std::vector<std::string> ids;
  const Node* stanza = nullptr;
};

// How long messages of a chat stay before they disappear from all devices.
struct ChatTimer {
  std::uint32_t seconds = 0;  // 0: they stay
  std::uint64_t set_s = 0;    // when it was set, in Unix seconds; 0: not known
  friend bool operator==(const ChatTimer&, const ChatTimer&) = default;
};

struct Participant {
  enum class Role : std::uint8_t { Member, Admin, SuperAdmin, Left };
  Person person;
  Role role = Role::Member;
  int error = 0;  // of a change that was refused: 403, 404, 408, 409
  friend bool operator==(const Participant&, const Participant&) = default;
};

struct GroupInfo {
  Jid jid;
  std::string subject;
  std::string description;
  std::string description_id;
  Person owner;  // may be empty
  std::uint64_t created_s = 0;
  std::uint64_t subject_changed_s = 0;
  Person subject_owner;
  bool by_lid = true;       // addressing_mode
  bool announce = false;    // only admins write
  bool locked = false;      // only admins change the group's info
  bool approval = false;    // joining is asked for
  bool members_add = true;  // member_add_mode
  bool community = false;
  Jid parent;
  std::uint32_t ephemeral_s = 0;
  std::vector<Participant> participants;

  // By either name.
  [[nodiscard]] const Participant* find(const Person& person) const;
};

struct GroupNews {
  enum class Kind : std::uint8_t {
    Created,  // or we were added: `info` is there
    Joined,
    Left,
    Promoted,
    Demoted,
    Changed,  // subject, description, settings: `info` where it is known
    Deleted,
  };
  Kind kind = Kind::Changed;
  Jid group;
  Person actor;
  std::uint64_t timestamp_s = 0;
  std::vector<Participant> participants;  // of Joined to Demoted
  const GroupInfo* info = nullptr;        // borrowed; null: not known
  const Node* change = nullptr;           // <subject/>, <add/>, …
  const Node* stanza = nullptr;
};

struct PresenceNews {
  enum class State : std::uint8_t { Online, Offline, Typing, Recording, Paused };
  State state = State::Offline;
  Jid chat;  // the person, or the group they type in
  Person sender;
  std::optional<std::uint64_t> last_seen_s;
};

// Answer of a look-up of phone numbers.
struct Contact {
  std::string phone;  // digits, as asked
  bool exists = false;
  Person person;
};

}  // namespace waxwing::multidevice
