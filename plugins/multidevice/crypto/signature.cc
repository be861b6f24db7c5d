// SPDX-License-Identifier: Apache-2.0
// XEdDSA from libsodium's Edwards arithmetic.
#include "multidevice/crypto/signature.hpp"

#include <sodium.h>

#include <cstdlib>

#include "multidevice/crypto/field25519.hpp"
#include "multidevice/crypto/hash.hpp"
#include "multidevice/crypto/random.hpp"
#include "multidevice/crypto/sodium.hpp"

namespace waxwing::multidevice {
namespace {

using Scalar = Secret<crypto_core_ed25519_SCALARBYTES>;
using Point = std::array<std::uint8_t, crypto_core_ed25519_BYTES>;

Scalar reduced(const Secret<64>& wide) noexcept {
  Scalar out;
  crypto_core_ed25519_scalar_reduce(out.writable().data(), wide.view().data());
  return out;
}

Scalar reduced(ByteView octets) noexcept {
  Secret<64> wide;
  std::copy(octets.begin(), octets.end(), wide.writable().begin());
  return reduced(wide);
}

Point times_base(const Scalar& scalar) noexcept {
  Point out;
  if (crypto_scalarmult_ed25519_base_noclamp(out.data(), scalar.view().data()) != 0) {
    std::abort();  // only for the scalar zero, which no key and no hash is
  }
  return out;
}

// The key of which the Edwards point has sign 0, and that point. No branch on the secret.
Scalar positive(const PrivateKey& key, Point& point) noexcept {
  const Scalar plain = reduced(key.view());
  Scalar negated;
  crypto_core_ed25519_scalar_negate(negated.writable().data(), plain.view().data());
  point = times_base(plain);
  const auto mask = static_cast<std::uint8_t>(-(point[31] >> 7U));
  point[31] &= 0x7f;
  Scalar out;
  for (std::size_t i = 0; i < Scalar::kSize; ++i) {
    const std::uint8_t difference =
        static_cast<std::uint8_t>(plain.view()[i] ^ negated.view()[i]) & mask;
    out.writable()[i] = static_cast<std::uint8_t>(plain.view()[i] ^ difference);
  }
  return out;
}

}  // namespace

Signature sign(const PrivateKey& key, std::initializer_list<ByteView> parts) {
  need_sodium();
  const Bytes message = concat(parts);
  Point point;
  const Scalar a = positive(key, point);

  // hash_1 of the specification: 2^256 - 1 - 1 little-endian, then the key, message and randomness.
  std::array<std::uint8_t, 32> domain;
  domain.fill(0xff);
  domain[0] = 0xfe;
  const Secret<64> random = random_secret<64>();
  const Scalar r = reduced(Secret<64>(sha512({domain, a, message, random})));
  const Point commitment = times_base(r);
  const Scalar challenge = reduced(Secret<64>(sha512({commitment, point, message})));

  Scalar s;
  crypto_core_ed25519_scalar_mul(s.writable().data(), challenge.view().data(), a.view().data());
  crypto_core_ed25519_scalar_add(s.writable().data(), s.view().data(), r.view().data());
  Signature out;
  std::copy(commitment.begin(), commitment.end(), out.begin());
  std::copy(s.view().begin(), s.view().end(), out.begin() + 32);
  return out;
}

bool verify(const PublicKey& key, std::initializer_list<ByteView> parts, ByteView signature) {
  need_sodium();
  if (signature.size() != kSignatureBytes) {
    return false;
  }
  // y = (u - 1) / (u + 1); the one u without a y is no key of anybody.
  const Field25519 u = Field25519::from_octets(key);
  const Field25519 denominator = u + Field25519::one();
  if (denominator.is_zero()) {
    return false;
  }
  Point point = ((u - Field25519::one()) * denominator.inverse()).to_octets();
  point[31] = static_cast<std::uint8_t>(point[31] | (signature[63] & 0x80U));
  Signature plain;
  std::copy(signature.begin(), signature.end(), plain.begin());
  plain[63] &= 0x7f;
  const Bytes message = concat(parts);
  return crypto_sign_ed25519_verify_detached(plain.data(), message.data(), message.size(),
                                             point.data()) == 0;
}

}  // namespace waxwing::multidevice
