// SPDX-License-Identifier: Apache-2.0
// A connection that waits to be linked to an account.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "multidevice/base/result.hpp"
#include "multidevice/binary/node.hpp"
#include "multidevice/pair/passkey.hpp"
#include "multidevice/pair/qr.hpp"
#include "world.hpp"

namespace waxwing::simulator {

class Server;

// How a link ended, as the phone's user sees it.
struct LinkOutcome {
  bool linked = false;
  std::string detail;  // The new device's address, or what went wrong.
};
using OnLinked = std::function<void(const LinkOutcome&)>;

// What a client said of itself, and how far linking has come.
struct Registration {
  md::PublicKey identity{};
  std::uint32_t registration_id = 0;
  SignedPrekey signed_prekey;
  std::string os;
  std::string version;
  std::vector<std::string> refs;
  std::string refs_iq_id;

  // After the phone has vouched for it.
  struct Offer {
    std::string iq_id;
    Account* account = nullptr;
    std::uint16_t device = 0;
    std::uint32_t key_index = 0;
    OnLinked done;
  };
  std::optional<Offer> offer;

  // After companion_hello.
  struct Code {
    Account* account = nullptr;
    std::string ref;
    md::Bytes wrapped_ephemeral;
    std::string display;
    // After the user has typed the code.
    struct Link {
      md::KeyPair ephemeral;
      md::PublicKey companion_ephemeral{};
    };
    std::optional<Link> link;
    OnLinked done;
  };
  std::optional<Code> code;

  // After the scan, when a passkey is demanded.
  struct Passkey {
    Account* account = nullptr;
    md::AdvSecret scanned;  // Of the QR code.
    md::Bytes challenge;
    std::string ref;
    std::optional<md::PasskeyPrologue> prologue;
    md::KeyPair ephemeral;
    md::PasskeyPrimary primary;
    OnLinked done;
  };
  std::optional<Passkey> passkey;
};

// Registration and linking: pair-device, pair-success, link codes.
class Pairing {
 public:
  explicit Pairing(Server& server) : server_(server) {}

  // The payload of a client without an account, checked; refs are sent.
  void begin(Connection& connection, md::ByteView payload);
  // Each stanza of a connection with a registration.
  void on_stanza(Connection& connection, const md::Node& stanza);
  void on_gone(Connection& connection);

  // The phone's user scans a QR code, or types a code that a client shows. `done` is called once,
  // maybe at once.
  void scan(Account& account, std::string_view qr, OnLinked done);
  void enter_code(Account& account, std::string_view code, OnLinked done);
  // The refs of one client end before their time.
  [[nodiscard]] bool expire(std::string_view ref);

  struct Pending {
    std::vector<std::string> refs;
    std::string os;
    std::string version;
    bool old_dictionary = false;
    std::string code_phone;  // Empty unless a code is awaited.
    std::string code_ref;    // Another one for each code that a client asks for.
  };
  [[nodiscard]] std::vector<Pending> pending() const;

 private:
  void send_refs(Connection& connection);
  void offer(Connection& connection, Account& account, const md::AdvSecret& adv_secret,
             OnLinked done);
  void on_signed(Connection& connection, const md::Node& answer);
  md::Result<md::Bytes> check_signed(Connection& connection, const md::Node& answer) const;
  void demand_passkey(Connection& connection, Account& account, const md::AdvSecret& scanned,
                      OnLinked done);
  // False when it is none of those that belong to a passkey.
  bool on_passkey_stanza(Connection& connection, const md::Node& iq);
  void on_code_stanza(Connection& connection, const md::Node& iq, const md::Node& request);
  void on_companion_hello(Connection& connection, const md::Node& iq, const md::Node& request);
  void on_companion_finish(Connection& connection, const md::Node& iq, const md::Node& request);

  Server& server_;
  std::map<std::string, std::weak_ptr<Connection>, std::less<>> by_ref_;
};

}  // namespace waxwing::simulator
