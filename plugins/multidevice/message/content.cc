// SPDX-License-Identifier: Apache-2.0
// Reading and wrapping of messages by their field numbers (WAWebProtobufsE2E).
#include "multidevice/message/content.hpp"

#include <algorithm>

#include "multidevice/base/wire.hpp"
#include "multidevice/crypto/random.hpp"

namespace waxwing::multidevice {
namespace {

enum Field : std::uint32_t {
  kDistribution = 2,
  kProtocol = 12,
  kFastRatchetDistribution = 15,
  kDeviceSent = 31,
  kContextInfo = 35,
  kEphemeral = 40,
};
constexpr std::uint32_t kMostPadding = 15;
constexpr std::uint32_t kEphemeralSetting = 3;  // ProtocolMessage.Type

// Whether the field of a Message is a content whose field 17 is a ContextInfo: pictures, contacts,
// places, texts, documents, audio, video, stickers.
bool has_context(std::uint32_t number) {
  constexpr std::uint32_t kContents[] = {3, 4, 5, 6, 7, 8, 9, 13, 18, 26};
  return std::find(std::begin(kContents), std::end(kContents), number) != std::end(kContents);
}

// ContextInfo: expiration, ephemeralSettingTimestamp.
std::optional<ChatTimer> timer_in(ByteView content) {
  ChatTimer timer;
  WireReader reader(content);
  while (const auto field = reader.next()) {
    if (field->number != 17 || !field->octets) {
      continue;
    }
    WireReader context(*field->octets);
    while (const auto part = context.next()) {
      if (part->number == 25) {
        timer.seconds = static_cast<std::uint32_t>(part->value);
      } else if (part->number == 26) {
        timer.set_s = part->value;
      }
    }
  }
  return timer.seconds == 0 ? std::nullopt : std::optional(timer);
}

}  // namespace

Bytes pad(ByteView message) {
  const auto count = static_cast<std::uint8_t>(1 + random_below(kMostPadding));
  Bytes out;
  out.reserve(message.size() + count);
  append(out, message);
  out.insert(out.end(), count, count);
  return out;
}

std::optional<ByteView> unpad(ByteView padded) {
  if (padded.empty() || padded.back() == 0 || padded.back() > padded.size()) {
    return std::nullopt;
  }
  return padded.first(padded.size() - padded.back());
}

std::optional<Envelope> Envelope::read(ByteView message) {
  Envelope out;
  WireReader reader(message);
  while (const auto field = reader.next()) {
    const ByteView value = field->octets.value_or(ByteView());
    WireReader inner(value);
    switch (field->number) {
      case kDistribution:
        while (const auto part = inner.next()) {
          if (part->number == 1 && part->octets) {
            out.distribution_group = as_text(*part->octets);
          } else if (part->number == 2 && part->octets) {
            out.distribution = part->octets;
          }
        }
        break;
      case kDeviceSent:
        while (const auto part = inner.next()) {
          if (part->number == 1 && part->octets) {
            out.destination = as_text(*part->octets);
          } else if (part->number == 2 && part->octets) {
            out.device_sent = part->octets;
          }
        }
        break;
      case kContextInfo:
        out.context_info = field->octets;
        break;
      case kProtocol: {
        ChatTimer timer;
        out.protocol_type = 0;
        while (const auto part = inner.next()) {
          if (part->number == 2 && !part->octets) {
            out.protocol_type = static_cast<std::uint32_t>(part->value);
          } else if (part->number == 4) {
            timer.seconds = static_cast<std::uint32_t>(part->value);
          } else if (part->number == 5) {
            timer.set_s = part->value;
          }
        }
        if (out.protocol_type == kEphemeralSetting) {
          out.timer = timer;
        }
        out.has_content = true;
        break;
      }
      case kEphemeral:
        while (const auto part = inner.next()) {
          if (const auto wrapped = part->number == 1 && part->octets ? Envelope::read(*part->octets)
                                                                     : std::nullopt) {
            out.timer = wrapped->timer;
          }
        }
        out.has_content = true;
        break;
      case kFastRatchetDistribution:
        break;
      default:
        out.has_content = true;
        if (has_context(field->number)) {
          out.timer = timer_in(value);
        }
    }
    if (inner.broken() && (field->number == kDistribution || field->number == kDeviceSent ||
                           field->number == kProtocol)) {
      return std::nullopt;
    }
  }
  return reader.broken() ? std::nullopt : std::optional(out);
}

bool is_of_own_devices(std::uint32_t protocol_type) noexcept {
  // History, key share and request, their failure, security settings, peer data and LID mappings.
  constexpr std::uint32_t kTypes[] = {5, 6, 7, 9, 10, 16, 17, 22};
  return std::find(std::begin(kTypes), std::end(kTypes), protocol_type) != std::end(kTypes);
}

Bytes device_sent(std::string_view destination, ByteView message) {
  Bytes inner;
  inner.reserve(message.size() + destination.size() + 16);
  append_field(inner, 1, as_bytes(destination));
  append_field(inner, 2, message);
  Bytes out;
  out.reserve(inner.size() + 64);
  append_field(out, kDeviceSent, inner);
  if (const auto envelope = Envelope::read(message); envelope && envelope->context_info) {
    append_field(out, kContextInfo, *envelope->context_info);
  }
  return out;
}

Bytes with_distribution(ByteView message, std::string_view group, ByteView distribution) {
  Bytes inner;
  append_field(inner, 1, as_bytes(group));
  append_field(inner, 2, distribution);
  Bytes out;
  out.reserve(message.size() + inner.size() + 8);
  append(out, message);
  append_field(out, kDistribution, inner);
  return out;
}

}  // namespace waxwing::multidevice
