// SPDX-License-Identifier: Apache-2.0
// The world of one Client in a test: clock, disk, and the other end of its connections.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "multidevice/binary/node.hpp"
#include "multidevice/noise/responder.hpp"
#include "multidevice/pair/device_identity.hpp"
#include "multidevice/session/client.hpp"

namespace waxwing::multidevice {

// Time stands still unless it is moved, commits wait until the disk turns, and the server says only
// what the test has it say, but for the handshake.
class World final : public ClientHost {
 public:
  explicit World(Personality personality = {});

  // A process starts (again): a client made from what the disk holds.
  Client& boot();
  // The process is gone: what was not committed never will be.
  void kill();
  [[nodiscard]] Client& client() { return *client_; }

  // Clock ---------------------------------------------------------------------------------------
  void advance(std::int64_t ms);
  [[nodiscard]] std::int64_t now_ms() override { return now_ms_; }
  [[nodiscard]] std::int64_t unix_ms() override { return 1'800'000'000'000 + now_ms_; }
  void wake_at(std::int64_t time_ms) override { wake_ms_ = time_ms; }
  void after(std::uint32_t /*delay_ms*/, std::function<void()> /*task*/) override {}

  // Disk ----------------------------------------------------------------------------------------
  // Makes what waits durable, or refuses it, and whatever that leads to.
  void settle(bool works = true);
  void commit(StoreBatch batch, std::function<void(bool)> done) override;
  // Of messages, which no test of a Client alone has.
  void load(std::vector<StoreKey> /*keys*/,
            std::function<void(bool, const StoreRows&)> /*done*/) override {}
  void scan(std::string_view /*space*/, std::string /*after*/, std::uint32_t /*limit*/,
            std::function<void(bool, const StoreRows&)> /*done*/) override {}
  [[nodiscard]] std::size_t rows_in(std::string_view space) const;
  std::map<std::pair<std::string, std::string>, Bytes> disk;

  // Network -------------------------------------------------------------------------------------
  void open_connection() override;
  void close_connection() override;
  void send(ByteView octets) override;
  // The server accepts the connection that the client asked for, up to the end of the handshake.
  void accept();
  void lose(std::string_view reason = {});
  void serve(const Node& node);
  // What the client has said since, oldest first; fails the test when there is none.
  Node heard();
  // Skips to the next one with that tag or child.
  Node heard(std::string_view what);
  [[nodiscard]] bool silent() const { return heard_.empty(); }
  // A result for a query of the client, with children.
  void answer(const Node& iq, Node::Children children = {});
  int connections = 0;
  bool connection_open = false;
  Bytes client_payload;
  PublicKey client_static{};
  std::optional<NoisePattern> pattern;
  KeyPair root = KeyPair::generate();
  KeyPair server_key = KeyPair::generate();
  Certificate leaf;  // for server_key, unless a test wants a lie
  bool signs_badly = false;

  // Phone ---------------------------------------------------------------------------------------
  void offer_refs(int count = 6);
  // Scans the code that is shown: the pair-success that the server sends then.
  Node scanned(const GrantFaults& faults = {});
  // The whole way to being online, from a new device.
  void pair_and_log_in();
  // From an accepted connection in Login to being online.
  void log_in();
  KeyPair account = KeyPair::generate();

  // Threads -------------------------------------------------------------------------------------
  void derive_key(std::string code, Bytes salt,
                  std::function<void(const Secret<32>&)> done) override;
  void run_work();

  // News ----------------------------------------------------------------------------------------
  void on_state(ClientState state, std::string_view reason, std::string_view text) override;
  void on_qr(std::string_view text, std::uint32_t valid_ms) override;
  void on_passkey_challenge(std::string_view json) override { challenge = json; }
  void on_passkey_code(std::string_view code) override { passkey_code = code; }
  std::string challenge;
  std::string passkey_code;
  void on_account(const DeviceRecord* record) override;
  void on_link(bool up) override { link = up; }
  bool on_stanza(const Node& stanza) override {
    stanzas.push_back(stanza);
    return false;
  }
  struct State {
    ClientState state;
    std::string reason;
    std::string text;
  };
  std::vector<State> states;
  std::vector<std::pair<std::string, std::uint32_t>> qrs;
  std::vector<Node> stanzas;
  std::string account_jid;
  bool link = false;

  ClientVersion version() override { return versions.front(); }
  bool reject_version(const ClientVersion& rejected) override;
  void accept_version(const ClientVersion& accepted) override { working_version = accepted; }
  std::optional<ClientVersion> working_version;
  std::deque<ClientVersion> versions{ClientVersion{}};

  DeviceProfile profile;

 private:
  struct Commit {
    StoreBatch batch;
    std::function<void(bool)> done;
  };
  void apply(const StoreBatch& batch);
  void hear(ByteView frame);
  void serve_frame(ByteView octets);

  Personality personality_;
  std::unique_ptr<Client> client_;
  std::int64_t now_ms_ = 1000;
  std::int64_t wake_ms_ = 0;
  std::deque<Commit> commits_;
  std::deque<std::function<void()>> work_;
  FrameSplitter splitter_;
  std::unique_ptr<Responder> responder_;
  std::optional<Transport> transport_;
  bool intro_seen_ = false;
  std::deque<Node> heard_;
  int next_id_ = 0;
};

}  // namespace waxwing::multidevice
