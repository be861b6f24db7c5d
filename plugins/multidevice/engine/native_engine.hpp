// SPDX-License-Identifier: Apache-2.0
// NativeEngine: a session that speaks WhatsApp's multi-device protocol itself.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <waxwing/plugin.hpp>

#include "multidevice/engine/connection.hpp"
#include "multidevice/engine/messaging.hpp"
#include "multidevice/engine/native_settings.hpp"
#include "multidevice/engine/versions.hpp"
#include "multidevice/message/messenger.hpp"
#include "multidevice/session/client.hpp"

namespace waxwing::multidevice {

// Base of the engines. Ties a Client to the server's connections, timers and store. [session-loop]
class NativeEngine : public plugin::Engine, private ClientHost, private MessagingHost {
 public:
  struct Traits {
    const Personality* personality;
    std::uint32_t code_wait_ms;  // auth.requestCode in STARTING waits that long for a connection
    bool code_methods;           // whether a `method` may be given
    content::Dialect dialect;    // of `_data`
  };

  NativeEngine(const plugin::Init& init, const Traits& traits, NativeSettings settings,
               DeviceProfile profile);
  ~NativeEngine() override;

  void start(plugin::Call&& call) override;
  void stop(plugin::Call&& call) override;
  void logout(plugin::Call&& call) override;
  void invoke(const plugin::Request& request, plugin::Call&& call) override;

  static constexpr const wax_client_version& kClientVersion = kVersionTable;
  enum MetricIndex : std::size_t { kReconnects, kDeadConnections, kMetricCount };
  static constexpr plugin::Metric kMetrics[kMetricCount] = {
      {WAX_METRIC_COUNTER, "reconnects", "connections", "Connections after the first"},
      {WAX_METRIC_COUNTER, "dead_connections", "connections", "Connections that did not answer"}};

 protected:
  // What an engine has to say of itself; called when something of it has changed.
  [[nodiscard]] virtual std::string info_json(bool connected) const = 0;
  // News, for raw events. Those of the state come after the session's own.
  virtual void told_state(ClientState state, std::string_view reason, std::string_view text) = 0;
  virtual void told_qr(std::string_view text) = 0;
  virtual void told_passkey_challenge(std::string_view json) { (void)json; }
  virtual void told_passkey_code(std::string_view code) { (void)code; }
  virtual void told_paired(const DeviceRecord& record) = 0;
  virtual void told_link(bool up) = 0;
  virtual void told_stanza(const Node& stanza) = 0;
  // Dropped when nobody has room for it.
  void raw_event(std::string_view name, std::string_view data_json);

  [[nodiscard]] Client* client() const noexcept { return client_.get(); }
  // Null unless there is a client.
  [[nodiscard]] Messenger* messenger() const noexcept { return messenger_.get(); }

 private:
  // ClientHost
  std::int64_t now_ms() override;
  std::int64_t unix_ms() override;
  void open_connection() override;
  void close_connection() override;
  void send(ByteView octets) override;
  void wake_at(std::int64_t time_ms) override;
  void after(std::uint32_t delay_ms, std::function<void()> task) override;
  void commit(StoreBatch batch, std::function<void(bool)> done) override;
  void load(std::vector<StoreKey> keys, std::function<void(bool, const StoreRows&)> done) override;
  void scan(std::string_view space, std::string after, std::uint32_t limit,
            std::function<void(bool, const StoreRows&)> done) override;
  void derive_key(std::string code, Bytes salt,
                  std::function<void(const Secret<32>&)> done) override;
  ClientVersion version() override;
  bool reject_version(const ClientVersion& version) override;
  void accept_version(const ClientVersion& version) override;
  void on_state(ClientState state, std::string_view reason, std::string_view text) override;
  void on_qr(std::string_view text, std::uint32_t valid_ms) override;
  void on_passkey_challenge(std::string_view json) override;
  void on_passkey_code(std::string_view code) override;
  void on_account(const DeviceRecord* record) override;
  void on_link(bool up) override;
  bool on_stanza(const Node& stanza) override;

  // MessagingHost
  void commit_events(StoreBatch batch, std::vector<content::Event> events,
                     MessageSink::Durable durable) override;
  void tell(const content::Event& event) override;
  bool raw_wanted() override { return wanted("engine.event"); }
  void show_presence(bool online) override;
  void note(std::string_view what, std::string_view detail) override;
  void note_activity() override;

  Connection::Events connection_events();
  void set_wake_timer();
  void end_with(plugin::Call&& call);
  void finish_end();
  // False when the operation is none of linking; the call is then as it was.
  bool invoke_auth(const plugin::Request& request, plugin::Call& call);
  void request_code(const plugin::Request& request, plugin::Call&& call);
  void answer_waiting_codes();

  struct CodeRequest {
    std::string phone;
    plugin::Call call;
  };
  // Answers of requests for a code; a shared_ptr because Client wants to copy it.
  using SharedCall = std::shared_ptr<plugin::Call>;

  const Traits& traits_;
  NativeSettings settings_;
  DeviceProfile profile_;
  std::unique_ptr<Client> client_;
  std::unique_ptr<Client> retired_;  // of the run before
  Messaging messaging_;
  std::unique_ptr<Messenger> messenger_;
  std::unique_ptr<Messenger> retired_messenger_;

  bool loading_ = false;  // the credentials are on their way

  Connection connection_;
  plugin::ScopedTimer timer_;
  std::int64_t timer_ms_ = 0;
  std::int64_t wake_ms_ = 0;

  std::unique_ptr<plugin::Call> ending_;  // stop or logout, until the connection is over
  std::vector<CodeRequest> waiting_codes_;
  std::string passkey_;  // JSON of what is shown of it in the state that it is in
  Client::Counters counted_;
  std::string shown_account_;
};

}  // namespace waxwing::multidevice
