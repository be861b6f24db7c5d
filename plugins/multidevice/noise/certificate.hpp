// SPDX-License-Identifier: Apache-2.0
// The chain by which a server proves that its Noise key is WhatsApp's: root, intermediate, leaf.
#pragma once

#include <cstdint>

#include "multidevice/base/bytes.hpp"
#include "multidevice/base/result.hpp"
#include "multidevice/crypto/curve25519.hpp"

namespace waxwing::multidevice {

// The public key that WhatsApp's chains end at; published clients carry it.
inline constexpr PublicKey kWhatsAppRootKey = {
    0x14, 0x23, 0x75, 0x57, 0x4d, 0x0a, 0x58, 0x71, 0x66, 0xaa, 0xe7, 0x1e, 0xbe, 0x51, 0x64, 0x37,
    0xc4, 0xa2, 0x8b, 0x73, 0xe3, 0x69, 0x5c, 0x6c, 0xe1, 0xf7, 0xf9, 0x54, 0x5d, 0xa8, 0xee, 0x6b};
inline constexpr std::uint32_t kRootSerial = 0;

// What is signed of one certificate. Times are unix seconds, both ends included.
struct Certificate {
  std::uint32_t serial = 0;
  std::uint32_t issuer_serial = 0;
  PublicKey key{};
  std::uint64_t not_before_s = 0;
  std::uint64_t not_after_s = 0;
};

struct VerifiedServer {
  PublicKey key{};                // the server's static key
  std::uint64_t not_after_s = 0;  // when the first certificate of the chain ends
};

// Holds when both signatures do, the serials follow each other, both certificates are valid now and
// the leaf is for `server_key`. Fault::Malformed or Fault::Untrusted otherwise, with the reason.
[[nodiscard]] Result<VerifiedServer> verify_chain(ByteView chain, const PublicKey& root,
                                                  const PublicKey& server_key, std::uint64_t now_s);

// For servers of our own. Nothing is checked, so that a test can make any chain it wants.
[[nodiscard]] Bytes make_chain(const PrivateKey& root, const Certificate& intermediate,
                               const PrivateKey& intermediate_key, const Certificate& leaf);

}  // namespace waxwing::multidevice
