// SPDX-License-Identifier: Apache-2.0
// The messages of linking with a passkey, and the key that companion and phone agree on.
#include "multidevice/pair/passkey.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "multidevice/base/secret.hpp"
#include "multidevice/base/wire.hpp"
#include "multidevice/crypto/cipher.hpp"
#include "multidevice/crypto/random.hpp"
#include "multidevice/pair/link_code.hpp"

namespace waxwing::multidevice {
namespace {

// Field numbers of WACompanionReg.
enum Identity : std::uint32_t { kPublicKey = 1, kDeviceType = 2, kRef = 3 };
enum Payload : std::uint32_t { kIdentity = 1, kCommitment = 2 };
enum Commitment : std::uint32_t { kHash = 1 };
enum Primary : std::uint32_t { kPrimaryKey = 1, kPrimaryNonce = 2 };
enum Request : std::uint32_t { kNoiseKey = 1, kIdentityKey = 2, kSecret = 3 };
enum Sealed : std::uint32_t { kSealedOctets = 1, kIv = 2 };

// The fields of a message: octets by number, and one number. False when it is none.
template <class Take>
bool read(ByteView message, Take take) {
  WireReader reader(message);
  while (const auto field = reader.next()) {
    take(*field);
  }
  return !reader.broken();
}

template <std::size_t N>
bool copy_to(std::array<std::uint8_t, N>& out, const WireField& field) {
  const auto array = to_array<N>(field.octets.value_or(ByteView()));
  out = array.value_or(std::array<std::uint8_t, N>{});
  return array.has_value();
}

Result<Secret<32>> request_key(const PrivateKey& own, const PublicKey& other,
                               std::uint32_t device_type, const std::string& ref) {
  WAX_MD_TRY(const SharedSecret shared, shared_secret(own, other));
  const std::string salt = "Companion Pairing " + std::to_string(device_type) + " with ref " + ref;
  return hkdf_sha256<32>(shared, as_bytes(salt), "Pairing Information Encryption Key");
}

}  // namespace

PasskeyOffer make_passkey_offer(std::string ref, std::uint32_t device_type) {
  PasskeyOffer offer;
  offer.ephemeral = KeyPair::generate();
  offer.nonce = to_array<32>(random_bytes(32)).value_or(PasskeyNonce{});
  offer.ref = std::move(ref);
  offer.device_type = device_type;
  Bytes identity;
  append_field(identity, kPublicKey, ByteView(offer.ephemeral.open));
  append_field(identity, kDeviceType, std::uint64_t{device_type});
  append_field(identity, kRef, as_bytes(offer.ref));
  Bytes commitment;
  append_field(commitment, kHash, ByteView(sha256({identity, offer.nonce})));
  append_field(offer.payload, kIdentity, ByteView(identity));
  append_field(offer.payload, kCommitment, ByteView(commitment));
  return offer;
}

Sha256 passkey_handoff_proof(const AdvSecret& scanned, ByteView prologue_payload) {
  const Secret<32> key = hkdf_sha256<32>(scanned, {}, "shortcake-passkey-handoff-v1");
  return hmac_sha256(key, {prologue_payload});
}

Result<PasskeyPrimary> parse_passkey_primary(ByteView octets) {
  PasskeyPrimary primary;
  int good = 0;
  const bool whole = read(octets, [&](const WireField& field) {
    good += field.number == kPrimaryKey && copy_to(primary.key, field) ? 1 : 0;
    good += field.number == kPrimaryNonce && copy_to(primary.nonce, field) ? 1 : 0;
  });
  if (!whole || good != 2) {
    return malformed("the phone's key or nonce is not 32 octets long");
  }
  return primary;
}

Result<Bytes> seal_pairing_request(const PasskeyOffer& offer, const PasskeyPrimary& primary,
                                   const PublicKey& noise_key, const PublicKey& identity,
                                   const AdvSecret& secret) {
  WAX_MD_TRY(const Secret<32> key,
             request_key(offer.ephemeral.secret, primary.key, offer.device_type, offer.ref));
  Bytes octets;
  octets.reserve(128);  // so that growing leaves no copy of the secret behind
  append_field(octets, kNoiseKey, ByteView(noise_key));
  append_field(octets, kIdentityKey, ByteView(identity));
  append_field(octets, kSecret, secret.view());
  const SecretBytes plain(std::move(octets));
  const Bytes iv = random_bytes(kGcmIvBytes);
  WAX_MD_TRY(const Bytes sealed, aes_gcm_seal(key, iv, {}, plain));
  Bytes out;
  append_field(out, kSealedOctets, ByteView(sealed));
  append_field(out, kIv, ByteView(iv));
  return out;
}

std::string passkey_code(const PasskeyNonce& companion_nonce, const PasskeyPrimary& primary) {
  const Sha256 digest = sha256({companion_nonce, primary.key});
  Bytes code(5);
  for (std::size_t i = 0; i < code.size(); ++i) {
    code[i] = static_cast<std::uint8_t>(primary.nonce[i] ^ digest[i]);
  }
  return with_dash(encode_link_code(code));
}

Result<PasskeyPrologue> parse_passkey_prologue(ByteView payload) {
  PasskeyPrologue prologue;
  bool committed = false;
  bool whole = read(payload, [&](const WireField& field) {
    const ByteView octets = field.octets.value_or(ByteView());
    if (field.number == kIdentity) {
      prologue.identity = to_bytes(octets);
    } else if (field.number == kCommitment) {
      (void)read(octets, [&](const WireField& inner) {
        committed |= inner.number == kHash && copy_to(prologue.commitment, inner);
      });
    }
  });
  bool has_key = false;
  whole &= read(prologue.identity, [&](const WireField& field) {
    if (field.number == kPublicKey) {
      has_key = copy_to(prologue.key, field);
    } else if (field.number == kDeviceType) {
      prologue.device_type = static_cast<std::uint32_t>(field.value);
    } else if (field.number == kRef) {
      prologue.ref = to_string(field.octets.value_or(ByteView()));
    }
  });
  if (!whole || !has_key || !committed || prologue.ref.empty()) {
    return malformed("the prologue lacks a key, a reference or a commitment");
  }
  return prologue;
}

bool passkey_commitment_holds(const PasskeyPrologue& prologue, const PasskeyNonce& nonce) {
  return sha256({prologue.identity, nonce}) == prologue.commitment;
}

Bytes encode_passkey_primary(const PasskeyPrimary& primary) {
  Bytes out;
  append_field(out, kPrimaryKey, ByteView(primary.key));
  append_field(out, kPrimaryNonce, ByteView(primary.nonce));
  return out;
}

Result<PairingRequest> open_pairing_request(const KeyPair& primary, const PasskeyPrologue& prologue,
                                            ByteView sealed) {
  Bytes cipher;
  Bytes iv;
  const bool whole = read(sealed, [&](const WireField& field) {
    const ByteView octets = field.octets.value_or(ByteView());
    if (field.number == kSealedOctets) {
      cipher = to_bytes(octets);
    } else if (field.number == kIv) {
      iv = to_bytes(octets);
    }
  });
  if (!whole || iv.size() != kGcmIvBytes) {
    return malformed("the pairing request cannot be read");
  }
  WAX_MD_TRY(const Secret<32> key,
             request_key(primary.secret, prologue.key, prologue.device_type, prologue.ref));
  WAX_MD_TRY(Bytes opened, aes_gcm_open(key, iv, {}, cipher));
  const SecretBytes plain(std::move(opened));
  PairingRequest request;
  int good = 0;
  const bool readable = read(plain, [&](const WireField& field) {
    good += field.number == kNoiseKey && copy_to(request.noise_key, field) ? 1 : 0;
    good += field.number == kIdentityKey && copy_to(request.identity, field) ? 1 : 0;
    if (field.number == kSecret) {
      const auto secret = AdvSecret::from(field.octets.value_or(ByteView()));
      request.secret = secret.value_or(AdvSecret());
      good += secret ? 1 : 0;
    }
  });
  if (!readable || good != 3) {
    return malformed("the pairing request lacks a key");
  }
  return request;
}

}  // namespace waxwing::multidevice
