// SPDX-License-Identifier: Apache-2.0
// What a session does about each way in which a connection ends: one table.
#pragma once

#include <span>
#include <string_view>

namespace waxwing::multidevice {

class Node;

enum class Action {
  ReconnectNow,  // it is part of the plan
  Backoff,       // soon, then with more patience each time
  LongBackoff,   // in minutes
  NewVersion,    // with another client version if there is one, else Fail
  Fail,          // not by ourselves again; the credentials stay
  Forget,        // the device is no longer linked: the credentials go
};

struct Reaction {
  Action action;
  std::string_view reason;  // stable id
  std::string_view text;    // for people
};

// By the number of <failure reason=…>, or of <stream:error code=…>.
struct CodeRow {
  int code;
  Reaction reaction;
};
// What is not a number.
enum class Cause {
  Closed,            // the far end or the network ended it
  Unanswered,        // nothing came although we asked
  HandshakeTimeout,  // no answer in time before the login
  Broken,            // octets that cannot be read, or a tag that does not hold
  Rejected,          // the server did not like a stanza of ours
  Replaced,          // another connection of the same device
  DeviceRemoved,     // unlinked while online
  UntrustedServer,   // a certificate that does not hold
  QrExpired,
  PairingHmac,       // the phone's answer does not fit the code
  PairingSignature,  // the phone's signature does not hold
  PairingMalformed,
  PasskeyUnsupported,  // asked of an engine that has none
  PasskeyFailed,       // what came for it could not be read, or was refused
  PasskeyExpired,      // nobody answered
  StorageFailed,
  TooManyAttempts,
};
struct CauseRow {
  Cause cause;
  Reaction reaction;
};

[[nodiscard]] std::span<const CodeRow> failure_rows() noexcept;
[[nodiscard]] std::span<const CodeRow> stream_error_rows() noexcept;
[[nodiscard]] std::span<const CauseRow> cause_rows() noexcept;

// Numbers that are in no row: Fail for failures, Backoff for stream errors.
[[nodiscard]] const Reaction& reaction_to_failure(int code) noexcept;
[[nodiscard]] const Reaction& reaction_to_stream_error(const Node& error) noexcept;
[[nodiscard]] const Reaction& reaction_to(Cause cause) noexcept;

}  // namespace waxwing::multidevice
