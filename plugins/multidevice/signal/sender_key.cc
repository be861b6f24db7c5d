// SPDX-License-Identifier: Apache-2.0
// Sender keys: stored form, distribution, encryption.
#include "multidevice/signal/sender_key.hpp"

#include <algorithm>
#include <utility>

#include "multidevice/crypto/cipher.hpp"
#include "multidevice/crypto/hash.hpp"
#include "multidevice/crypto/random.hpp"
#include "multidevice/crypto/signature.hpp"
#include "multidevice/signal/chain.hpp"
#include "multidevice/signal/wire_messages.hpp"

namespace waxwing::multidevice {
namespace {

constexpr std::uint8_t kFormat = 1;

// HKDF with "WhisperGroup".
class GroupKeys {
 public:
  explicit GroupKeys(const Secret<32>& seed) : octets_(hkdf_sha256<48>(seed, {}, "WhisperGroup")) {}
  [[nodiscard]] ByteView iv() const { return octets_.view().first(16); }
  [[nodiscard]] ByteView cipher() const { return octets_.view().last(32); }

 private:
  Secret<48> octets_;
};

}  // namespace

Result<SenderKeyRecord> SenderKeyRecord::decode(ByteView octets) {
  Reader from(octets);
  SenderKeyRecord record;
  const auto format = from.take_octet();
  const auto count = from.take_octet();
  bool valid = format == kFormat && count && *count <= kMaxSenderKeyStates;
  for (std::uint8_t i = 0; valid && i < *count; ++i) {
    SenderKeyState& state = record.states_.emplace_back();
    const auto secret = from.take_octet();
    valid = secret && *secret <= 1 && read_number(from, state.id) &&
            read_chain(from, state.chain) && read_fixed(from, state.signing_key) &&
            (*secret == 0 || read_fixed(from, state.signing_secret.emplace())) &&
            read_skipped(from, state.skipped);
  }
  if (!valid || !from.empty()) {
    return malformed("a stored sender key cannot be read");
  }
  return record;
}

SecretBytes SenderKeyRecord::encode() const {
  std::size_t size = 2;
  for (const SenderKeyState& state : states_) {
    size += 110 + state.skipped.size() * 36;
  }
  Bytes out;
  out.reserve(size);
  out.push_back(kFormat);
  out.push_back(static_cast<std::uint8_t>(states_.size()));
  for (const SenderKeyState& state : states_) {
    out.push_back(state.signing_secret ? 1 : 0);
    append_be(out, state.id, 4);
    append_chain(out, state.chain);
    append(out, state.signing_key);
    if (state.signing_secret) {
      append(out, *state.signing_secret);
    }
    append_skipped(out, state.skipped);
  }
  return SecretBytes(std::move(out));
}

std::size_t SenderKeyRecord::weight() const noexcept {
  std::size_t total = sizeof *this;
  for (const SenderKeyState& state : states_) {
    total += sizeof state + state.skipped.capacity() * sizeof(SkippedKey);
  }
  return total;
}

Bytes GroupCipher::distribution(SenderKeyRecord& own) {
  if (own.states_.empty()) {
    KeyPair signing = KeyPair::generate();
    SenderKeyState state;
    state.id = random_below(UINT32_MAX >> 1U);
    state.chain.key = random_secret<32>();
    state.signing_key = signing.open;
    state.signing_secret = std::move(signing.secret);
    own.states_.push_back(std::move(state));
  }
  const SenderKeyState& state = own.states_.front();
  return SenderKeyDistribution{state.id, state.chain.index, state.chain.key, state.signing_key}
      .write();
}

Result<Bytes> GroupCipher::encrypt(SenderKeyRecord& own, ByteView padded) {
  if (own.states_.empty() || !own.states_.front().signing_secret) {
    return Status(Fault::Argument, "there is no sender key of our own");
  }
  SenderKeyState& state = own.states_.front();
  const std::uint32_t iteration = state.chain.index;
  const GroupKeys keys(next_seed(state.chain));
  WAX_MD_TRY(const Bytes sealed, aes_cbc_encrypt(keys.cipher(), keys.iv(), padded));
  Bytes out = SenderKeyMessage::write(state.id, iteration, sealed);
  append(out, sign(*state.signing_secret, {out}));
  return out;
}

bool GroupCipher::process(SenderKeyRecord& record, ByteView distribution) {
  SenderKeyDistribution message;
  if (SenderKeyDistribution::parse(distribution, message) != DecryptFault::None) {
    return false;
  }
  auto& states = record.states_;
  const auto known = std::find_if(states.begin(), states.end(), [&](const SenderKeyState& state) {
    return state.id == message.id;
  });
  if (known != states.end()) {
    if (known->signing_key == message.signing_key) {
      return true;
    }
    states.erase(known);
  }
  SenderKeyState state;
  state.id = message.id;
  state.chain = {*Secret<32>::from(message.chain_key), message.iteration};
  state.signing_key = message.signing_key;
  states.insert(states.begin(), std::move(state));
  if (states.size() > kMaxSenderKeyStates) {
    states.pop_back();
  }
  return true;
}

GroupDecrypted GroupCipher::decrypt(SenderKeyRecord& record, ByteView octets) {
  GroupDecrypted out;
  SenderKeyMessage message;
  out.fault = SenderKeyMessage::parse(octets, message);
  if (!out.ok()) {
    return out;
  }
  const auto state =
      std::find_if(record.states_.begin(), record.states_.end(),
                   [&](const SenderKeyState& known) { return known.id == message.id; });
  if (state == record.states_.end()) {
    out.fault = record.states_.empty() ? DecryptFault::NoSession : DecryptFault::InvalidKeyId;
    return out;
  }
  if (!verify(state->signing_key, {message.authenticated}, message.signature)) {
    out.fault = DecryptFault::InvalidSignature;
    return out;
  }
  ChainWalk walk(state->chain, state->skipped, message.iteration);
  out.fault = walk.fault();
  if (!out.ok()) {
    return out;
  }
  const GroupKeys keys(walk.seed());
  Result<Bytes> plain = aes_cbc_decrypt(keys.cipher(), keys.iv(), message.ciphertext);
  if (!plain) {
    out.fault = DecryptFault::InvalidMessage;
    return out;
  }
  walk.apply(state->chain, state->skipped);
  out.plain = SecretBytes(std::move(*plain));
  return out;
}

}  // namespace waxwing::multidevice
