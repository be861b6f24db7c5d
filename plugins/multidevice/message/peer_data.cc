// SPDX-License-Identifier: Apache-2.0
// Requests for copies of messages, and answers, by their field numbers.
#include "multidevice/message/peer_data.hpp"

#include <functional>

#include "multidevice/base/wire.hpp"

namespace waxwing::multidevice {
namespace {

constexpr std::uint32_t kProtocolMessage = 12;  // of Message
constexpr std::uint32_t kType = 2;              // of ProtocolMessage
constexpr std::uint32_t kRequest = 16;
constexpr std::uint32_t kAnswer = 17;
constexpr std::uint64_t kPlaceholderResend = 4;  // PeerDataOperationRequestType

void each_field(ByteView octets, const std::function<void(const WireField&)>& take) {
  WireReader reader(octets);
  while (const auto field = reader.next()) {
    take(*field);
  }
}

// The parts with that number of a placeholder resend's request or answer.
void each_part(ByteView message, std::uint32_t which, std::uint32_t number,
               const std::function<void(ByteView)>& take) {
  each_field(message, [&](const WireField& outer) {
    if (outer.number != kProtocolMessage || !outer.octets) {
      return;
    }
    each_field(*outer.octets, [&](const WireField& body) {
      if (body.number != which || !body.octets) {
        return;
      }
      bool resend = false;
      each_field(*body.octets, [&](const WireField& field) {
        resend = resend || (field.number == 1 && field.value == kPlaceholderResend);
      });
      each_field(*body.octets, [&](const WireField& field) {
        if (resend && field.number == number && field.octets) {
          take(*field.octets);
        }
      });
    });
  });
}

Bytes protocol_message(std::uint32_t type, std::uint32_t number, ByteView body) {
  Bytes inner;
  append_field(inner, kType, std::uint64_t{type});
  append_field(inner, number, body);
  Bytes out;
  append_field(out, kProtocolMessage, inner);
  return out;
}

Bytes encode_key(const MessageKey& key) {
  Bytes out;
  append_field(out, 1, as_bytes(key.chat));
  append_field(out, 2, std::uint64_t{key.from_me ? 1U : 0U});
  append_field(out, 3, as_bytes(key.id));
  if (!key.participant.empty()) {
    append_field(out, 4, as_bytes(key.participant));
  }
  return out;
}

MessageKey decode_key(ByteView octets) {
  MessageKey key;
  each_field(octets, [&](const WireField& field) {
    const std::string_view text = field.octets ? as_text(*field.octets) : std::string_view();
    if (field.number == 1) {
      key.chat = text;
    } else if (field.number == 2) {
      key.from_me = field.value != 0;
    } else if (field.number == 3) {
      key.id = text;
    } else if (field.number == 4) {
      key.participant = text;
    }
  });
  return key;
}

Bytes encode_info(const MessageCopy& copy) {
  Bytes out;
  append_field(out, 1, encode_key(copy.key));
  if (copy.message) {
    append_field(out, 2, *copy.message);
  }
  append_field(out, 3, copy.time_s);
  append_field(out, 19, as_bytes(copy.push_name));
  return out;
}

MessageCopy decode_info(ByteView octets) {
  MessageCopy copy;
  each_field(octets, [&](const WireField& field) {
    if (field.number == 1 && field.octets) {
      copy.key = decode_key(*field.octets);
    } else if (field.number == 2 && field.octets && !field.octets->empty()) {
      copy.message = field.octets;
    } else if (field.number == 3) {
      copy.time_s = field.value;
    } else if (field.number == 19 && field.octets) {
      copy.push_name = as_text(*field.octets);
    }
  });
  return copy;
}

}  // namespace

Bytes ask_for_copies(const std::vector<MessageKey>& keys) {
  Bytes body;
  append_field(body, 1, kPlaceholderResend);
  for (const MessageKey& key : keys) {
    Bytes one;
    append_field(one, 1, encode_key(key));
    append_field(body, 5, one);
  }
  return protocol_message(kPeerDataRequest, kRequest, body);
}

std::vector<MessageKey> asked_copies(ByteView message) {
  std::vector<MessageKey> keys;
  each_part(message, kRequest, 5, [&](ByteView one) {
    each_field(one, [&](const WireField& field) {
      if (field.number == 1 && field.octets) {
        keys.push_back(decode_key(*field.octets));
      }
    });
  });
  return keys;
}

Bytes give_copies(std::string_view request, const std::vector<MessageCopy>& copies) {
  Bytes body;
  append_field(body, 1, kPlaceholderResend);
  append_field(body, 2, as_bytes(request));
  for (const MessageCopy& copy : copies) {
    Bytes resent;
    append_field(resent, 1, encode_info(copy));
    Bytes result;
    append_field(result, 4, resent);
    append_field(body, 3, result);
  }
  return protocol_message(kPeerDataAnswer, kAnswer, body);
}

std::vector<MessageCopy> given_copies(ByteView message) {
  std::vector<MessageCopy> copies;
  each_part(message, kAnswer, 3, [&](ByteView result) {
    each_field(result, [&](const WireField& field) {
      if (field.number != 4 || !field.octets) {
        return;
      }
      each_field(*field.octets, [&](const WireField& info) {
        if (info.number == 1 && info.octets) {
          copies.push_back(decode_info(*info.octets));
        }
      });
    });
  });
  return copies;
}

}  // namespace waxwing::multidevice
