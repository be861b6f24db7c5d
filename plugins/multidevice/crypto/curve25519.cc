// SPDX-License-Identifier: Apache-2.0
// X25519 by libsodium; many public keys at once by way of the Edwards form.
#include "multidevice/crypto/curve25519.hpp"

#include <sodium.h>

#include <cstdlib>

#include "multidevice/crypto/field25519.hpp"
#include "multidevice/crypto/random.hpp"
#include "multidevice/crypto/sodium.hpp"

namespace waxwing::multidevice {
namespace {

void clamp(MutableBytes secret) noexcept {
  secret[0] = static_cast<std::uint8_t>(secret[0] & 248U);
  secret[31] = static_cast<std::uint8_t>((secret[31] & 127U) | 64U);
}

PrivateKey random_private() noexcept {
  PrivateKey secret = random_secret<kKeyBytes>();
  clamp(secret.writable());
  return secret;
}

}  // namespace

KeyPair KeyPair::from_private(const PrivateKey& secret) {
  need_sodium();
  KeyPair pair{secret, {}};
  clamp(pair.secret.writable());
  if (crypto_scalarmult_curve25519_base(pair.open.data(), pair.secret.view().data()) != 0) {
    std::abort();  // cannot be: a clamped key is no multiple of the base's order
  }
  return pair;
}

KeyPair KeyPair::generate() {
  return from_private(random_private());
}

// The base times a secret is quick in Edwards form; u = (1 + y) / (1 - y) then costs a division, of
// which one serves all: the inverse of the product of all denominators, taken apart from behind.
std::vector<KeyPair> KeyPair::generate_many(std::size_t count) {
  need_sodium();
  std::vector<KeyPair> pairs(count);
  std::vector<Field25519> y(count);
  std::vector<Field25519> product(count);  // of the denominators up to and with this one
  Field25519 running = Field25519::one();
  for (std::size_t i = 0; i < count; ++i) {
    pairs[i].secret = random_private();
    PublicKey edwards;
    if (crypto_scalarmult_ed25519_base_noclamp(edwards.data(), pairs[i].secret.view().data()) !=
        0) {
      std::abort();
    }
    y[i] = Field25519::from_octets(edwards);
    running = running * (Field25519::one() - y[i]);
    product[i] = running;
  }
  Field25519 inverse = running.inverse();
  for (std::size_t i = count; i-- > 0;) {
    const Field25519 own = i == 0 ? inverse : inverse * product[i - 1];
    pairs[i].open = ((Field25519::one() + y[i]) * own).to_octets();
    inverse = inverse * (Field25519::one() - y[i]);
  }
  return pairs;
}

std::array<std::uint8_t, kKeyBytes + 1> with_key_type(const PublicKey& key) noexcept {
  std::array<std::uint8_t, kKeyBytes + 1> out;
  out[0] = kKeyType;
  std::copy(key.begin(), key.end(), out.begin() + 1);
  return out;
}

Result<SharedSecret> shared_secret(const PrivateKey& own, const PublicKey& theirs) {
  need_sodium();
  SharedSecret out;
  if (crypto_scalarmult_curve25519(out.writable().data(), own.view().data(), theirs.data()) != 0) {
    return untrusted("a public key of small order");
  }
  return out;
}

}  // namespace waxwing::multidevice
