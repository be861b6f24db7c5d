// SPDX-License-Identifier: Apache-2.0
// ClientHost: all that a Client needs of the world, and whom it tells what happens.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "multidevice/base/bytes.hpp"
#include "multidevice/base/secret.hpp"
#include "multidevice/session/personality.hpp"
#include "multidevice/store/batch.hpp"
#include "multidevice/store/device_record.hpp"

namespace waxwing::multidevice {

class Node;

enum class ClientState {
  Stopped,
  Starting,
  Pairing,
  PasskeyRequired,      // an authenticator has to answer WhatsApp's challenge
  PasskeyConfirmation,  // somebody has to compare a code with the phone's
  Working,
  Failed
};

// Implemented by whoever owns the Client. No function but on_link() and on_stanza() may call back
// into the Client before it has returned; answers come from the loop. One thread.
class ClientHost {
 public:
  virtual ~ClientHost() = default;

  // World -----------------------------------------------------------------------------------------
  [[nodiscard]] virtual std::int64_t now_ms() = 0;   // monotonic
  [[nodiscard]] virtual std::int64_t unix_ms() = 0;  // wall clock
  // Answered by connected() or closed(). Any earlier connection must be over before this one opens.
  virtual void open_connection() = 0;
  // What was sent still goes out; nothing of the connection comes back, not even closed().
  virtual void close_connection() = 0;
  virtual void send(ByteView octets) = 0;
  // Call wake() at that time of now_ms(), or somewhat later. One time only counts, the last; 0:
  // none.
  virtual void wake_at(std::int64_t time_ms) = 0;
  // Runs the task once, that much later, unless the Client's owner is done with it before.
  virtual void after(std::uint32_t delay_ms, std::function<void()> task) = 0;
  // done(true) once it is durable, done(false) when nothing of it is.
  virtual void commit(StoreBatch batch, std::function<void(bool)> done) = 0;
  // done(true, rows found) or done(false, none); missing rows are left out. Sees every commit()
  // that came before it.
  virtual void load(std::vector<StoreKey> keys,
                    std::function<void(bool, const StoreRows&)> done) = 0;
  // At most `limit` rows of a space behind the key `after`, in the order of their keys.
  virtual void scan(std::string_view space, std::string after, std::uint32_t limit,
                    std::function<void(bool, const StoreRows&)> done) = 0;
  // derive_code_key() on another thread.
  virtual void derive_key(std::string code, Bytes salt,
                          std::function<void(const Secret<32>&)> done) = 0;
  // The version to connect with.
  [[nodiscard]] virtual ClientVersion version() = 0;
  // The server does not take it any more; whether version() gives another one now.
  [[nodiscard]] virtual bool reject_version(const ClientVersion& version) = 0;
  // A login with it has succeeded.
  virtual void accept_version(const ClientVersion& version) = 0;

  // News ------------------------------------------------------------------------------------------
  // `reason` and `text` are empty when nothing went wrong.
  virtual void on_state(ClientState state, std::string_view reason, std::string_view text) = 0;
  // A code to be shown for that long; the state is Pairing.
  virtual void on_qr(std::string_view text, std::uint32_t valid_ms) = 0;
  // The challenge (WebAuthn's PublicKeyCredentialRequestOptions as JSON), or the code to compare;
  // the state that goes with it follows.
  virtual void on_passkey_challenge(std::string_view json) = 0;
  virtual void on_passkey_code(std::string_view code) = 0;
  // The account is known, or something of it has changed; nullptr: it is forgotten.
  virtual void on_account(const DeviceRecord* record) = 0;
  // Whether the connection of a paired device is up and logged in.
  virtual void on_link(bool up) = 0;
  // Every stanza of a logged-in connection, after it was handled here. True: whoever took it will
  // acknowledge it too, once it is durable.
  virtual bool on_stanza(const Node& stanza) = 0;
};

}  // namespace waxwing::multidevice
