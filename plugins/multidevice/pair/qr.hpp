// SPDX-License-Identifier: Apache-2.0
// The text of a QR code: reference, the companion's two public keys, the secret, the kind of
// client.
#pragma once

#include <string>
#include <string_view>

#include "multidevice/base/result.hpp"
#include "multidevice/base/secret.hpp"
#include "multidevice/crypto/curve25519.hpp"

namespace waxwing::multidevice {

// Authenticates the phone's answer to a QR code or a linking code.
using AdvSecret = Secret<32>;

struct QrCode {
  std::string ref;  // the server's name for the waiting connection
  PublicKey noise_key{};
  PublicKey identity_key{};
  AdvSecret adv_secret;
  std::string client_type;  // "1" Chrome, "9" another client, …; empty in the elder form
};

// The form of 2026: an URL of linked devices, then the five parts.
[[nodiscard]] std::string make_qr(const QrCode& code);
// Reads that form, and the elder ones without URL and without the kind of client. Fault::Malformed
// names the part that is wrong.
[[nodiscard]] Result<QrCode> parse_qr(std::string_view text);

}  // namespace waxwing::multidevice
