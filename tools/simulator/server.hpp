// SPDX-License-Identifier: Apache-2.0
// The chat server: who is connected, who may log in, and which part answers which stanza.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>

#include "certificates.hpp"
#include "faults.hpp"
#include "groups.hpp"
#include "io.hpp"
#include "load.hpp"
#include "multidevice/binary/node.hpp"
#include "multidevice/noise/responder.hpp"
#include "party.hpp"
#include "registration.hpp"
#include "router.hpp"
#include "violations.hpp"
#include "world.hpp"

namespace waxwing::simulator {

struct Options {
  std::chrono::seconds qr_lifetime{160};
  bool accept_resume = true;         // Noise IK; otherwise such clients fall back to XX.
  std::size_t transcript_lines = 0;  // How many stanzas are kept for GET /transcript.
};

// One thread; sockets and time come from outside.
class Server {
 public:
  Server(Clock& clock, Options options);

  // For connections.
  [[nodiscard]] std::uint64_t next_connection_number() noexcept { return ++connections_made_; }
  [[nodiscard]] md::Responder::Params responder(const md::Header& header) const;
  [[nodiscard]] bool is_routing_info(md::ByteView octets) const;
  void on_client(Connection& connection, md::ByteView payload);
  void on_stanza(Connection& connection, const md::Node& stanza);
  void on_gone(Connection& connection);

  // For the parts of the server.
  void violate(const Connection& connection, std::string_view rule, std::string_view detail);
  void note_other_encoding(const Connection& connection, const md::Node& stanza);
  void record(const Connection& connection, bool from_client, const md::Node& stanza);
  // A violation that ends with <failure reason=…/>.
  void refuse(Connection& connection, std::uint32_t reason, std::string_view rule,
              std::string_view detail);
  void answer_ping(Connection& connection, const md::Node& iq);
  // The first <active/> after login: what waited is delivered.
  void on_active(Connection& connection);
  // A device came or went: the account's other devices are told, and whoever asked for its list.
  void on_devices_changed(Account& account, std::uint16_t device);

  // For the control interface.
  // The phone removes a companion; false when there is no such device.
  bool unlink(Account& account, std::uint16_t device);
  // WhatsApp is installed anew on the phone: other keys, no companions, and whoever wrote to it is
  // told that its identity is another one.
  void reinstall(Account& account);
  // Every connection ends without a word, as when the network fails.
  std::size_t drop_connections();

  [[nodiscard]] World& world() noexcept { return world_; }
  [[nodiscard]] Faults& faults() noexcept { return faults_; }
  void set_faults(const Faults& faults) noexcept {
    faults_ = faults;
    frames_ = 0;
  }
  // Counts a frame of either side; false when it is lost because of Faults::hold_after.
  [[nodiscard]] bool passes() noexcept { return !holds() && ++frames_ != 0; }
  [[nodiscard]] bool holds() const noexcept {
    return faults_.hold_after != 0 && frames_ >= faults_.hold_after;
  }
  [[nodiscard]] Violations& violations() noexcept { return violations_; }
  [[nodiscard]] Pairing& pairing() noexcept { return pairing_; }
  [[nodiscard]] Router& router() noexcept { return router_; }
  [[nodiscard]] Groups& groups() noexcept { return groups_; }
  [[nodiscard]] Phones& phones() noexcept { return phones_; }
  [[nodiscard]] Load& load() noexcept { return load_; }
  [[nodiscard]] Clock& clock() noexcept { return clock_; }
  [[nodiscard]] const Options& options() const noexcept { return options_; }
  [[nodiscard]] const Certificates& certificates() const noexcept { return certificates_; }
  [[nodiscard]] const std::deque<std::string>& transcript() const noexcept { return transcript_; }
  void clear_transcript() { transcript_.clear(); }

  struct Counts {
    std::uint64_t connections = 0;  // Ever.
    std::uint64_t open = 0;         // Through the handshake, right now.
    std::uint64_t logins = 0;
    std::uint64_t stanzas_in = 0;
    std::uint64_t stanzas_out = 0;
    std::uint64_t other_encodings = 0;  // Stanzas that our encoder would have written otherwise.
  };
  [[nodiscard]] Counts counts() const;

 private:
  void login(Connection& connection, std::uint64_t username, std::uint32_t device);
  void fail_login(Connection& connection, const LoginFailure& failure);
  void welcome(Connection& connection);
  // A notification of that type from the account, to the devices of whoever asked for its list.
  void tell_watchers(const Account& account, const char* type, const md::Node& change);

  Clock& clock_;
  const Options options_;
  World world_;
  Faults faults_;
  std::uint64_t frames_ = 0;  // Since the faults were set.
  Violations violations_;
  Certificates certificates_;
  md::Bytes routing_info_;
  Pairing pairing_{*this};
  Router router_{*this};
  Groups groups_{*this};
  Phones phones_{*this};
  Load load_{*this};
  std::map<Connection*, std::weak_ptr<Connection>> open_;
  std::deque<std::string> transcript_;
  std::uint64_t connections_made_ = 0;
  Counts counts_;
};

}  // namespace waxwing::simulator
