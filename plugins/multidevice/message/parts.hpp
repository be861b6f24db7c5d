// SPDX-License-Identifier: Apache-2.0
// What a Messenger is made of; its functions stand in the files that the comments name.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "multidevice/binary/node.hpp"
#include "multidevice/message/content.hpp"
#include "multidevice/message/messenger.hpp"
#include "multidevice/message/vault.hpp"
#include "multidevice/session/client.hpp"
#include "multidevice/session/client_host.hpp"
#include "multidevice/signal/session_cipher.hpp"

namespace waxwing::multidevice {

// A device as a stanza names it, and as its rows are named.
struct Target {
  Jid jid;
  std::string address;  // by LID where that is known
  Jid signal;           // that address as a JID
  std::string elder;    // by number, where a session from before the LID was known may be; or empty
  bool own = false;     // of this account
};

// A message on its way in.
struct Incoming {
  const Node* stanza = nullptr;
  Node kept;  // once the stanza has to outlive the call that brought it
  MessageInfo info;
  Jid from;
  std::optional<Jid> participant;
  std::optional<Jid> recipient;
  Jid author;
  std::optional<Jid> author_alias;
  std::optional<Jid> peer_alias;
  bool ask_seen = false;  // it may have come before
  bool done = false;
  bool untrusted = false;  // nobody vouches for the device that it is from

  void keep() {
    kept = *stanza;
    stanza = &kept;
  }
};

// A message on its way out, until it is encrypted.
struct Sending {
  OutgoingMessage message;
  MessageInfo info;
  std::function<void(const SendResult&)> done;
  std::map<std::string, PreKeyBundle> bundles;  // by address
  std::vector<std::string> without_keys;        // addresses that the server has no bundle for
  std::int64_t deadline_ms = 0;
  int rounds = 0;
  bool asked_devices = false;
  bool renewal = false;  // of a message that is pending: its events are there, its end is finish()
};

// A message that left, until the server has answered.
struct Pending {
  MessageInfo info;
  std::string note;
  std::function<void(const SendResult&)> done;
  std::int64_t deadline_ms = 0;  // of done()
  std::uint32_t link = 0;        // the connection that it left on
  bool renewed = false;          // encrypted anew, which happens once
  bool renewing = false;         // until that is done, nothing of it leaves
};

struct Messenger::Parts {
  Parts(Client& c, ClientHost& h, MessageSink& s) : client(c), host(h), sink(s), vault(h) {}

  // parts.cc ------------------------------------------------------------------------------------
  // Of nobody once the device was unlinked: what is still under way ends without effect.
  [[nodiscard]] const DeviceRecord& own() const;
  [[nodiscard]] Person me() const;
  [[nodiscard]] bool is_own(const Jid& jid) const;
  [[nodiscard]] bool is_this_device(const Jid& jid) const;
  [[nodiscard]] std::uint64_t now_s() const;
  [[nodiscard]] Node query_node(std::string_view type, std::string_view xmlns, const Jid& to) const;
  [[nodiscard]] static Refusal refusal_of(const IqReply& reply);
  // Stores what nobody has to wait for.
  void store(StoreBatch batch);
  void storage_failed();
  void link(bool is_up);
  bool take(const Node& stanza);
  bool take_notification(const Node& notification);
  void rearm();
  void wake();

  // people.cc: the two names of people, their devices and keys
  // -------------------------------------
  void want_person(const Jid& jid, Vault::Rows& rows);
  [[nodiscard]] Person person(const Jid& jid);  // of rows that are here
  void learn(const Jid& one, const Jid& other, StoreBatch& batch);
  [[nodiscard]] Target target(const Person& who, std::uint16_t device, bool by_lid) const;
  void want_session(const Target& target, Vault::Rows& rows);
  SessionRecord* session(const Target& target, StoreBatch& batch);
  void want_devices(const Person& who, Vault::Rows& rows);
  [[nodiscard]] std::optional<std::vector<std::uint16_t>> devices(const Person& who);
  void forget_devices(const Person& who, StoreBatch& batch);
  // The device has other keys than before; if it is a phone, what was linked to it is no more.
  void on_new_identity(const Target& device, StoreBatch& batch);
  void ask_devices(const std::vector<Jid>& users,
                   std::function<void(const std::optional<Refusal>&)> then);
  void ask_bundles(
      const std::vector<Target>& targets,
      std::function<void(const std::optional<Refusal>&, std::map<std::string, PreKeyBundle>)> then);

  // tokens.cc -------------------------------------------------------------------------------------
  void want_token(const Person& who, Vault::Rows& rows);
  [[nodiscard]] Bytes token_of(const Person& who);  // empty: none that still counts
  void on_token(const Node& notification);
  void give_token(const Jid& user);

  // timers.cc -------------------------------------------------------------------------------------
  // What the message says of its chat's timer becomes a row of the batch.
  void learn_timer(const MessageInfo& info, const Envelope& envelope, StoreBatch& batch);

  // receive.cc ------------------------------------------------------------------------------------
  void on_message(const Node& stanza);
  Vault::Rows receive(Incoming& in, bool readable);
  struct Opened {
    DecryptFault fault = DecryptFault::None;
    std::optional<Bytes> message;  // content, if the stanza had any
  };
  Opened open_all(Incoming& in, const Target& from, StoreBatch& batch);
  Opened open_one(const Node& enc, const Target& from, StoreBatch& batch);
  void process_distribution(const Incoming& in, const Target& from, const Envelope& envelope,
                            StoreBatch& batch);
  void hand_over(Incoming& in, Bytes message, StoreBatch batch);
  void check_duplicate(const Incoming& in);
  [[nodiscard]] MessageSink::Durable acknowledging(const Incoming& in);
  void confirm(const Incoming& in, std::string_view type);
  [[nodiscard]] std::string_view receipt_type(const Incoming& in) const;
  [[nodiscard]] static std::string seen_key(const Incoming& in);
  void mark_seen(const Incoming& in, StoreBatch& batch);
  void remember(const Incoming& in);
  [[nodiscard]] static std::uint64_t recent_hash(const Incoming& in);
  void end(const Incoming& in, std::string_view type, bool stored);
  [[nodiscard]] std::string sender_key_name(const Jid& group, const std::string& address) const;

  // retry.cc --------------------------------------------------------------------------------------
  void ask_again(const Incoming& in, DecryptFault fault);
  void on_retry(const Node& receipt);
  struct Retry;
  Vault::Rows answer_retry(const std::shared_ptr<Retry>& retry, bool readable);

  // receipts.cc -----------------------------------------------------------------------------------
  void on_receipt(const Node& receipt);
  void on_presence(const Node& stanza);
  void with_people(std::vector<Jid> jids, std::function<void()> then);

  // send.cc ---------------------------------------------------------------------------------------
  void send(OutgoingMessage message, std::function<void(const SendResult&)> done);
  void advance(const std::shared_ptr<Sending>& op);
  Vault::Rows prepare(const std::shared_ptr<Sending>& op, bool readable);
  // Of a group: who is in it, as far as is known.
  [[nodiscard]] std::vector<Person> audience(const Sending& op, const GroupInfo& group);
  void refuse(const std::shared_ptr<Sending>& op, std::string reason, std::string text,
              int code = 0);

  // seal.cc ---------------------------------------------------------------------------------------
  void encrypt(const std::shared_ptr<Sending>& op, const std::vector<Target>& all,
               std::vector<Target> pairwise, const std::string& own_key, bool by_lid,
               StoreBatch batch);

  // outbox.cc -------------------------------------------------------------------------------------
  void leave(const std::shared_ptr<Sending>& op, const Node& stanza, StoreBatch batch);
  void on_ack(const Node& ack);
  void forget_audience(const Jid& chat);
  void renew(const std::string& id);
  void renewed(const std::string& id, ByteView frame, bool stored);
  void finish(const std::string& id, const SendResult& result);
  void delivered(const std::string& id);
  void backlog_is_over();
  void resend_outbox(std::string after);

  // groups.cc -------------------------------------------------------------------------------------
  [[nodiscard]] std::optional<GroupInfo> stored_group(const Jid& group);
  void keep_group(const GroupInfo& info, StoreBatch& batch);
  void on_group_notification(const Node& notification);

  // group_requests.cc -----------------------------------------------------------------------------
  void ask_group(const Jid& group, Then<GroupInfo> then);
  void forget_group(const Jid& group);
  void change_group(const Jid& group, const Jid& to, Node change, Then<bool> done);

  Client& client;
  ClientHost& host;
  MessageSink& sink;
  Vault vault;
  Counters counters;
  bool up = false;
  std::uint32_t links = 0;             // counts connections
  bool backlog = false;                // what waited at the server is still coming
  std::vector<std::string> confirmed;  // meanwhile, by receipts
  bool available = false;
  std::vector<std::uint64_t> recent;  // hashes of the last messages, as a ring
  std::size_t recent_at = 0;
  std::unordered_map<std::uint64_t, std::uint8_t> asked;     // how often a message was asked for
  std::unordered_map<std::uint64_t, std::uint8_t> answered;  // how often one was sent again
  std::unordered_map<std::string, Pending> pending;
  std::vector<std::shared_ptr<Sending>> waiting;  // for the connection
  bool armed = false;                             // a timer runs
};

// A send is answered after that time at the latest.
inline constexpr std::int64_t kSendAnswerMs = 10'000;

[[nodiscard]] std::uint64_t hash_of(std::initializer_list<std::string_view> parts);

// people.cc: the key of rows about a person
[[nodiscard]] std::string person_row(const Person& who);
// people.cc: the keys that the server or a device hands out, as <user/> or <keys/>
[[nodiscard]] std::optional<PreKeyBundle> read_bundle(const Node& user);

// group_node.cc: groups as nodes and as rows
[[nodiscard]] std::optional<GroupInfo> read_group(const Node& node);
[[nodiscard]] Participant read_participant(const Node& node, bool by_lid);
[[nodiscard]] Bytes encode_group(const GroupInfo& info);
[[nodiscard]] std::optional<GroupInfo> decode_group(ByteView octets);
[[nodiscard]] std::uint32_t timer_of_group(ByteView octets);  // no more than that, in seconds

}  // namespace waxwing::multidevice
