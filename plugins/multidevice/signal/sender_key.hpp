// SPDX-License-Identifier: Apache-2.0
// Sender keys: one ciphertext for a whole group.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "multidevice/base/bytes.hpp"
#include "multidevice/base/result.hpp"
#include "multidevice/base/secret.hpp"
#include "multidevice/crypto/curve25519.hpp"
#include "multidevice/signal/fault.hpp"
#include "multidevice/signal/session_record.hpp"

namespace waxwing::multidevice {

inline constexpr std::size_t kMaxSenderKeyStates = 5;

// One key of one author in one group.
struct SenderKeyState {
  std::uint32_t id = 0;
  ChainKey chain;
  PublicKey signing_key{};
  std::optional<PrivateKey> signing_secret;  // of our own
  std::vector<SkippedKey> skipped;
};

// The keys of one author in one group, youngest first. Value type.
class SenderKeyRecord {
 public:
  [[nodiscard]] static Result<SenderKeyRecord> decode(ByteView octets);
  [[nodiscard]] SecretBytes encode() const;

  [[nodiscard]] bool empty() const noexcept { return states_.empty(); }
  [[nodiscard]] const std::vector<SenderKeyState>& states() const noexcept { return states_; }
  [[nodiscard]] std::size_t weight() const noexcept;

 private:
  friend class GroupCipher;
  std::vector<SenderKeyState> states_;
};

struct GroupDecrypted {
  DecryptFault fault = DecryptFault::None;
  SecretBytes plain;  // still padded
  [[nodiscard]] bool ok() const noexcept { return fault == DecryptFault::None; }
};

// Pure functions over a record, as SessionCipher's. [any-thread]
class GroupCipher {
 public:
  // Our key for a group: a new one when the record is empty. To rotate, begin with an empty record.
  // Gives the SenderKeyDistributionMessage from which others can read what is encrypted from now
  // on.
  [[nodiscard]] static Bytes distribution(SenderKeyRecord& own);
  [[nodiscard]] static Result<Bytes> encrypt(SenderKeyRecord& own, ByteView padded);

  // Takes in what an author distributed. The same key again changes nothing: an elder copy must not
  // turn the chain back. False: it is no such message.
  [[nodiscard]] static bool process(SenderKeyRecord& record, ByteView distribution);
  [[nodiscard]] static GroupDecrypted decrypt(SenderKeyRecord& record, ByteView message);
};

}  // namespace waxwing::multidevice
