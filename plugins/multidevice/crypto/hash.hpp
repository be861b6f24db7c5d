// SPDX-License-Identifier: Apache-2.0
// Hashes, message authentication and key derivation.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "multidevice/base/bytes.hpp"
#include "multidevice/base/secret.hpp"

namespace waxwing::multidevice {

using Md5 = std::array<std::uint8_t, 16>;
using Sha1 = std::array<std::uint8_t, 20>;
using Sha256 = std::array<std::uint8_t, 32>;
using Sha512 = std::array<std::uint8_t, 64>;

// All of these are [any-thread]. Parts are hashed as if they stood in a row.

[[nodiscard]] Sha256 sha256(std::initializer_list<ByteView> parts);
[[nodiscard]] inline Sha256 sha256(ByteView octets) {
  return sha256({octets});
}
[[nodiscard]] Sha512 sha512(std::initializer_list<ByteView> parts);
[[nodiscard]] Sha1 sha1(std::initializer_list<ByteView> parts);
// For what the protocol names by MD5, never for security.
[[nodiscard]] Md5 md5(ByteView octets);

[[nodiscard]] Sha256 hmac_sha256(ByteView key, std::initializer_list<ByteView> parts);
[[nodiscard]] Sha512 hmac_sha512(ByteView key, std::initializer_list<ByteView> parts);

// RFC 5869 with SHA-256. An empty salt means 32 zero octets, as there. out: at most 8160 octets.
void hkdf_sha256(ByteView key_material, ByteView salt, std::string_view info, MutableBytes out);
template <std::size_t N>
[[nodiscard]] Secret<N> hkdf_sha256(ByteView key_material, ByteView salt, std::string_view info) {
  Secret<N> out;
  hkdf_sha256(key_material, salt, info, out.writable());
  return out;
}

// RFC 8018 with HMAC-SHA-256. 100,000 iterations take tens of milliseconds: not on a loop.
[[nodiscard]] Secret<32> pbkdf2_sha256(std::string_view password, ByteView salt,
                                       std::uint32_t iterations);

}  // namespace waxwing::multidevice
