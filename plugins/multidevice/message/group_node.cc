// SPDX-License-Identifier: Apache-2.0
// Groups as nodes of the server and as rows of the store.
#include "multidevice/base/wire.hpp"
#include "multidevice/message/parts.hpp"

namespace waxwing::multidevice {
namespace {

Person person_of(const std::optional<Jid>& jid, const std::optional<Jid>& alias) {
  Person who;
  for (const std::optional<Jid>& name : {jid, alias}) {
    if (name && name->is_lid()) {
      who.lid = name->without_device();
    } else if (name && name->is_person()) {
      who.pn = name->without_device();
    }
  }
  return who;
}

void append_person(Bytes& to, std::uint32_t number, const Person& who) {
  if (!who.pn.empty()) {
    append_field(to, number, as_bytes(who.pn.user));
  }
  if (!who.lid.empty()) {
    append_field(to, number + 1, as_bytes(who.lid.user));
  }
}

void read_person(Person& who, std::uint32_t part, ByteView user) {
  if (part == 0) {
    who.pn = Jid::of_user(as_text(user), server::kUser);
  } else {
    who.lid = Jid::of_user(as_text(user), server::kLid);
  }
}

// Bits of a stored group.
constexpr std::uint64_t kByLid = 1;
constexpr std::uint64_t kAnnounce = 2;
constexpr std::uint64_t kLocked = 4;
constexpr std::uint64_t kApproval = 8;
constexpr std::uint64_t kMembersAdd = 16;
constexpr std::uint64_t kCommunity = 32;

}  // namespace

Participant read_participant(const Node& node, bool by_lid) {
  Participant out;
  const std::optional<Jid> jid = node.jid("jid");
  out.person = person_of(jid, node.jid(by_lid || (jid && jid->is_lid()) ? "phone_number" : "lid"));
  const std::string_view type = node.text("type");
  if (type == "superadmin") {
    out.role = Participant::Role::SuperAdmin;
  } else if (type == "admin") {
    out.role = Participant::Role::Admin;
  }
  out.error = static_cast<int>(std::min<std::uint64_t>(node.number("error").value_or(0), 999));
  return out;
}

std::optional<GroupInfo> read_group(const Node& node) {
  GroupInfo info;
  const std::string_view id = node.text("id");
  if (const auto jid = node.jid("id"); jid && jid->is_group()) {
    info.jid = *jid;
  } else if (!id.empty()) {
    info.jid = Jid::of_user(id, server::kGroup);
  } else {
    return std::nullopt;
  }
  info.subject = node.text("subject");
  info.created_s = node.number("creation").value_or(0);
  info.subject_changed_s = node.number("s_t").value_or(0);
  info.owner = person_of(node.jid("creator"), node.jid("creator_pn"));
  info.subject_owner = person_of(node.jid("s_o"), node.jid("s_o_pn"));
  info.by_lid = node.text("addressing_mode") == "lid";
  for (const Node& child : node.children()) {
    const std::string_view tag = child.tag();
    if (tag == "participant") {
      info.participants.push_back(read_participant(child, info.by_lid));
    } else if (tag == "description") {
      info.description_id = child.text("id");
      if (const Node* body = child.child("body")) {
        info.description = body->octets_as_text();
      }
    } else if (tag == "announcement") {
      info.announce = true;
    } else if (tag == "locked") {
      info.locked = true;
    } else if (tag == "ephemeral") {
      info.ephemeral_s = static_cast<std::uint32_t>(child.number("expiration").value_or(0));
    } else if (tag == "member_add_mode") {
      info.members_add = child.octets_as_text() != "admin_add";
    } else if (tag == "membership_approval_mode") {
      const Node* join = child.child("group_join");
      info.approval = join != nullptr && join->text("state") == "on";
    } else if (tag == "linked_parent") {
      info.parent = child.jid("jid").value_or(Jid());
    } else if (tag == "parent") {
      info.community = true;
    }
  }
  return info;
}

Bytes encode_group(const GroupInfo& info) {
  Bytes out;
  out.reserve(200 + info.participants.size() * 40);
  append_field(out, 1, as_bytes(info.jid.to_string()));
  append_field(out, 2, as_bytes(info.subject));
  append_field(out, 3, as_bytes(info.description));
  append_field(out, 4, as_bytes(info.description_id));
  append_field(out, 5, info.created_s);
  append_field(out, 6, info.subject_changed_s);
  append_field(out, 7,
               (info.by_lid ? kByLid : 0U) | (info.announce ? kAnnounce : 0U) |
                   (info.locked ? kLocked : 0U) | (info.approval ? kApproval : 0U) |
                   (info.members_add ? kMembersAdd : 0U) | (info.community ? kCommunity : 0U));
  append_field(out, 8, info.ephemeral_s);
  if (!info.parent.empty()) {
    append_field(out, 9, as_bytes(info.parent.to_string()));
  }
  append_person(out, 10, info.owner);
  append_person(out, 12, info.subject_owner);
  for (const Participant& participant : info.participants) {
    Bytes one;
    append_person(one, 1, participant.person);
    append_field(one, 3, static_cast<std::uint64_t>(participant.role));
    append_field(out, 14, one);
  }
  return out;
}

std::optional<GroupInfo> decode_group(ByteView octets) {
  GroupInfo info;
  WireReader reader(octets);
  while (const auto field = reader.next()) {
    const ByteView value = field->octets.value_or(ByteView());
    switch (field->number) {
      case 1:
        info.jid = Jid::parse(as_text(value)).value_or(Jid());
        break;
      case 2:
        info.subject = as_text(value);
        break;
      case 3:
        info.description = as_text(value);
        break;
      case 4:
        info.description_id = as_text(value);
        break;
      case 5:
        info.created_s = field->value;
        break;
      case 6:
        info.subject_changed_s = field->value;
        break;
      case 7:
        info.by_lid = (field->value & kByLid) != 0;
        info.announce = (field->value & kAnnounce) != 0;
        info.locked = (field->value & kLocked) != 0;
        info.approval = (field->value & kApproval) != 0;
        info.members_add = (field->value & kMembersAdd) != 0;
        info.community = (field->value & kCommunity) != 0;
        break;
      case 8:
        info.ephemeral_s = static_cast<std::uint32_t>(field->value);
        break;
      case 9:
        info.parent = Jid::parse(as_text(value)).value_or(Jid());
        break;
      case 10:
      case 11:
        read_person(info.owner, field->number - 10, value);
        break;
      case 12:
      case 13:
        read_person(info.subject_owner, field->number - 12, value);
        break;
      case 14: {
        Participant& one = info.participants.emplace_back();
        WireReader inner(value);
        while (const auto part = inner.next()) {
          if (part->number == 3) {
            one.role = static_cast<Participant::Role>(std::min<std::uint64_t>(part->value, 3));
          } else if (part->number <= 2 && part->octets) {
            read_person(one.person, part->number - 1, *part->octets);
          }
        }
        break;
      }
      default:
        break;
    }
  }
  return reader.broken() || info.jid.empty() ? std::nullopt : std::optional(std::move(info));
}

std::uint32_t timer_of_group(ByteView octets) {
  WireReader reader(octets);
  while (const auto field = reader.next()) {
    if (field->number == 8) {
      return static_cast<std::uint32_t>(field->value);
    }
  }
  return 0;
}

}  // namespace waxwing::multidevice
