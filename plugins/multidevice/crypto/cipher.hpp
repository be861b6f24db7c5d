// SPDX-License-Identifier: Apache-2.0
// AES-256 in the three modes that the protocol uses.
#pragma once

#include <cstddef>

#include "multidevice/base/bytes.hpp"
#include "multidevice/base/result.hpp"
#include "multidevice/base/secret.hpp"

namespace waxwing::multidevice {

inline constexpr std::size_t kGcmTagBytes = 16;
inline constexpr std::size_t kGcmIvBytes = 12;
inline constexpr std::size_t kAesBlockBytes = 16;

// All of these are [any-thread] and want a key of 32 octets, an IV of the mode's size and less than
// 2^31 octets of data; anything else is a mistake of the caller and answers Fault::Argument.

// Ciphertext, then the 16 octets of the tag.
[[nodiscard]] Result<Bytes> aes_gcm_seal(ByteView key, ByteView iv, ByteView associated,
                                         ByteView plain);
// Fault::Untrusted when the tag does not hold; nothing of the plaintext is given out then.
[[nodiscard]] Result<Bytes> aes_gcm_open(ByteView key, ByteView iv, ByteView associated,
                                         ByteView sealed);
// PKCS#7 padding.
[[nodiscard]] Result<Bytes> aes_cbc_encrypt(ByteView key, ByteView iv, ByteView plain);
// Fault::Malformed when there is no such padding. Check a MAC first.
[[nodiscard]] Result<Bytes> aes_cbc_decrypt(ByteView key, ByteView iv, ByteView sealed);
// The IV is the first counter block, counted up in all 128 bits. Its own inverse.
[[nodiscard]] Result<Bytes> aes_ctr(ByteView key, ByteView iv, ByteView data);

}  // namespace waxwing::multidevice
