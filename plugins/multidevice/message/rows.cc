// SPDX-License-Identifier: Apache-2.0
// Rows of sent messages in protobuf's wire format, so that fields may be added.
#include "multidevice/message/rows.hpp"

#include "multidevice/base/wire.hpp"

namespace waxwing::multidevice {
namespace {

void append_text(Bytes& to, std::uint32_t number, std::string_view text) {
  if (!text.empty()) {
    append_field(to, number, as_bytes(text));
  }
}

}  // namespace

Bytes SentRow::encode() const {
  Bytes out;
  out.reserve(message.size() + 96);
  append_text(out, 1, chat.to_string());
  append_text(out, 2, type);
  append_text(out, 3, mediatype);
  append_text(out, 4, edit);
  append_field(out, 5, time_s);
  append_field(out, 6, message);
  if (hide_fail) {
    append_field(out, 7, std::uint64_t{1});
  }
  return out;
}

std::optional<SentRow> SentRow::decode(ByteView octets) {
  SentRow row;
  WireReader reader(octets);
  while (const auto field = reader.next()) {
    const ByteView value = field->octets.value_or(ByteView());
    switch (field->number) {
      case 1:
        row.chat = Jid::parse(as_text(value)).value_or(Jid());
        break;
      case 2:
        row.type = as_text(value);
        break;
      case 3:
        row.mediatype = as_text(value);
        break;
      case 4:
        row.edit = as_text(value);
        break;
      case 5:
        row.time_s = field->value;
        break;
      case 6:
        row.message = to_bytes(value);
        break;
      case 7:
        row.hide_fail = field->value != 0;
        break;
      default:
        break;
    }
  }
  return reader.broken() || row.chat.empty() ? std::nullopt : std::optional(std::move(row));
}

Bytes TokenRow::encode() const {
  Bytes out;
  append_field(out, 1, token);
  append_field(out, 2, made_s);
  append_field(out, 3, given_s);
  return out;
}

TokenRow TokenRow::decode(ByteView octets) {
  TokenRow row;
  WireReader reader(octets);
  while (const auto field = reader.next()) {
    if (field->number == 1 && field->octets) {
      row.token = to_bytes(*field->octets);
    } else if (field->number == 2) {
      row.made_s = field->value;
    } else if (field->number == 3) {
      row.given_s = field->value;
    }
  }
  return reader.broken() ? TokenRow() : row;
}

Bytes encode_timer(const ChatTimer& timer) {
  Bytes out;
  append_field(out, 1, timer.seconds);
  append_field(out, 2, timer.set_s);
  return out;
}

ChatTimer decode_timer(ByteView octets) {
  ChatTimer timer;
  WireReader reader(octets);
  while (const auto field = reader.next()) {
    if (field->number == 1) {
      timer.seconds = static_cast<std::uint32_t>(field->value);
    } else if (field->number == 2) {
      timer.set_s = field->value;
    }
  }
  return reader.broken() ? ChatTimer() : timer;
}

// Each with its length in front.
Bytes encode_key_holders(const std::set<std::string>& addresses) {
  Bytes out;
  out.reserve(addresses.size() * 24);
  for (const std::string& address : addresses) {
    out.push_back(static_cast<std::uint8_t>(address.size()));
    append(out, as_bytes(address));
  }
  return out;
}

std::set<std::string> decode_key_holders(ByteView octets) {
  std::set<std::string> out;
  Reader from(octets);
  while (const auto size = from.take_octet()) {
    const auto name = from.take(*size);
    if (!name) {
      break;
    }
    out.insert(to_string(*name));
  }
  return out;
}

Bytes OutboxRow::encode() const {
  Bytes out;
  out.reserve(frame.size() + note.size() + 96);
  append_field(out, 1, time_s);
  append_text(out, 2, chat.to_string());
  append_text(out, 3, type);
  append_text(out, 4, edit);
  append_text(out, 5, note);
  append_field(out, 6, frame);
  if (renewed) {
    append_field(out, 7, std::uint64_t{1});
  }
  return out;
}

std::optional<OutboxRow> OutboxRow::decode(ByteView octets) {
  OutboxRow row;
  WireReader reader(octets);
  while (const auto field = reader.next()) {
    const ByteView value = field->octets.value_or(ByteView());
    switch (field->number) {
      case 1:
        row.time_s = field->value;
        break;
      case 2:
        row.chat = Jid::parse(as_text(value)).value_or(Jid());
        break;
      case 3:
        row.type = as_text(value);
        break;
      case 4:
        row.edit = as_text(value);
        break;
      case 5:
        row.note = as_text(value);
        break;
      case 6:
        row.frame = to_bytes(value);
        break;
      case 7:
        row.renewed = field->value != 0;
        break;
      default:
        break;
    }
  }
  return reader.broken() || row.chat.empty() || row.frame.empty() ? std::nullopt
                                                                  : std::optional(std::move(row));
}

}  // namespace waxwing::multidevice
