// SPDX-License-Identifier: Apache-2.0
// Client: one device of one account, from the first QR code to the day it is unlinked. No I/O.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "multidevice/base/bytes.hpp"
#include "multidevice/base/result.hpp"
#include "multidevice/binary/node.hpp"
#include "multidevice/noise/frame.hpp"
#include "multidevice/noise/initiator.hpp"
#include "multidevice/noise/transport.hpp"
#include "multidevice/session/client_host.hpp"
#include "multidevice/session/disconnect.hpp"
#include "multidevice/session/iq_tracker.hpp"
#include "multidevice/session/personality.hpp"
#include "multidevice/session/prekeys.hpp"
#include "multidevice/store/device_record.hpp"
#include "multidevice/store/route_record.hpp"

namespace waxwing::multidevice {

// Connects, pairs, logs in, stays alive, comes back, and gives up when it must (disconnect.hpp).
// What the server or the phone is told has been made durable before. All functions belong to one
// thread.
//
// Small on purpose, ten thousand of them live in a process: what pairing and the handshake need is
// gone when they are over, and prekeys live in the store.
class Client {
 public:
  struct Params {
    const Personality* personality = nullptr;  // outlives the client
    DeviceProfile profile;
    PublicKey root = kWhatsAppRootKey;
    std::optional<DeviceRecord> record;  // as stored; nothing: a new device
    RouteRecord route;
  };
  struct Counters {
    std::uint32_t reconnects = 0;
    std::uint32_t dead_connections = 0;  // ended because nothing came
    std::uint32_t resumed = 0;           // handshakes that were IK
    std::uint32_t prekeys_uploaded = 0;
  };

  Client(ClientHost& host, Params params);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // From Stopped or Failed. Ends in Pairing without credentials, in Working with them.
  void start();
  // Leaves the network; tells nobody.
  void stop();
  // Unlinks the device if it is online, then forgets its credentials and stops. done() always
  // comes.
  void logout(std::function<void()> done);

  // Of the connection and the clock.
  void connected();
  void received(ByteView octets);
  // `reason` and `text` of the network, for people and logs.
  void closed(std::string_view reason, std::string_view text);
  void wake();

  // A linking code for the phone of that number (digits only), "ABCD-EFGH". Fails unless the state
  // is Pairing. A code replaces the one before it; QR codes stay valid beside it.
  void request_code(std::string phone, std::function<void(Result<std::string>)> done);

  // In PasskeyRequired: what an authenticator made of the challenge. `credential` in raw octets,
  // `assertion` the JSON of its answer. Fails at once in other states.
  void answer_passkey(Bytes credential, std::string assertion, std::function<void(Status)> done);
  // In PasskeyConfirmation: the codes here and on the phone are the same.
  void confirm_passkey(std::function<void(Status)> done);

  // Sends a stanza, or asks and waits. Fails at once with Lost when there is no login.
  [[nodiscard]] bool send(const Node& stanza);
  // One that is written already, by encode() with DictionaryVersion::V3.
  [[nodiscard]] bool send_encoded(ByteView stanza);
  void query(Node iq, IqHandler handler, std::uint32_t timeout_ms = 60'000);
  void set_presence(bool available);
  // <ack class=… id to [type] [participant] [recipient]/> for a stanza that was taken.
  void acknowledge(const Node& stanza);
  // A one-time prekey to be handed out by hand; it must be durable with the batch before.
  [[nodiscard]] Prekey take_prekey(StoreBatch& batch);
  // What the disk has is not what we told: ends the connection, so that the server repeats itself.
  void storage_failed();

  [[nodiscard]] ClientState state() const noexcept { return state_; }
  [[nodiscard]] bool online() const noexcept { return phase_ == Phase::Online; }
  [[nodiscard]] const Counters& counters() const noexcept { return counters_; }
  [[nodiscard]] const std::optional<DeviceRecord>& record() const noexcept { return record_; }
  // The current linking QR has a code beside it.
  [[nodiscard]] bool can_request_code() const noexcept;

 private:
  // Of the connection.
  enum class Phase : std::uint8_t {
    None,
    Connecting,
    Handshake,
    WaitPair,  // registered, the server owes us references
    Pairing,   // codes are shown
    Storing,   // the phone agreed, credentials are on their way to the disk
    Paired,    // the server was told; it owes us a restart
    Login,     // waiting for success
    Prepare,   // logged in: prekeys, then active
    Online
  };
  enum TimerId : std::size_t { kReconnect, kHandshake, kQr, kPing, kAnswer, kGrace, kTimers };
  struct PairingState;

  // client.cc: life cycle and clock
  void set_state(ClientState state, std::string_view reason = {}, std::string_view text = {});
  void set_timer(TimerId id, std::int64_t delay_ms);
  void clear_timer(TimerId id) noexcept { timers_[id] = 0; }
  void rearm();
  void on_timer(TimerId id);
  [[nodiscard]] std::uint64_t now_s();
  [[nodiscard]] std::uint64_t server_ms();

  // client_connection.cc: connections and what ends them
  void open();
  void drop();
  void react(const Reaction& reaction, std::string_view text = {});
  void come_back(const Reaction& reaction, std::int64_t delay_ms);
  void fail(const Reaction& reaction, std::string_view text);
  void forget(const Reaction& reaction);
  void lost(Cause cause) { react(reaction_to(cause)); }
  [[nodiscard]] std::int64_t backoff_ms();
  void on_frame(ByteView frame);
  void on_server_hello(ByteView frame);
  bool transmit(const Node& stanza);
  bool transmit_encoded(ByteView stanza);
  void keep_alive();
  void ping();
  void store_route();

  // client_pairing.cc
  void on_pair_device(const Node& iq);
  void show_qr();
  void on_pair_success(const Node& iq);
  void finish_pairing(const std::string& iq_id, std::uint32_t key_index, Bytes reply,
                      DeviceRecord paired, bool stored, std::uint32_t connection);
  void refuse_pairing(const std::string& iq_id, Cause cause);
  void say_hello_with_code(std::string phone, std::string code, Bytes salt, const Secret<32>& key,
                           std::function<void(Result<std::string>)> done);
  void on_primary_hello(const Node& notification);
  void finish_code(const std::string& ref, const PublicKey& primary_ephemeral,
                   const PublicKey& primary_identity);

  // client_passkey.cc
  void on_passkey_request(const Node& notification);
  void require_passkey(std::string challenge);
  void send_passkey_offer(const std::string& ref, const Bytes& credential,
                          const std::string& assertion, std::function<void(Status)> done);
  void on_passkey_continuation(const Node& notification);
  void ask_passkey(Node child, std::string_view type, std::function<void(const IqReply&)> handler);

  // client_login.cc
  void on_success(const Node& success);
  void count_prekeys();
  void upload_prekeys(std::uint32_t count, std::function<void()> then);
  void check_digest();
  void become_active();
  void become_online();
  void ask_settings();
  void rotate_signed_prekey_if_due();

  // client_stanzas.cc
  void on_node(const Node& node);
  void on_iq(const Node& iq);
  void on_info(const Node& ib);
  void on_notification(const Node& notification);
  [[nodiscard]] Node make_iq(std::string_view type, std::string_view xmlns);

  ClientHost& host_;
  const Personality& personality_;
  DeviceProfile profile_;
  PublicKey root_;
  std::optional<DeviceRecord> record_;
  RouteRecord route_;

  ClientState state_ = ClientState::Stopped;
  Phase phase_ = Phase::None;
  bool logging_out_ = false;
  bool uploading_ = false;
  bool told_server_ = false;      // of the pairing, in this process
  std::uint32_t connection_ = 0;  // counts; what an elder one asked for is dropped
  std::uint32_t attempts_ = 0;    // since the last login
  std::int64_t server_offset_ms_ = 0;
  ClientVersion version_;
  std::array<std::int64_t, kTimers> timers_{};
  std::int64_t armed_ms_ = 0;
  IqTracker iqs_;
  FrameSplitter splitter_;
  std::unique_ptr<Initiator> initiator_;
  std::optional<Transport> transport_;
  std::unique_ptr<PairingState> pairing_;
  std::function<void()> logged_out_;
  Counters counters_;
};

}  // namespace waxwing::multidevice
