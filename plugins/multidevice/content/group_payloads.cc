// SPDX-License-Identifier: Apache-2.0
// Groups as payloads: in the shape that all engines share, and in each engine's own.
#include <algorithm>
#include <utility>

#include "multidevice/content/engine_data.hpp"
#include "multidevice/content/payloads.hpp"

namespace waxwing::multidevice::content {
namespace {

using Json = nlohmann::json;

std::string_view role_name(Participant::Role role) {
  switch (role) {
    case Participant::Role::Member:
      return "participant";
    case Participant::Role::Admin:
      return "admin";
    case Participant::Role::SuperAdmin:
      return "superadmin";
    case Participant::Role::Left:
      return "left";
  }
  return "participant";
}

// What <subject/>, <announcement/>, … says of the group now.
void add_change(Json& group, const Node* change, const GroupInfo* info) {
  if (change == nullptr) {
    return;
  }
  const std::string& what = change->tag();
  if (what == "subject") {
    group["subject"] = std::string(change->text("subject"));
  } else if (what == "description") {
    const Node* body = change->child("body");
    group["description"] = body == nullptr ? "" : std::string(body->octets_as_text());
  } else if (what == "announcement" || what == "not_announcement") {
    group["membersCanSendMessages"] = what != "announcement";
  } else if (what == "member_add_mode") {
    group["membersCanAddNewMember"] = change->octets_as_text() == "all_member_add";
  } else if (what == "membership_approval_mode" && info != nullptr) {
    group["newMembersApprovalRequired"] = info->approval;
  }
}

}  // namespace

Json Payloads::participant(const Participant& participant, bool by_lid) {
  const Person& person = participant.person;
  const Jid& first = by_lid && !person.lid.empty() ? person.lid : person.any();
  Json out = {{"id", chat_id(first)}, {"role", role_name(participant.role)}};
  if (!person.pn.empty()) {
    out["pn"] = chat_id(person.pn);
  }
  if (!person.lid.empty()) {
    out["lid"] = chat_id(person.lid);
  }
  return out;
}

Json Payloads::group(const GroupInfo& group) const {
  Json members = Json::array();
  for (const Participant& member : group.participants) {
    members.push_back(participant(member, group.by_lid));
  }
  return {{"id", chat_id(group.jid)},
          {"subject", group.subject},
          {"description", group.description},
          {"membersCanAddNewMember", group.members_add},
          {"membersCanSendMessages", !group.announce},
          {"newMembersApprovalRequired", group.approval},
          {"participants", std::move(members)}};
}

Json Payloads::engine_participants(const GroupInfo& group) const {
  Json members = Json::array();
  for (const Participant& member : group.participants) {
    members.push_back(engine_ == Dialect::Whatsmeow ? whatsmeow_participant(member, group.by_lid)
                                                    : baileys_participant(member, group.by_lid));
  }
  return members;
}

Json Payloads::engine_group(const GroupInfo& group) const {
  Json out = engine_ == Dialect::Whatsmeow ? whatsmeow_group(group) : baileys_group(group);
  out[engine_ == Dialect::Whatsmeow ? "Participants" : "participants"] = engine_participants(group);
  return out;
}

std::vector<Event> Payloads::events_of(const GroupNews& news) const {
  const std::string id = chat_id(news.group);
  const Json data = news.stanza == nullptr ? Json::object() : node_json(*news.stanza);
  std::vector<Event> events;
  const auto add = [&](const char* type, Json payload) {
    payload["timestamp"] = news.timestamp_s;
    payload["_data"] = data;
    events.push_back({type, dump(payload), id});
  };
  const bool of_me = std::any_of(
      news.participants.begin(), news.participants.end(),
      [&](const Participant& who) { return me_.is(who.person.pn) || me_.is(who.person.lid); });
  const auto joined = [&] {
    GroupInfo bare;
    bare.jid = news.group;
    add("group.v2.join", {{"group", group(news.info == nullptr ? bare : *news.info)}});
  };
  const auto left = [&] { add("group.v2.leave", {{"group", {{"id", id}}}}); };
  const auto members = [&](const char* type, Participant::Role role) {
    Json people = Json::array();
    for (Participant who : news.participants) {
      who.role = role;
      people.push_back(participant(who, news.info == nullptr || news.info->by_lid));
    }
    add("group.v2.participants",
        {{"type", type}, {"group", {{"id", id}}}, {"participants", std::move(people)}});
  };
  switch (news.kind) {
    case GroupNews::Kind::Created:
      joined();
      break;
    case GroupNews::Kind::Joined:
      if (of_me) {
        joined();
      }
      members("join", Participant::Role::Member);
      break;
    case GroupNews::Kind::Left:
      if (of_me) {
        left();
      }
      members("leave", Participant::Role::Left);
      break;
    case GroupNews::Kind::Promoted:
      members("promote", Participant::Role::Admin);
      break;
    case GroupNews::Kind::Demoted:
      members("demote", Participant::Role::Member);
      break;
    case GroupNews::Kind::Deleted:
      left();
      break;
    case GroupNews::Kind::Changed: {
      Json change = {{"id", id}};
      add_change(change, news.change, news.info);
      add("group.v2.update", {{"group", std::move(change)}});
      break;
    }
  }
  return events;
}

}  // namespace waxwing::multidevice::content
