// SPDX-License-Identifier: Apache-2.0
// The echo engine: behaves like a WhatsApp account, with itself at the other end.
//
// A complete and well-behaved engine to copy from: QR codes that rotate, a login that survives a
// restart, operations, events with back-pressure, logout. It also fails on demand (settings.hpp).
#pragma once

#include <list>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <waxwing/plugin.hpp>

#include "groups.hpp"
#include "messages.hpp"
#include "pairing.hpp"
#include "settings.hpp"

namespace echo {

namespace wp = waxwing::plugin;

// One session. [session-loop]
class EchoEngine final : public wp::Engine {
 public:
  static constexpr const char* kId = "ECHO";
  static constexpr const char* kName = "Echo engine";
  static constexpr const char* kDescription = "A pretended account that answers with what it gets.";
  static constexpr const char* kLicense = "Apache-2.0";
  static constexpr const char* kConfigSection = "echo";
  static constexpr const char* kConfigSchema = echo::kConfigSchema;
  static constexpr const char* kEvents[] = {
      "message",        "message.any",     "message.ack", "message.reaction",
      "message.edited", "message.revoked", nullptr};
  static constexpr wp::Metric kMetrics[] = {
      {WAX_METRIC_COUNTER, "texts_sent", "messages", "Texts that were sent"},
      {WAX_METRIC_COUNTER, "pauses", "pauses", "Times the event queue was full"}};
  static constexpr wax_op kOps[] = {
      wp::op("auth.requestCode", WAX_OP_ANY_STATE),
      wp::op("session.screenshot", WAX_OP_ANY_STATE | WAX_OP_READ_ONLY | WAX_OP_DOWNLOADS),
      wp::op("messages.sendText"),
      wp::op("messages.sendLocation"),
      wp::op("messages.sendContactVcard"),
      wp::op("messages.forward"),
      wp::op("messages.react"),
      wp::op("messages.edit"),
      wp::op("messages.revoke"),
      wp::op("messages.sendSeen"),
      wp::op("messages.newId", WAX_OP_READ_ONLY),
      wp::op("presence.set"),
      wp::op("presence.get", WAX_OP_READ_ONLY),
      wp::op("presence.list", WAX_OP_READ_ONLY),
      wp::op("presence.subscribe"),
      wp::op("groups.create"),
      wp::op("groups.list", WAX_OP_READ_ONLY),
      wp::op("groups.count", WAX_OP_READ_ONLY),
      wp::op("groups.refresh"),
      wp::op("groups.get", WAX_OP_READ_ONLY),
      wp::op("groups.participants", WAX_OP_READ_ONLY),
      wp::op("groups.participantsV2", WAX_OP_READ_ONLY),
      wp::op("groups.leave"),
      wp::op("groups.setSubject"),
      wp::op("groups.setDescription"),
      wp::op("groups.addParticipants"),
      wp::op("groups.removeParticipants"),
      wp::op("groups.promote"),
      wp::op("groups.demote"),
      wp::op("contacts.checkExists", WAX_OP_READ_ONLY | WAX_OP_IDEMPOTENT)};

  explicit EchoEngine(const wp::Init& init);

  void start(wp::Call&& call) override;
  void stop(wp::Call&& call) override;
  void logout(wp::Call&& call) override;
  void invoke(const wp::Request& request, wp::Call&& call) override;
  void resume() override;
  void reconfigure(std::string_view config) override;

 private:
  enum class Phase { Stopped, Starting, Pairing, LoggingIn, Working, Failed };
  enum MetricIndex : std::size_t { kTextsSent, kPauses };
  struct Arrival {  // an event that waits for room
    const char* type;
    std::string json;
    std::string chat_id;
  };

  // Life cycle: echo_engine.cc
  void connect();
  void load_account();
  void show_code(std::uint32_t number);
  void log_in(std::string_view phone);
  void be_working(const Account& account);
  void fail(std::string_view reason, std::string_view text);
  void wait_for_message();
  void deliver();

  // Operations: operations.cc, chatting.cc
  struct Operation;
  static const Operation kOperations[];
  void request_code(const wp::Request& request, wp::Call&& call);
  void screenshot(const wp::Request& request, wp::Call&& call);
  void send_text(const wp::Request& request, wp::Call&& call);
  void send_location(const wp::Request& request, wp::Call&& call);
  void send_contacts(const wp::Request& request, wp::Call&& call);
  void forward(const wp::Request& request, wp::Call&& call);
  void react(const wp::Request& request, wp::Call&& call);
  void edit(const wp::Request& request, wp::Call&& call);
  void revoke(const wp::Request& request, wp::Call&& call);
  void send_seen(const wp::Request& request, wp::Call&& call);
  void new_id(const wp::Request& request, wp::Call&& call);
  void set_presence(const wp::Request& request, wp::Call&& call);
  void get_presence(const wp::Request& request, wp::Call&& call);
  void list_presences(const wp::Request& request, wp::Call&& call);
  void subscribe(const wp::Request& request, wp::Call&& call);
  void run_group(const wp::Request& request, wp::Call&& call);
  void send(const SendRequest& request, wp::Call&& call);
  void check_exists(const wp::Request& request, wp::Call&& call);
  void change(const char* event, std::string event_json, const Message& message, wp::Call&& call);
  void echo_back(const Message& sent);
  [[nodiscard]] Message make_message(bool from_me, std::string_view chat_id,
                                     std::string_view message_id = {}) const;
  void remember(const Message& message);
  [[nodiscard]] Message* find(std::string_view message_id);
  void need_login() const;
  [[nodiscard]] std::string burst_message();

  Settings settings_;
  std::string phone_;  // the one that a code was asked for, else from the settings or the name
  Phase phase_ = Phase::Stopped;
  std::optional<QrTexts> qr_texts_;
  wp::ScopedTimer next_code_;
  Account account_;
  std::list<Arrival> arrivals_;  // a list is free while it is empty
  std::list<Message> recent_;    // the latest, to forward or to mark as read
  std::set<std::string> subscribed_;
  Groups groups_;
  std::uint32_t burst_left_ = 0;
  bool paused_ = false;         // the queue was full, resume() has not come yet
  std::vector<wp::Call> kept_;  // for settings_.never_answer
};

}  // namespace echo
