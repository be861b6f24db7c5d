// SPDX-License-Identifier: Apache-2.0
// How the simulator misbehaves when a test asks it to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace waxwing::simulator {

// What is wrong with the certificate chain of new connections.
enum class BadCertificate {
  None,
  WrongRoot,           // The intermediate is signed by another root.
  WrongSignature,      // The leaf is signed by another key.
  WrongKey,            // The leaf is for another key than the handshake's.
  IntermediateIssuer,  // The intermediate's issuer is not the root.
  LeafIssuer,          // The leaf's issuer is not the intermediate.
  Expired,
  NotYetValid,
  NoValidity,
};

// Sent instead of <success/>, then the connection ends.
struct LoginFailure {
  std::uint32_t reason = 0;               // 401, 403, 405, 503 …
  std::optional<std::uint32_t> code;      // With 402: why.
  std::optional<std::uint32_t> expire_s;  // With 402: for how long.
};

// Everything is off at first. Changes count for what happens from then on.
struct Faults {
  bool outage = false;                // New connections end before the WebSocket begins.
  std::uint32_t http_status = 0;      // They are answered with this instead of a WebSocket.
  std::uint32_t delay_ms = 0;         // Before each message to a client.
  std::uint32_t minimum_version = 0;  // Third number of the oldest accepted client version.
  std::optional<LoginFailure> login_failure;
  BadCertificate certificate = BadCertificate::None;
  bool wrong_hmac = false;  // Of pair-success.
  bool wrong_account_signature = false;
  bool hosted_prefix = false;  // The account signature is one for a hosted device.
  bool split_frames = false;   // Each frame comes in two WebSocket messages.
  bool merge_frames = false;   // Frames of one turn come in one WebSocket message.
  bool compress_nodes = false;
  bool ignore_pings = false;
  std::uint32_t hold_after = 0;  // Behind that many frames of either side none passes any more.
  bool demand_passkey = false;   // Of whoever is scanned; no fault, but as rare as one.
  bool no_restart = false;       // No 515 after pairing, the connection just ends.
  bool demand_tokens = false;    // 463 for whoever writes to a person without that person's token.
  bool damage_messages =
      false;  // Clients get messages whose encryption does not hold; phones read.
  bool withhold_messages = false;    // Clients get messages as unavailable; phones read them.
  std::uint32_t message_error = 0;   // Messages of clients get this error and go nowhere.
  std::uint32_t message_errors = 0;  // So many of them; 0: all.
};

}  // namespace waxwing::simulator
