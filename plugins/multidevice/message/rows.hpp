// SPDX-License-Identifier: Apache-2.0
// Rows about messages that we sent.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "multidevice/base/bytes.hpp"
#include "multidevice/binary/jid.hpp"
#include "multidevice/message/types.hpp"

namespace waxwing::multidevice {

// What a device that could not read a message is sent again. Kept for kSentMs.
struct SentRow {
  Jid chat;
  std::string type;
  std::string mediatype;
  std::string edit;
  std::uint64_t time_s = 0;
  Bytes message;           // serialised waE2E.Message
  bool hide_fail = false;  // as OutgoingMessage has it

  [[nodiscard]] Bytes encode() const;
  [[nodiscard]] static std::optional<SentRow> decode(ByteView octets);
};
inline constexpr std::int64_t kSentMs = std::int64_t{7} * 86'400'000;

// Of a person: the token by which they let us write to them, and when we gave them one of ours.
struct TokenRow {
  Bytes token;
  std::uint64_t made_s = 0;   // theirs; 0: there is none
  std::uint64_t given_s = 0;  // ours

  [[nodiscard]] Bytes encode() const;
  [[nodiscard]] static TokenRow decode(ByteView octets);
};

[[nodiscard]] Bytes encode_timer(const ChatTimer& timer);
[[nodiscard]] ChatTimer decode_timer(ByteView octets);

// Addresses of the devices that have our sender key of a group.
[[nodiscard]] Bytes encode_key_holders(const std::set<std::string>& addresses);
[[nodiscard]] std::set<std::string> decode_key_holders(ByteView octets);

// What has to leave, and has until the server answers.
struct OutboxRow {
  std::uint64_t time_s = 0;
  Jid chat;
  std::string type;
  std::string edit;
  std::string note;
  Bytes frame;           // the encoded stanza: whoever got it already knows it when it comes again
  bool renewed = false;  // encrypted anew once, because the server found the first stanza stale

  [[nodiscard]] Bytes encode() const;
  [[nodiscard]] static std::optional<OutboxRow> decode(ByteView octets);
};
// A message that nobody took for so long is not sent any more.
inline constexpr std::uint64_t kOutboxSeconds = 86'400;

}  // namespace waxwing::multidevice
