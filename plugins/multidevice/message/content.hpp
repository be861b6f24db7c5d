// SPDX-License-Identifier: Apache-2.0
// As much of a waE2E.Message as its transport needs to know, without a protobuf runtime.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "multidevice/base/bytes.hpp"
#include "multidevice/base/secret.hpp"
#include "multidevice/message/types.hpp"

namespace waxwing::multidevice {

// Content and 1 to 15 octets that each say how many they are.
[[nodiscard]] Bytes pad(ByteView message);
// Nothing when the last octet cannot be such a number.
[[nodiscard]] std::optional<ByteView> unpad(ByteView padded);

// What stands at the top of a Message. Borrows from it.
struct Envelope {
  std::optional<ByteView> distribution;  // axolotlSenderKeyDistributionMessage
  std::string_view distribution_group;
  std::optional<ByteView> device_sent;   // deviceSentMessage.message
  std::string_view destination;          // deviceSentMessage.destinationJID
  std::optional<ByteView> context_info;  // messageContextInfo
  bool has_content = false;              // anything else, which people may see
  std::optional<std::uint32_t> protocol_type;
  // Of the chat: set by this message, or as its author knows it.
  std::optional<ChatTimer> timer;

  // Nothing when it is no Message.
  [[nodiscard]] static std::optional<Envelope> read(ByteView message);
};

// ProtocolMessage.Type that only our own devices may send.
[[nodiscard]] bool is_of_own_devices(std::uint32_t protocol_type) noexcept;
inline constexpr std::uint32_t kHistorySyncNotification = 5;

// Message{deviceSentMessage{destination, message}, messageContextInfo of the message}.
[[nodiscard]] Bytes device_sent(std::string_view destination, ByteView message);
// Message{senderKeyDistributionMessage{group, distribution}}, to stand alone or behind a message.
[[nodiscard]] Bytes with_distribution(ByteView message, std::string_view group,
                                      ByteView distribution);

}  // namespace waxwing::multidevice
