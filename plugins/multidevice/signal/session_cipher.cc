// SPDX-License-Identifier: Apache-2.0
// X3DH (signal.org/docs/specifications/x3dh) and the ratchet's steps, as libsignal version 3 does
// them.
#include "multidevice/signal/session_cipher.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "multidevice/crypto/cipher.hpp"
#include "multidevice/crypto/hash.hpp"
#include "multidevice/signal/chain.hpp"
#include "multidevice/signal/wire_messages.hpp"

namespace waxwing::multidevice {
namespace {

// What one seed gives: HKDF with "WhisperMessageKeys".
class MessageKeys {
 public:
  explicit MessageKeys(const Secret<32>& seed)
      : octets_(hkdf_sha256<80>(seed, {}, "WhisperMessageKeys")) {}
  [[nodiscard]] ByteView cipher() const { return octets_.view().first(32); }
  [[nodiscard]] ByteView mac() const { return octets_.view().subspan(32, 32); }
  [[nodiscard]] ByteView iv() const { return octets_.view().last(16); }

 private:
  Secret<80> octets_;
};

std::array<std::uint8_t, kMacBytes> mac_of(const MessageKeys& keys, const PublicKey& sender,
                                           const PublicKey& receiver, ByteView message) {
  const Sha256 full =
      hmac_sha256(keys.mac(), {with_key_type(sender), with_key_type(receiver), message});
  std::array<std::uint8_t, kMacBytes> out;
  std::copy_n(full.begin(), out.size(), out.begin());
  return out;
}

struct RootStep {
  Secret<32> root;
  ChainKey chain;
};

RootStep split(const Secret<64>& derived) {
  return {*Secret<32>::from(derived.view().first(32)),
          {*Secret<32>::from(derived.view().last(32)), 0}};
}

Result<RootStep> root_step(const Secret<32>& root, const PrivateKey& own, const PublicKey& theirs) {
  WAX_MD_TRY(const SharedSecret secret, shared_secret(own, theirs));
  return split(hkdf_sha256<64>(secret, root, "WhisperRatchet"));
}

// The parts of an X3DH secret in a row, behind 32 octets FF.
class Agreement {
 public:
  Agreement() { std::fill_n(octets_.writable().begin(), 32, std::uint8_t{0xff}); }
  [[nodiscard]] Status add(const PrivateKey& own, const PublicKey& theirs) {
    WAX_MD_TRY(const SharedSecret secret, shared_secret(own, theirs));
    std::copy_n(secret.view().begin(), 32, octets_.writable().subspan(size_).begin());
    size_ += 32;
    return Status::ok();
  }
  [[nodiscard]] RootStep finish() const {
    return split(hkdf_sha256<64>(octets_.view().first(size_), {}, "WhisperText"));
  }

 private:
  Secret<160> octets_;
  std::size_t size_ = 32;
};

// Our next ratchet key, for the last one of theirs.
Status step_sending(SessionState& state) {
  if (state.sending) {
    return Status::ok();
  }
  if (state.receiving.empty()) {
    return {Fault::Argument, "a session without a key of the other side"};
  }
  KeyPair next = KeyPair::generate();
  WAX_MD_TRY(RootStep step, root_step(state.root, next.secret, state.receiving.back().ratchet_key));
  state.root = std::move(step.root);
  state.sending = std::move(step.chain);
  state.sending_ratchet = std::move(next);
  return Status::ok();
}

// Checks and decrypts with one seed.
Decrypted open(const Secret<32>& seed, const WhisperMessage& message, const PublicKey& sender,
               const PublicKey& receiver) {
  Decrypted out;
  const MessageKeys keys(seed);
  if (!equal_secret(mac_of(keys, sender, receiver, message.authenticated), message.mac)) {
    out.fault = DecryptFault::BadMac;
    return out;
  }
  Result<Bytes> plain = aes_cbc_decrypt(keys.cipher(), keys.iv(), message.ciphertext);
  if (!plain) {
    out.fault = DecryptFault::InvalidMessage;
    return out;
  }
  out.plain = SecretBytes(std::move(*plain));
  return out;
}

Decrypted failed(DecryptFault fault) {
  Decrypted out;
  out.fault = fault;
  return out;
}

// With one run. Changes it only when the message is genuine.
Decrypted decrypt_with(SessionState& state, const DeviceRecord& own,
                       const WhisperMessage& message) {
  const auto known = std::find_if(state.receiving.begin(), state.receiving.end(),
                                  [&](const SessionState::ReceivingChain& chain) {
                                    return chain.ratchet_key == message.ratchet_key;
                                  });
  if (known != state.receiving.end()) {
    ChainWalk walk(known->chain, known->skipped, message.counter);
    if (walk.fault() != DecryptFault::None) {
      return failed(walk.fault());
    }
    Decrypted out = open(walk.seed(), message, state.remote_identity, own.identity.open);
    if (out.ok()) {
      walk.apply(known->chain, known->skipped);
      state.pending.reset();
    }
    return out;
  }

  // Their next key. Ours comes first if it was put off.
  SessionState stepped;
  const SessionState* base = &state;
  if (!state.sending) {
    stepped = state;
    if (!step_sending(stepped)) {
      return failed(DecryptFault::InvalidMessage);
    }
    base = &stepped;
  }
  Result<RootStep> step = root_step(base->root, base->sending_ratchet.secret, message.ratchet_key);
  if (!step) {
    return failed(DecryptFault::InvalidKey);
  }
  SessionState::ReceivingChain next{message.ratchet_key, std::move(step->chain), {}};
  ChainWalk walk(next.chain, next.skipped, message.counter);
  if (walk.fault() != DecryptFault::None) {
    return failed(walk.fault());
  }
  Decrypted out = open(walk.seed(), message, state.remote_identity, own.identity.open);
  if (!out.ok()) {
    return out;
  }
  walk.apply(next.chain, next.skipped);
  const std::uint32_t sent = base->sending->index;
  state.root = std::move(step->root);
  if (base != &state) {
    state.sending_ratchet = std::move(stepped.sending_ratchet);
  }
  state.previous_counter = sent == 0 ? 0 : sent - 1;
  state.sending.reset();
  state.pending.reset();
  if (state.receiving.size() == kMaxReceivingChains) {
    state.receiving.erase(state.receiving.begin());
  }
  state.receiving.push_back(std::move(next));
  return out;
}

// A run of which the other side is the beginner.
Result<SessionState> answer(const DeviceRecord& own, const KeyPair& signed_prekey,
                            const std::optional<PrivateKey>& one_time,
                            const PreKeyWhisperMessage& message) {
  Agreement agreement;
  WAX_MD_TRY_VOID(agreement.add(signed_prekey.secret, message.identity));
  WAX_MD_TRY_VOID(agreement.add(own.identity.secret, message.base_key));
  WAX_MD_TRY_VOID(agreement.add(signed_prekey.secret, message.base_key));
  if (one_time) {
    WAX_MD_TRY_VOID(agreement.add(*one_time, message.base_key));
  }
  RootStep step = agreement.finish();
  SessionState state;
  state.base_key = message.base_key;
  state.remote_identity = message.identity;
  state.remote_registration_id = message.registration_id;
  state.root = std::move(step.root);
  state.sending_ratchet = signed_prekey;
  state.sending = std::move(step.chain);
  return state;
}

}  // namespace

Status SessionCipher::begin(SessionRecord& record, const DeviceRecord& own,
                            const PreKeyBundle& bundle) {
  if (!verify(bundle.identity, {with_key_type(bundle.signed_prekey)}, bundle.signature)) {
    return untrusted("the signature of a signed prekey does not hold");
  }
  KeyPair base = KeyPair::generate();
  Agreement agreement;
  WAX_MD_TRY_VOID(agreement.add(own.identity.secret, bundle.signed_prekey));
  WAX_MD_TRY_VOID(agreement.add(base.secret, bundle.identity));
  WAX_MD_TRY_VOID(agreement.add(base.secret, bundle.signed_prekey));
  if (bundle.one_time) {
    WAX_MD_TRY_VOID(agreement.add(base.secret, bundle.one_time->key));
  }
  RootStep step = agreement.finish();
  SessionState state;
  state.base_key = base.open;
  state.remote_identity = bundle.identity;
  state.remote_registration_id = bundle.registration_id;
  state.root = std::move(step.root);
  state.receiving.push_back({bundle.signed_prekey, std::move(step.chain), {}});
  UnansweredPrekey pending;
  pending.signed_prekey_id = bundle.signed_prekey_id;
  if (bundle.one_time) {
    pending.prekey_id = bundle.one_time->id;
  }
  state.pending = pending;
  WAX_MD_TRY_VOID(step_sending(state));
  record.add(std::move(state));
  return Status::ok();
}

Result<Ciphertext> SessionCipher::encrypt(SessionRecord& record, const DeviceRecord& own,
                                          ByteView padded) {
  if (!record.current_) {
    return Status(Fault::Argument, "there is no session to encrypt with");
  }
  SessionState& state = *record.current_;
  WAX_MD_TRY_VOID(step_sending(state));
  const std::uint32_t counter = state.sending->index;
  const MessageKeys keys(next_seed(*state.sending));
  WAX_MD_TRY(const Bytes sealed, aes_cbc_encrypt(keys.cipher(), keys.iv(), padded));
  Ciphertext out;
  out.octets =
      WhisperMessage::write(state.sending_ratchet.open, counter, state.previous_counter, sealed);
  append(out.octets, mac_of(keys, own.identity.open, state.remote_identity, out.octets));
  if (state.pending) {
    PreKeyWhisperMessage first;
    first.prekey_id = state.pending->prekey_id;
    first.signed_prekey_id = state.pending->signed_prekey_id;
    first.registration_id = own.registration_id;
    first.base_key = state.base_key;
    first.identity = own.identity.open;
    first.message = out.octets;
    out.octets = first.write();
    out.type = CiphertextType::PreKey;
  }
  return out;
}

Decrypted SessionCipher::decrypt(SessionRecord& record, const DeviceRecord& own, ByteView octets) {
  WhisperMessage message;
  if (const DecryptFault fault = WhisperMessage::parse(octets, message);
      fault != DecryptFault::None) {
    return failed(fault);
  }
  if (!record.current_ && record.archived_.empty()) {
    return failed(DecryptFault::NoSession);
  }
  DecryptFault first = DecryptFault::None;
  const auto decides = [](DecryptFault fault) {
    return fault == DecryptFault::None || fault == DecryptFault::Duplicate;
  };
  if (record.current_) {
    Decrypted out = decrypt_with(*record.current_, own, message);
    if (decides(out.fault)) {
      return out;
    }
    first = out.fault;
  }
  for (std::size_t i = 0; i < record.archived_.size(); ++i) {
    Decrypted out = decrypt_with(record.archived_[i], own, message);
    if (!decides(out.fault)) {
      first = first == DecryptFault::None ? out.fault : first;
      continue;
    }
    if (out.ok()) {  // what the other side uses is what we answer with
      SessionState state = std::move(record.archived_[i]);
      record.archived_.erase(record.archived_.begin() + static_cast<std::ptrdiff_t>(i));
      record.add(std::move(state));
    }
    return out;
  }
  return failed(first);
}

std::optional<PreKeyMessageHead> SessionCipher::head(ByteView prekey_message) {
  PreKeyWhisperMessage message;
  if (PreKeyWhisperMessage::parse(prekey_message, message) != DecryptFault::None) {
    return std::nullopt;
  }
  return PreKeyMessageHead{message.prekey_id, message.signed_prekey_id, message.registration_id,
                           message.base_key, message.identity};
}

Decrypted SessionCipher::decrypt_first(SessionRecord& record, const DeviceRecord& own,
                                       const std::optional<PrivateKey>& one_time,
                                       ByteView prekey_message) {
  PreKeyWhisperMessage message;
  if (const DecryptFault fault = PreKeyWhisperMessage::parse(prekey_message, message);
      fault != DecryptFault::None) {
    return failed(fault);
  }
  if (record.has_run(message.base_key, message.identity)) {
    return decrypt(record, own, message.message);
  }
  const SignedPrekey* prekey = nullptr;
  for (const SignedPrekey* known : {&own.signed_prekey, &own.previous_signed_prekey}) {
    if (known->id != 0 && known->id == message.signed_prekey_id) {
      prekey = known;
    }
  }
  if (prekey == nullptr || (message.prekey_id && !one_time)) {
    return failed(DecryptFault::InvalidKeyId);
  }
  WhisperMessage inner;
  if (const DecryptFault fault = WhisperMessage::parse(message.message, inner);
      fault != DecryptFault::None) {
    return failed(fault);
  }
  Result<SessionState> state =
      answer(own, prekey->key, message.prekey_id ? one_time : std::nullopt, message);
  if (!state) {
    return failed(DecryptFault::InvalidKey);
  }
  Decrypted out = decrypt_with(*state, own, inner);
  if (out.ok()) {
    out.new_run = true;
    record.add(std::move(*state));
  }
  return out;
}

}  // namespace waxwing::multidevice
