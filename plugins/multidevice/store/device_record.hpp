// SPDX-License-Identifier: Apache-2.0
// DeviceRecord: the keys of a device and the account that it belongs to.
#pragma once

#include <cstdint>
#include <string>

#include "multidevice/base/bytes.hpp"
#include "multidevice/base/result.hpp"
#include "multidevice/base/secret.hpp"
#include "multidevice/binary/jid.hpp"
#include "multidevice/crypto/curve25519.hpp"
#include "multidevice/crypto/signature.hpp"
#include "multidevice/store/batch.hpp"

namespace waxwing::multidevice {

inline constexpr std::uint32_t kMaxPrekeyId = 0xffffff;

struct SignedPrekey {
  std::uint32_t id = 0;  // 1 to kMaxPrekeyId
  KeyPair key;
  Signature signature{};  // by the identity key over 05 || key

  [[nodiscard]] static SignedPrekey make(std::uint32_t id, const KeyPair& identity);
};

// Value type; zeroes its keys.
struct DeviceRecord {
  KeyPair noise_key;  // what the server knows the device by
  KeyPair identity;
  std::uint32_t registration_id = 0;  // 1 to 16380
  SignedPrekey signed_prekey;
  SignedPrekey previous_signed_prekey;  // id 0: none; others may still hold the elder one
  std::uint64_t signed_prekey_made_s = 0;
  std::uint32_t next_prekey_id = 1;  // never handed out; 1 to kMaxPrekeyId

  // From pairing on.
  Jid pn;   // "15550001001:1@s.whatsapp.net"
  Jid lid;  // "100000000000001:1@lid"; may be empty
  std::string platform;
  std::string business_name;
  std::string push_name;
  Bytes signed_identity;  // ADVSignedDeviceIdentity, countersigned
  PublicKey account_key{};
  std::uint32_t key_index = 0;
  bool logged_in = false;  // the server has accepted the device at least once

  // A device that nobody knows yet.
  [[nodiscard]] static DeviceRecord fresh(std::uint64_t now_s);
  [[nodiscard]] bool paired() const noexcept { return !pn.empty(); }

  [[nodiscard]] SecretBytes encode() const;
  // Fault::Malformed when keys are missing or of a wrong size.
  [[nodiscard]] static Result<DeviceRecord> decode(ByteView octets);
  void put_into(StoreBatch& batch) const;
};

// Key of a one-time prekey's row.
[[nodiscard]] std::string prekey_row(std::uint32_t id);

}  // namespace waxwing::multidevice
