// SPDX-License-Identifier: Apache-2.0
// The octets that say what comes next in an encoded node.
#pragma once

#include <cstddef>
#include <cstdint>

namespace waxwing::multidevice::wire {

inline constexpr std::uint8_t kListEmpty = 0;      // Also: no value.
inline constexpr std::uint8_t kDictionary0 = 236;  // To 239: a double-byte token's index follows.
inline constexpr std::uint8_t kInteropJid = 245;
inline constexpr std::uint8_t kMessengerJid = 246;
inline constexpr std::uint8_t kDeviceJid = 247;
inline constexpr std::uint8_t kList8 = 248;
inline constexpr std::uint8_t kList16 = 249;
inline constexpr std::uint8_t kJidPair = 250;
inline constexpr std::uint8_t kHex8 = 251;
inline constexpr std::uint8_t kBinary8 = 252;
inline constexpr std::uint8_t kBinary20 = 253;
inline constexpr std::uint8_t kBinary32 = 254;
inline constexpr std::uint8_t kNibble8 = 255;

inline constexpr std::size_t kPackedMax = 127;  // Characters in a packed text.

// Of the flag octet in front of a node.
inline constexpr std::uint8_t kFlagCompressed = 2;

// The domain octet of a device address; bit 7 says "hosted".
inline constexpr std::uint8_t kDomainUser = 0;
inline constexpr std::uint8_t kDomainLid = 1;
inline constexpr std::uint8_t kDomainHosted = 128;
inline constexpr std::uint8_t kDomainHostedLid = 129;

}  // namespace waxwing::multidevice::wire
