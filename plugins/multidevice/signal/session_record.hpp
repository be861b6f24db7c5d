// SPDX-License-Identifier: Apache-2.0
// SessionRecord: what the Double Ratchet with one device has come to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "multidevice/base/bytes.hpp"
#include "multidevice/base/result.hpp"
#include "multidevice/base/secret.hpp"
#include "multidevice/crypto/curve25519.hpp"

namespace waxwing::multidevice {

// As libsignal has them; a peer that goes beyond is answered as it would be there.
inline constexpr std::uint32_t kMaxSkip = 2000;        // messages ahead of a chain
inline constexpr std::size_t kMaxSkippedKeys = 2000;   // of one chain, the eldest goes first
inline constexpr std::size_t kMaxReceivingChains = 5;  // of one state
inline constexpr std::size_t kMaxArchivedStates = 40;

// Where a chain of message keys stands. `index` is of the next message.
struct ChainKey {
  Secret<32> key;
  std::uint32_t index = 0;
};
// The seed of a message that has not come yet: 32 octets, of which its three keys are derived.
struct SkippedKey {
  std::uint32_t index = 0;
  Secret<32> seed;
};

// What has to be repeated in every message until the other side has answered one.
struct UnansweredPrekey {
  std::optional<std::uint32_t> prekey_id;
  std::uint32_t signed_prekey_id = 0;
};

// One run of the ratchet, begun by one X3DH. Value type.
struct SessionState {
  struct ReceivingChain {
    PublicKey ratchet_key{};
    ChainKey chain;
    std::vector<SkippedKey> skipped;
  };

  PublicKey base_key{};  // Alice's, names the run
  PublicKey remote_identity{};
  std::uint32_t remote_registration_id = 0;  // 0: not told
  Secret<32> root;
  KeyPair sending_ratchet;
  // Nothing: the step that makes our next key waits until there is something to send.
  std::optional<ChainKey> sending;
  std::uint32_t previous_counter = 0;
  std::vector<ReceivingChain> receiving;  // eldest first
  std::optional<UnansweredPrekey> pending;
};

// The present run and those before it, of which late messages may still come. Value type; what is
// decoded and encoded again is the same octets.
class SessionRecord {
 public:
  [[nodiscard]] static Result<SessionRecord> decode(ByteView octets);
  [[nodiscard]] SecretBytes encode() const;

  // Whether there is a run that can encrypt.
  [[nodiscard]] bool ready() const noexcept { return current_.has_value(); }
  [[nodiscard]] const std::optional<SessionState>& current() const noexcept { return current_; }
  [[nodiscard]] const std::vector<SessionState>& archived() const noexcept { return archived_; }
  // Whether the next message will be a pkmsg, which needs our <device-identity> beside it.
  [[nodiscard]] bool unanswered() const noexcept {
    return current_.has_value() && current_->pending.has_value();
  }
  // Whether a first message with that base key, of whoever has that identity, is of a run that is
  // here: then its one-time prekey was used long ago.
  [[nodiscard]] bool has_run(const PublicKey& base_key, const PublicKey& identity) const noexcept;
  // The present run goes to the archive: encryption needs a new one, late messages do not.
  void archive();
  // Octets that it takes in memory, about.
  [[nodiscard]] std::size_t weight() const noexcept;

 private:
  friend class SessionCipher;
  void add(SessionState state);
  std::optional<SessionState> current_;
  std::vector<SessionState> archived_;  // youngest first
};

}  // namespace waxwing::multidevice
