// SPDX-License-Identifier: Apache-2.0
// The steps that all handshakes are made of.
#include "multidevice/noise/symmetric_state.hpp"

#include "multidevice/crypto/cipher.hpp"

namespace waxwing::multidevice {

std::array<std::uint8_t, 12> noise_iv(std::uint32_t counter) noexcept {
  std::array<std::uint8_t, 12> iv{};
  const auto number = to_be<4>(counter);
  std::copy(number.begin(), number.end(), iv.begin() + 8);
  return iv;
}

// A name of up to 32 octets is padded, a longer one is hashed.
SymmetricState::SymmetricState(std::string_view protocol_name, ByteView prologue) : hash_{} {
  if (protocol_name.size() <= hash_.size()) {
    std::copy(protocol_name.begin(), protocol_name.end(), hash_.begin());
  } else {
    hash_ = sha256(as_bytes(protocol_name));
  }
  chaining_key_ = Secret<32>(hash_);
  key_ = chaining_key_;
  mix_hash(prologue);
}

void SymmetricState::mix_key(ByteView key_material) {
  const Secret<64> out = hkdf_sha256<64>(key_material, chaining_key_, "");
  chaining_key_ = *Secret<32>::from(out.view().first(32));
  key_ = *Secret<32>::from(out.view().last(32));
  counter_ = 0;
}

Status SymmetricState::mix_shared(const PrivateKey& own, const PublicKey& theirs) {
  WAX_MD_TRY(const SharedSecret secret, shared_secret(own, theirs));
  mix_key(secret);
  return Status::ok();
}

std::array<std::uint8_t, 12> SymmetricState::next_iv() noexcept {
  return noise_iv(counter_++);
}

Result<Bytes> SymmetricState::encrypt(ByteView plain) {
  WAX_MD_TRY(Bytes sealed, aes_gcm_seal(key_, next_iv(), hash_, plain));
  mix_hash(sealed);
  return sealed;
}

Result<Bytes> SymmetricState::decrypt(ByteView sealed) {
  WAX_MD_TRY(Bytes plain, aes_gcm_open(key_, next_iv(), hash_, sealed));
  mix_hash(sealed);
  return plain;
}

Result<PublicKey> SymmetricState::decrypt_key(ByteView sealed) {
  WAX_MD_TRY(const Bytes plain, decrypt(sealed));
  const auto key = to_array<kKeyBytes>(plain);
  if (!key) {
    return malformed("a public key that is not 32 octets long");
  }
  return *key;
}

SymmetricState::Split SymmetricState::split() const {
  const Secret<64> out = hkdf_sha256<64>({}, chaining_key_, "");
  return {*Secret<32>::from(out.view().first(32)), *Secret<32>::from(out.view().last(32))};
}

}  // namespace waxwing::multidevice
