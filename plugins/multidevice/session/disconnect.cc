// SPDX-License-Identifier: Apache-2.0
// The table. Numbers are WhatsApp's, as published clients know them; docs/reasons.md explains the
// ids.
#include "multidevice/session/disconnect.hpp"

#include <algorithm>

#include "multidevice/binary/node.hpp"

namespace waxwing::multidevice {
namespace {

constexpr Reaction kLoggedOut = {Action::Forget, "logged_out",
                                 "The device was unlinked on the phone."};
constexpr Reaction kReplaced = {Action::Fail, "replaced",
                                "Another connection with the same credentials took over."};
constexpr Reaction kUnavailable = {Action::Backoff, "server_unavailable",
                                   "WhatsApp is not available at the moment."};

// clang-format off
constexpr CodeRow kFailures[] = {
    {400, {Action::Fail, "connect_refused_400", "WhatsApp refused the login as malformed."}},
    {401, kLoggedOut},
    {402, {Action::Fail, "temporary_ban", "WhatsApp has banned the account for some time."}},
    {403, {Action::Forget, "account_locked", "WhatsApp has locked the account, or its phone is gone."}},
    {405, {Action::NewVersion, "client_outdated", "WhatsApp no longer accepts this client version."}},
    {406, {Action::Forget, "account_banned", "WhatsApp has banned the account."}},
    {409, {Action::Fail, "bad_user_agent", "WhatsApp refused the kind of client."}},
    {411, {Action::Fail, "multidevice_mismatch", "The account does not use linked devices."}},
    {413, {Action::Fail, "token_expired", "WhatsApp asks for a token that this client does not have."}},
    {414, {Action::Fail, "token_invalid", "WhatsApp asks for a token that this client does not have."}},
    {415, {Action::Fail, "client_unknown", "WhatsApp does not know this client."}},
    {418, {Action::Fail, "client_unknown", "WhatsApp does not know this client."}},
    {429, {Action::LongBackoff, "rate_limited", "WhatsApp asks to come back later."}},
    {500, {Action::Backoff, "server_error", "WhatsApp has an internal error."}},
    {501, {Action::Backoff, "server_error", "WhatsApp has an internal error."}},
    {503, kUnavailable},
};
constexpr Reaction kOtherFailure = {Action::Fail, "connect_failure", "WhatsApp refused the login."};

constexpr CodeRow kStreamErrors[] = {
    {401, kLoggedOut},
    {409, kReplaced},
    {429, {Action::LongBackoff, "rate_limited", "WhatsApp asks to come back later."}},
    {500, {Action::Backoff, "server_error", "WhatsApp has an internal error."}},
    {503, kUnavailable},
    {515, {Action::ReconnectNow, "restart_required", "WhatsApp asks for a new connection."}},
    {516, kLoggedOut},
};
constexpr Reaction kOtherStreamError = {Action::Backoff, "stream_error", "WhatsApp ended the connection."};

constexpr CauseRow kCauses[] = {
    {Cause::Closed, {Action::Backoff, "connection_lost", "The connection broke."}},
    {Cause::Unanswered, {Action::ReconnectNow, "connection_dead", "Nothing came any more, not even an answer."}},
    {Cause::HandshakeTimeout, {Action::Backoff, "handshake_timeout", "WhatsApp did not answer in time."}},
    {Cause::Broken, {Action::Backoff, "protocol_error", "What came could not be read."}},
    {Cause::Rejected, {Action::Backoff, "stanza_rejected", "WhatsApp did not accept a request."}},
    {Cause::Replaced, kReplaced},
    {Cause::DeviceRemoved, kLoggedOut},
    {Cause::UntrustedServer, {Action::Fail, "untrusted_server", "The server could not prove that it is WhatsApp's."}},
    {Cause::QrExpired, {Action::Fail, "qr_expired", "Nobody scanned the QR code in time."}},
    {Cause::PairingHmac, {Action::Fail, "pairing_hmac_mismatch", "The phone's answer does not belong to the code that was shown."}},
    {Cause::PairingSignature, {Action::Fail, "pairing_signature_mismatch", "The phone's signature does not hold."}},
    {Cause::PairingMalformed, {Action::Fail, "pairing_malformed", "The phone's answer could not be read."}},
    {Cause::PasskeyUnsupported, {Action::Fail, "passkey_unsupported", "WhatsApp asks for a passkey, which this engine cannot give; GOWS can."}},
    {Cause::PasskeyFailed, {Action::Fail, "passkey_failed", "Linking with a passkey failed."}},
    {Cause::PasskeyExpired, {Action::Fail, "passkey_expired", "Nobody answered WhatsApp's question for a passkey in time."}},
    {Cause::StorageFailed, {Action::Fail, "storage_unavailable", "The credentials could not be stored."}},
    {Cause::TooManyAttempts, {Action::Fail, "too_many_attempts", "No connection came about in many attempts."}},
};
// clang-format on

const Reaction& find(std::span<const CodeRow> rows, int code, const Reaction& other) noexcept {
  const auto row =
      std::find_if(rows.begin(), rows.end(), [&](const CodeRow& r) { return r.code == code; });
  return row == rows.end() ? other : row->reaction;
}

}  // namespace

std::span<const CodeRow> failure_rows() noexcept {
  return kFailures;
}
std::span<const CodeRow> stream_error_rows() noexcept {
  return kStreamErrors;
}
std::span<const CauseRow> cause_rows() noexcept {
  return kCauses;
}

const Reaction& reaction_to_failure(int code) noexcept {
  return find(kFailures, code, kOtherFailure);
}

const Reaction& reaction_to(Cause cause) noexcept {
  for (const CauseRow& row : kCauses) {
    if (row.cause == cause) {
      return row.reaction;
    }
  }
  return kOtherStreamError;
}

// The conflict, if there is one, says more than the number.
const Reaction& reaction_to_stream_error(const Node& error) noexcept {
  if (const Node* conflict = error.child("conflict")) {
    const std::string_view type = conflict->text("type");
    if (type == "replaced") {
      return reaction_to(Cause::Replaced);
    }
    if (type == "device_removed") {
      return reaction_to(Cause::DeviceRemoved);
    }
  }
  if (const auto code = error.number("code")) {
    return find(kStreamErrors, static_cast<int>(std::min<std::uint64_t>(*code, 1000)),
                kOtherStreamError);
  }
  if (error.child("ack") != nullptr || error.child("xml-not-well-formed") != nullptr) {
    return reaction_to(Cause::Rejected);
  }
  return kOtherStreamError;
}

}  // namespace waxwing::multidevice
