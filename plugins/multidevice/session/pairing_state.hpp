// SPDX-License-Identifier: Apache-2.0
// What a Client keeps while it waits for a phone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "multidevice/crypto/curve25519.hpp"
#include "multidevice/pair/passkey.hpp"
#include "multidevice/pair/qr.hpp"
#include "multidevice/session/client.hpp"
#include "multidevice/store/device_record.hpp"

namespace waxwing::multidevice {

struct Client::PairingState {
  // Nobody knows these keys until a phone agrees, so they are not stored before.
  DeviceRecord record;
  AdvSecret secret;               // in the QR codes
  std::vector<std::string> refs;  // in the order of being shown
  std::size_t shown = 0;          // how many of them

  struct Code {
    std::string text;
    std::string phone;
    KeyPair ephemeral;
    std::string ref;  // empty until the server has answered
    std::int64_t valid_until_ms = 0;
  };
  std::optional<Code> code;
  std::optional<AdvSecret> code_secret;  // once the phone has used the code

  // Once WhatsApp has asked for a passkey: no code can be used any more.
  struct Passkey {
    std::optional<AdvSecret> scanned;  // of the codes until then; proves that it was this client
    std::int64_t proof_until_ms = 0;
    bool proven = false;  // so that nobody has to compare codes
    bool answering = false;
    std::optional<PasskeyOffer> offer;
    std::optional<PasskeyPrimary> primary;
  };
  std::optional<Passkey> passkey;
};

}  // namespace waxwing::multidevice
