// SPDX-License-Identifier: Apache-2.0
// The four kinds of Signal message as octets: version, protobuf fields, MAC or signature.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "multidevice/base/bytes.hpp"
#include "multidevice/crypto/curve25519.hpp"
#include "multidevice/crypto/signature.hpp"
#include "multidevice/signal/fault.hpp"

namespace waxwing::multidevice {

// The present version in the upper half, the eldest that is understood in the lower one.
inline constexpr std::uint8_t kSignalVersion = 0x33;
inline constexpr std::size_t kMacBytes = 8;

// All of these borrow from the octets that they were read from. parse() gives DecryptFault::None,
// InvalidKey for a key that is none, InvalidMessage for anything else that is wrong.

struct WhisperMessage {
  PublicKey ratchet_key{};
  std::uint32_t counter = 0;
  std::uint32_t previous_counter = 0;
  ByteView ciphertext;
  ByteView authenticated;  // all but the MAC
  ByteView mac;

  [[nodiscard]] static DecryptFault parse(ByteView octets, WhisperMessage& out);
  // Without the MAC, which is over these octets.
  [[nodiscard]] static Bytes write(const PublicKey& ratchet_key, std::uint32_t counter,
                                   std::uint32_t previous_counter, ByteView ciphertext);
};

struct PreKeyWhisperMessage {
  std::optional<std::uint32_t> prekey_id;
  std::uint32_t signed_prekey_id = 0;
  std::uint32_t registration_id = 0;
  PublicKey base_key{};
  PublicKey identity{};
  ByteView message;  // a WhisperMessage

  [[nodiscard]] static DecryptFault parse(ByteView octets, PreKeyWhisperMessage& out);
  [[nodiscard]] Bytes write() const;
};

struct SenderKeyDistribution {
  std::uint32_t id = 0;
  std::uint32_t iteration = 0;
  ByteView chain_key;  // 32 octets
  PublicKey signing_key{};

  [[nodiscard]] static DecryptFault parse(ByteView octets, SenderKeyDistribution& out);
  [[nodiscard]] Bytes write() const;
};

struct SenderKeyMessage {
  std::uint32_t id = 0;
  std::uint32_t iteration = 0;
  ByteView ciphertext;
  ByteView authenticated;  // all but the signature
  ByteView signature;

  [[nodiscard]] static DecryptFault parse(ByteView octets, SenderKeyMessage& out);
  // Without the signature, which is over these octets.
  [[nodiscard]] static Bytes write(std::uint32_t id, std::uint32_t iteration, ByteView ciphertext);
};

}  // namespace waxwing::multidevice
