// SPDX-License-Identifier: Apache-2.0
// XEdDSA: signatures with the keys of Curve25519 (signal.org/docs/specifications/xeddsa).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "multidevice/base/bytes.hpp"
#include "multidevice/crypto/curve25519.hpp"

namespace waxwing::multidevice {

inline constexpr std::size_t kSignatureBytes = 64;
using Signature = std::array<std::uint8_t, kSignatureBytes>;

// [any-thread] The parts are signed as if they stood in a row. Every signature is another one.
[[nodiscard]] Signature sign(const PrivateKey& key, std::initializer_list<ByteView> parts);

// [any-thread] Accepts what sign() makes and the elder form, where the highest bit of the signature
// carries the sign of the Edwards key. False for any size but 64.
[[nodiscard]] bool verify(const PublicKey& key, std::initializer_list<ByteView> parts,
                          ByteView signature);

}  // namespace waxwing::multidevice
