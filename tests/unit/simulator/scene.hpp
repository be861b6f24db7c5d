// SPDX-License-Identifier: Apache-2.0
// A client in a few lines, a socket that is a list, and a clock that a test moves.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "connection.hpp"
#include "multidevice/crypto/curve25519.hpp"
#include "multidevice/noise/initiator.hpp"
#include "multidevice/pair/qr.hpp"
#include "multidevice/proto/client_payload.pb.h"
#include "server.hpp"

namespace waxwing::simulator {

class FakeClock : public Clock {
 public:
  [[nodiscard]] std::uint64_t now_s() const override {
    return 1800000000 + static_cast<std::uint64_t>(now_.count() / 1000);
  }
  void after(std::chrono::milliseconds delay, std::function<void()> task) override {
    tasks_.emplace(now_ + delay, std::move(task));
  }
  // Runs whatever is due by then, in order.
  void advance(std::chrono::milliseconds by);

 private:
  std::chrono::milliseconds now_{0};
  std::multimap<std::chrono::milliseconds, std::function<void()>> tasks_;
};

// The keys of a device, and what it says of itself.
struct Identity {
  md::KeyPair noise = md::KeyPair::generate();
  md::KeyPair identity = md::KeyPair::generate();
  md::KeyPair signed_prekey = md::KeyPair::generate();
  md::AdvSecret adv_secret;

  [[nodiscard]] md::pb::ClientPayload registration() const;
  [[nodiscard]] md::pb::ClientPayload login(std::uint64_t phone, std::uint32_t device) const;
  [[nodiscard]] std::string qr(const std::string& ref) const;
};

class TestClient : public Socket {
 public:
  TestClient(Server& server, FakeClock& clock);
  ~TestClient() override;

  void send(md::Bytes message) override;
  void close() override { closed = true; }

  // The whole handshake; false when the server is not trusted.
  bool connect(const Identity& identity, const md::pb::ClientPayload& payload);
  void say(const md::Node& stanza);
  void say_octets(md::ByteView octets) { connection->on_message(octets); }
  // The next stanza from the server; an empty one when there is none.
  [[nodiscard]] md::Node hear();
  // The next one with this tag; those before it are dropped.
  [[nodiscard]] md::Node hear(std::string_view tag);

  std::shared_ptr<Connection> connection;
  bool closed = false;
  std::optional<md::Transport> transport;
  std::size_t messages = 0;

 private:
  FakeClock& clock_;
  const md::PublicKey root_;
  md::FrameSplitter splitter_;
  std::vector<md::Bytes> frames_;
};

// A server with one account, and clients that come and go.
struct Scene {
  FakeClock clock;
  Server server{clock, {}};
  Account& alice = *server.world().create("15550001001", "alice");

  [[nodiscard]] std::unique_ptr<TestClient> client() {
    return std::make_unique<TestClient>(server, clock);
  }
  // Links a device by QR and logs it in.
  std::unique_ptr<TestClient> linked(Identity& identity, Account& account);
  [[nodiscard]] std::uint64_t violations(const std::string& rule) {
    const auto& counts = server.violations().counts();
    const auto found = counts.find(rule);
    return found == counts.end() ? 0 : found->second;
  }
};

}  // namespace waxwing::simulator
