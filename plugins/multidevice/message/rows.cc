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
      default:
        break;
    }
  }
  return reader.broken() || row.chat.empty() ? std::nullopt : std::optional(std::move(row));
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
      default:
        break;
    }
  }
  return reader.broken() || row.chat.empty() || row.frame.empty() ? std::nullopt
                                                                  : std::optional(std::move(row));
}

}  // namespace waxwing::multidevice
