// SPDX-License-Identifier: Apache-2.0
// Messaging: operations of callers on one side, the Messenger on the other, events in between.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <waxwing/plugin.hpp>

#include "multidevice/content/payloads.hpp"
#include "multidevice/engine/recent_messages.hpp"
#include "multidevice/message/messenger.hpp"

namespace waxwing::multidevice {

namespace content {
struct Draft;
struct Quote;
}  // namespace content

// What all native engines can, beside "auth.requestCode"; each has an entry in messaging.cc.
inline constexpr wax_op kNativeOps[] = {
    plugin::op("auth.requestCode", WAX_OP_ANY_STATE),
    plugin::op("messages.sendText"),
    plugin::op("messages.sendLocation"),
    plugin::op("messages.sendContactVcard"),
    plugin::op("messages.react"),
    plugin::op("messages.edit"),
    plugin::op("messages.revoke"),
    plugin::op("messages.forward"),
    plugin::op("messages.sendSeen", WAX_OP_IDEMPOTENT),
    plugin::op("messages.newId", WAX_OP_READ_ONLY),
    plugin::op("presence.set", WAX_OP_IDEMPOTENT),
    plugin::op("presence.get", WAX_OP_READ_ONLY | WAX_OP_IDEMPOTENT),
    plugin::op("presence.list", WAX_OP_READ_ONLY | WAX_OP_IDEMPOTENT),
    plugin::op("presence.subscribe", WAX_OP_IDEMPOTENT),
    plugin::op("contacts.checkExists", WAX_OP_READ_ONLY | WAX_OP_IDEMPOTENT),
    plugin::op("groups.create"),
    plugin::op("groups.list", WAX_OP_READ_ONLY | WAX_OP_IDEMPOTENT),
    plugin::op("groups.count", WAX_OP_READ_ONLY | WAX_OP_IDEMPOTENT),
    plugin::op("groups.refresh", WAX_OP_IDEMPOTENT),
    plugin::op("groups.get", WAX_OP_READ_ONLY | WAX_OP_IDEMPOTENT),
    plugin::op("groups.participants", WAX_OP_READ_ONLY | WAX_OP_IDEMPOTENT),
    plugin::op("groups.participantsV2", WAX_OP_READ_ONLY | WAX_OP_IDEMPOTENT),
    plugin::op("groups.leave", WAX_OP_IDEMPOTENT),
    plugin::op("groups.setSubject", WAX_OP_IDEMPOTENT),
    plugin::op("groups.setDescription", WAX_OP_IDEMPOTENT),
    plugin::op("groups.addParticipants", WAX_OP_IDEMPOTENT),
    plugin::op("groups.removeParticipants", WAX_OP_IDEMPOTENT),
    plugin::op("groups.promote", WAX_OP_IDEMPOTENT),
    plugin::op("groups.demote", WAX_OP_IDEMPOTENT)};

inline constexpr const char* kNativeEvents[] = {"message",
                                                "message.any",
                                                "message.ack",
                                                "message.ack.group",
                                                "message.reaction",
                                                "message.edited",
                                                "message.revoked",
                                                "message.waiting",
                                                "presence.update",
                                                "group.v2.join",
                                                "group.v2.leave",
                                                "group.v2.update",
                                                "group.v2.participants",
                                                "engine.event",
                                                nullptr};

// What Messaging needs of its engine.
class MessagingHost {
 public:
  virtual ~MessagingHost() = default;
  // Rows and events that become durable as one; durable(true) afterwards.
  virtual void commit_events(StoreBatch batch, std::vector<content::Event> events,
                             MessageSink::Durable durable) = 0;
  // Dropped when nobody has room for it.
  virtual void tell(const content::Event& event) = 0;
  [[nodiscard]] virtual std::int64_t unix_ms() = 0;
  virtual void show_presence(bool online) = 0;
  virtual void note(std::string_view what, std::string_view detail) = 0;
  virtual void note_activity() = 0;  // something of a caller's goes to WhatsApp
};

// One session's, as long as its engine. One thread.
class Messaging final : public MessageSink {
 public:
  Messaging(MessagingHost& host, content::Dialect engine) : payloads_(engine), host_(host) {}
  ~Messaging() override;

  // Of each run; null when it is over.
  void use(Messenger* messenger);
  // The account, once it is known.
  void set_me(Person me) { payloads_.set_me(std::move(me)); }

  // False when there is no such operation. Throws plugin::Error for arguments that do not hold.
  [[nodiscard]] bool invoke(std::string_view operation, std::string_view arguments,
                            plugin::Call&& call);

  // MessageSink
  void on_message(IncomingMessage message, StoreBatch batch, Durable durable) override;
  void on_unreadable(const UnreadableMessage& message, StoreBatch batch, Durable durable) override;
  void on_outgoing(const OutgoingMessage& message, const MessageInfo& info, StoreBatch batch,
                   Durable durable) override;
  void on_sent(const MessageInfo& info, const std::string& note, const SendResult& result,
               StoreBatch batch, Durable durable) override;
  void on_receipt(const ReceiptNews& news, StoreBatch batch, Durable durable) override;
  void on_group(const GroupNews& news, StoreBatch batch, Durable durable) override;
  void on_presence(const PresenceNews& news) override;
  void on_identity_changed(const Person& person) override;
  void on_note(std::string_view what, std::string_view detail) override;

 private:
  using Json = nlohmann::json;
  using SharedCall = std::shared_ptr<plugin::Call>;
  struct Entry;
  static const Entry kEntries[];

  // message_operations.cc
  void send_text(const Json& arguments, SharedCall call);
  void send_location(const Json& arguments, SharedCall call);
  void send_contacts(const Json& arguments, SharedCall call);
  void react(const Json& arguments, SharedCall call);
  void edit(const Json& arguments, SharedCall call);
  void revoke(const Json& arguments, SharedCall call);
  void forward(const Json& arguments, SharedCall call);
  void send_seen(const Json& arguments, SharedCall call);
  void new_id(const Json& arguments, SharedCall call);
  void check_exists(const Json& arguments, SharedCall call);
  // Adds quote and mentions that the arguments ask for, then sends.
  void complete_and_send(content::Draft draft, const Jid& chat, const Json& arguments,
                         SharedCall call);
  [[nodiscard]] content::Quote quote_of(const Json& arguments, const Jid& chat);
  void in_chat(const content::MessageName& target, const SharedCall& call,
               std::function<void(const content::MessageName&)> then);
  // Null where `group` is empty; a group that cannot be had fails the call.
  void with_group(const Jid& group, const SharedCall& call,
                  std::function<void(const GroupInfo*)> then);
  void send(content::Draft draft, const Jid& chat, std::string id, SharedCall call);
  void hand_over(content::Draft draft, const Jid& chat, std::string id, SharedCall call);
  void answer_send(const SendResult& result, const std::string& id, plugin::Call& call);

  // presence_operations.cc
  void set_presence(const Json& arguments, SharedCall call);
  void get_presence(const Json& arguments, SharedCall call);
  void list_presences(const Json& arguments, SharedCall call);
  void subscribe(const Json& arguments, SharedCall call);

  // group_operations.cc
  void create_group(const Json& arguments, SharedCall call);
  void list_groups(const Json& arguments, SharedCall call);
  void count_groups(const Json& arguments, SharedCall call);
  void refresh_groups(const Json& arguments, SharedCall call);
  void get_group(const Json& arguments, SharedCall call);
  void participants(const Json& arguments, SharedCall call);
  void participants_v2(const Json& arguments, SharedCall call);
  void leave_group(const Json& arguments, SharedCall call);
  void set_subject(const Json& arguments, SharedCall call);
  void set_description(const Json& arguments, SharedCall call);
  template <Messenger::Change kChange>
  void change_participants(const Json& arguments, SharedCall call);

  // By both names; a subscription comes under the name that it was made with.
  [[nodiscard]] Json known_presence(const Jid& chat) const;

  content::Payloads payloads_;
  MessagingHost& host_;
  RecentMessages recent_;
  std::map<std::string, MessageInfo, std::less<>> leaving_;  // sent here, answer still owed
  std::map<std::string, PresenceNews> presences_;            // by chat id
  Messenger* messenger_ = nullptr;                           // of this run
};

// Shared by the files of operations.
namespace arguments {
[[nodiscard]] std::string text(const nlohmann::json& arguments, const char* key);
// Throws plugin::Error(WAX_E_INVALID) that names the field.
[[nodiscard]] Jid chat(const nlohmann::json& arguments, const char* key = "chatId");
[[nodiscard]] Jid group(const nlohmann::json& arguments);
// `id`, or a new one: a name of a message that can be read out of "true_{chat}_{id}".
[[nodiscard]] std::string new_message_id(const nlohmann::json& arguments);
[[nodiscard]] std::vector<Jid> people(const nlohmann::json& arguments);
}  // namespace arguments

// The answer of a request that WhatsApp refused, or that did not get there.
void fail(plugin::Call& call, const Refusal& refusal);

}  // namespace waxwing::multidevice
