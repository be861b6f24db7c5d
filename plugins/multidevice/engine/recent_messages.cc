// SPDX-License-Identifier: Apache-2.0
// The last messages, packed in protobuf's wire format: a third of what they take as objects.
#include "multidevice/engine/recent_messages.hpp"

#include <algorithm>
#include <utility>

#include "multidevice/base/wire.hpp"

namespace waxwing::multidevice {
namespace {

enum Field : std::uint32_t {
  kId = 1,  // comes first
  kChat,
  kPeerNumber,
  kPeerLid,
  kSenderNumber,
  kSenderLid,
  kSenderDevice,
  kFlags,
  kTimestamp,
  kPushName,
  kType,
  kCategory,
  kEdit,
  kVerifiedName,
  kMessage,
};
constexpr std::uint64_t kFromMe = 1;
constexpr std::uint64_t kGroup = 2;
constexpr std::uint64_t kOffline = 4;
constexpr std::uint64_t kPeerIsSender = 8;

void append_text(Bytes& to, Field field, std::string_view text) {
  if (!text.empty()) {
    append_field(to, field, as_bytes(text));
  }
}

void append_jid(Bytes& to, Field field, const Jid& jid) {
  if (!jid.empty()) {
    append_text(to, field, jid.to_string());
  }
}

Bytes pack(const MessageInfo& info, ByteView message) {
  const bool peer_is_sender = info.peer == info.sender;
  Bytes out;
  out.reserve(message.size() + 256);
  append_text(out, kId, info.id);
  append_jid(out, kChat, info.chat);
  if (!peer_is_sender) {
    append_jid(out, kPeerNumber, info.peer.pn);
    append_jid(out, kPeerLid, info.peer.lid);
  }
  append_jid(out, kSenderNumber, info.sender.pn);
  append_jid(out, kSenderLid, info.sender.lid);
  append_field(out, kSenderDevice, std::uint64_t{info.sender_device});
  append_field(out, kFlags,
               (info.from_me ? kFromMe : 0) | (info.group ? kGroup : 0) |
                   (info.offline ? kOffline : 0) | (peer_is_sender ? kPeerIsSender : 0));
  append_field(out, kTimestamp, info.timestamp_s);
  append_text(out, kPushName, info.push_name);
  append_text(out, kType, info.type);
  append_text(out, kCategory, info.category);
  append_text(out, kEdit, info.edit);
  append_text(out, kVerifiedName, info.verified_name);
  append_field(out, kMessage, message);
  out.shrink_to_fit();
  return out;
}

RecentMessages::Item unpack(ByteView octets) {
  RecentMessages::Item item;
  MessageInfo& info = item.info;
  std::uint64_t flags = 0;
  WireReader reader(octets);
  while (const auto field = reader.next()) {
    const ByteView value = field->octets.value_or(ByteView());
    const auto text = [&] { return std::string(as_text(value)); };
    const auto jid = [&] { return Jid::parse(as_text(value)).value_or(Jid()); };
    switch (field->number) {
      case kId:
        info.id = text();
        break;
      case kChat:
        info.chat = jid();
        break;
      case kPeerNumber:
        info.peer.pn = jid();
        break;
      case kPeerLid:
        info.peer.lid = jid();
        break;
      case kSenderNumber:
        info.sender.pn = jid();
        break;
      case kSenderLid:
        info.sender.lid = jid();
        break;
      case kSenderDevice:
        info.sender_device = static_cast<std::uint16_t>(field->value);
        break;
      case kFlags:
        flags = field->value;
        break;
      case kTimestamp:
        info.timestamp_s = field->value;
        break;
      case kPushName:
        info.push_name = text();
        break;
      case kType:
        info.type = text();
        break;
      case kCategory:
        info.category = text();
        break;
      case kEdit:
        info.edit = text();
        break;
      case kVerifiedName:
        info.verified_name = text();
        break;
      case kMessage:
        item.message = to_bytes(value);
        break;
      default:
        break;
    }
  }
  info.from_me = (flags & kFromMe) != 0;
  info.group = (flags & kGroup) != 0;
  info.offline = (flags & kOffline) != 0;
  if ((flags & kPeerIsSender) != 0) {
    info.peer = info.sender;
  }
  return item;
}

bool has_id(ByteView packed, std::string_view id) {
  const auto first = WireReader(packed).next();
  return first && first->octets && as_text(*first->octets) == id;
}

}  // namespace

void RecentMessages::add(const MessageInfo& info, ByteView message) {
  items_.push_back({pack(info, message)});
  bytes_ += items_.back().octets.size();
  while (items_.size() > kMaxItems || (bytes_ > kMaxBytes && items_.size() > 1)) {
    bytes_ -= items_.front().octets.size();
    items_.pop_front();
  }
}

RecentMessages::Packed* RecentMessages::look_up(std::string_view id) {
  const auto it = std::find_if(items_.rbegin(), items_.rend(),
                               [&](const Packed& item) { return has_id(item.octets, id); });
  return it == items_.rend() ? nullptr : &*it;
}

std::optional<RecentMessages::Item> RecentMessages::find(std::string_view id) {
  const Packed* packed = look_up(id);
  if (packed == nullptr) {
    return std::nullopt;
  }
  Item item = unpack(packed->octets);
  item.state = packed->state;
  return item;
}

void RecentMessages::set_state(std::string_view id, SendResult::State state) {
  if (Packed* item = look_up(id)) {
    item->state = state;
  }
}

std::optional<RecentMessages::Item> RecentMessages::mark_read(std::string_view id) {
  if (Packed* item = look_up(id)) {
    item->read = true;
    return unpack(item->octets);
  }
  return std::nullopt;
}

std::vector<MessageInfo> RecentMessages::take_unread(const Jid& chat) {
  std::vector<MessageInfo> unread;
  for (Packed& item : items_) {
    if (item.read) {
      continue;
    }
    MessageInfo info = unpack(item.octets).info;
    if (!info.from_me && (info.chat == chat || info.peer.is(chat))) {
      item.read = true;
      unread.push_back(std::move(info));
    }
  }
  return unread;
}

}  // namespace waxwing::multidevice
