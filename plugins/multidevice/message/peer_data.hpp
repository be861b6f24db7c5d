// SPDX-License-Identifier: Apache-2.0
// What a device asks its account's phone for, and what the phone answers: copies of messages that
// the device could not read ("placeholder resend"). Numbers are those of WAWebProtobufsE2E and
// WAWebProtobufsWeb.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "multidevice/base/bytes.hpp"

namespace waxwing::multidevice {

// waCommon.MessageKey: a message as everybody names it.
struct MessageKey {
  std::string chat;  // a JID
  bool from_me = false;
  std::string id;
  std::string participant;  // in groups and broadcasts; a JID

  friend bool operator==(const MessageKey&, const MessageKey&) = default;
};

// Of a WebMessageInfo.
struct MessageCopy {
  MessageKey key;
  std::optional<ByteView> message;  // a waE2E.Message, borrowed; nothing: the phone has none either
  std::uint64_t time_s = 0;
  std::string push_name;
};

// ProtocolMessage.Type of both.
inline constexpr std::uint32_t kPeerDataRequest = 16;
inline constexpr std::uint32_t kPeerDataAnswer = 17;

// A waE2E.Message that asks for these, and what one asks for; nothing when it asks for other things
// or cannot be read.
[[nodiscard]] Bytes ask_for_copies(const std::vector<MessageKey>& keys);
[[nodiscard]] std::vector<MessageKey> asked_copies(ByteView message);

// A waE2E.Message with the copies, the answer to the request with that id, and what one has; its
// messages are borrowed from it.
[[nodiscard]] Bytes give_copies(std::string_view request, const std::vector<MessageCopy>& copies);
[[nodiscard]] std::vector<MessageCopy> given_copies(ByteView message);
std::vector<MessageCopy> given_copies(Bytes&&) = delete;

}  // namespace waxwing::multidevice
