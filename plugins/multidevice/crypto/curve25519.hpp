// SPDX-License-Identifier: Apache-2.0
// Key pairs on Curve25519 and the secret two of them share (RFC 7748).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "multidevice/base/bytes.hpp"
#include "multidevice/base/result.hpp"
#include "multidevice/base/secret.hpp"

namespace waxwing::multidevice {

inline constexpr std::size_t kKeyBytes = 32;
// Stands before a public key wherever Signal's formats say "serialized".
inline constexpr std::uint8_t kKeyType = 0x05;

using PublicKey = std::array<std::uint8_t, kKeyBytes>;
using PrivateKey = Secret<kKeyBytes>;
using SharedSecret = Secret<32>;

// The private half is clamped as X25519 wants it.
struct KeyPair {
  PrivateKey secret;
  PublicKey open{};

  // [any-thread]
  [[nodiscard]] static KeyPair generate();
  [[nodiscard]] static KeyPair from_private(const PrivateKey& secret);
  // For a device's hundreds of prekeys: half the time of as many generate().
  [[nodiscard]] static std::vector<KeyPair> generate_many(std::size_t count);
};

// The 33 octets 05 || key.
[[nodiscard]] std::array<std::uint8_t, kKeyBytes + 1> with_key_type(const PublicKey& key) noexcept;

// Fault::Untrusted for a public key with which every secret would be the same.
[[nodiscard]] Result<SharedSecret> shared_secret(const PrivateKey& own, const PublicKey& theirs);

}  // namespace waxwing::multidevice
