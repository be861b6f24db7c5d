// SPDX-License-Identifier: Apache-2.0
// A simulated WhatsApp and devices of ours in it, all in one loop whose time a test moves.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "connection.hpp"
#include "multidevice/message/messenger.hpp"
#include "multidevice/session/client.hpp"
#include "multidevice/session/client_host.hpp"
#include "server.hpp"

namespace waxwing::multidevice {

namespace sim = simulator;

// Loop, clock and server.
class Town final : public sim::Clock {
 public:
  Town() : server(*this, {}) {}

  void post(std::function<void()> turn) { turns_.push_back(std::move(turn)); }
  // Until nothing is left to do at this time.
  void run();
  void advance(std::int64_t ms);
  // Runs single turns until the condition holds; false when nothing is left.
  bool run_until(const std::function<bool()>& condition);

  [[nodiscard]] std::int64_t now_ms() const { return now_ms_; }
  [[nodiscard]] std::uint64_t now_s() const override {
    return 1'800'000'000 + static_cast<std::uint64_t>(now_ms_ / 1000);
  }
  void after(std::chrono::milliseconds delay, std::function<void()> task) override {
    timers_.emplace(now_ms_ + delay.count(), std::move(task));
  }
  [[nodiscard]] std::uint64_t violations();

  sim::Server server;
  // Asked for each stanza of the server; false: it is lost.
  std::function<bool(const Node&)> filter;

 private:
  bool step();

  std::int64_t now_ms_ = 1;
  std::deque<std::function<void()>> turns_;
  std::multimap<std::int64_t, std::function<void()>> timers_;
};

// One of our devices: process, disk and network.
class TestDevice final : public ClientHost, public MessageSink, public sim::Socket {
 public:
  TestDevice(Town& town, sim::Account& account);
  ~TestDevice() override;

  // Links by QR and comes online.
  void link();
  // A process starts from what is on the disk; whatever was not durable is gone.
  void boot();
  void kill();
  void go_offline();  // the process lives on
  void go_online();

  // Sends text; the result is in `results` when it comes.
  std::string say(const Jid& chat, std::string_view text, std::string id = {});
  [[nodiscard]] Jid pn() const { return account.phone_jid(); }
  [[nodiscard]] Jid lid() const { return account.lid_jid(); }
  // Texts of messages whose events are durable: "alice: hello".
  [[nodiscard]] std::vector<std::string> texts() const;

  // Events that are durable, over all processes.
  struct Events {
    std::vector<IncomingMessage> messages;  // but for what our own devices tell each other
    std::vector<MessageInfo> outgoing;
    std::vector<std::pair<std::string, SendResult>> sent;
    std::vector<ReceiptNews> receipts;
    std::vector<GroupNews::Kind> groups;
  };
  Events events;
  std::vector<PresenceNews> presences;
  std::vector<std::string> notes;
  std::vector<UnreadableMessage::Why> unreadable;
  std::vector<Person> identities;
  std::map<std::string, SendResult> results;
  std::map<std::pair<std::string, std::string>, Bytes> disk;
  int commits = 0;
  int kill_at_commit = 0;  // before the commit of that number is durable; 0: never
  bool disk_works = true;

  Town& town;
  sim::Account& account;
  MessageSink* sink = this;  // of the next boot()
  std::unique_ptr<Client> client;
  std::unique_ptr<Messenger> messenger;

  // ClientHost
  std::int64_t now_ms() override { return town.now_ms(); }
  std::int64_t unix_ms() override { return 1'800'000'000'000 + town.now_ms(); }
  void open_connection() override;
  void close_connection() override;
  void send(ByteView octets) override;
  void wake_at(std::int64_t time_ms) override;
  void after(std::uint32_t delay_ms, std::function<void()> task) override;
  void commit(StoreBatch batch, std::function<void(bool)> done) override;
  void load(std::vector<StoreKey> keys, std::function<void(bool, const StoreRows&)> done) override;
  void scan(std::string_view space, std::string after, std::uint32_t limit,
            std::function<void(bool, const StoreRows&)> done) override;
  void derive_key(std::string, Bytes, std::function<void(const Secret<32>&)>) override {}
  ClientVersion version() override { return {}; }
  bool reject_version(const ClientVersion&) override { return false; }
  void accept_version(const ClientVersion&) override {}
  void on_state(ClientState to, std::string_view, std::string_view) override { state = to; }
  void on_qr(std::string_view text, std::uint32_t) override { qr = text; }
  void on_passkey_challenge(std::string_view) override {}
  void on_passkey_code(std::string_view) override {}
  void on_account(const DeviceRecord*) override {}
  void on_link(bool up) override { messenger->link(up); }
  bool on_stanza(const Node& stanza) override;
  // MessageSink
  void on_message(IncomingMessage message, StoreBatch batch, Durable durable) override;
  void on_unreadable(const UnreadableMessage& message, StoreBatch batch, Durable durable) override;
  void on_outgoing(const OutgoingMessage& message, const MessageInfo& info, StoreBatch batch,
                   Durable durable) override;
  void on_sent(const MessageInfo& info, const std::string& note, const SendResult& result,
               StoreBatch batch, Durable durable) override;
  void on_receipt(const ReceiptNews& news, StoreBatch batch, Durable durable) override;
  void on_group(const GroupNews& news, StoreBatch batch, Durable durable) override;
  void on_presence(const PresenceNews& news) override { presences.push_back(news); }
  void on_identity_changed(const Person& person) override { identities.push_back(person); }
  void on_note(std::string_view what, std::string_view) override { notes.emplace_back(what); }
  // Socket, of the server
  void send(Bytes message) override;
  void close() override;

  ClientState state = ClientState::Stopped;
  std::string qr;

 private:
  void in_process(std::function<void()> turn);
  void commit_with(StoreBatch batch, std::function<void()> event, std::function<void(bool)> done);

  Personality personality_;
  std::shared_ptr<sim::Connection> connection_;
  std::uint64_t process_ = 0;  // counts
  std::uint64_t connection_number_ = 0;
  std::int64_t wake_ms_ = 0;
};

// Message{conversation: text}.
[[nodiscard]] Bytes text_message(std::string_view text);
[[nodiscard]] std::string text_of(ByteView message);

}  // namespace waxwing::multidevice
