// SPDX-License-Identifier: Apache-2.0
// Groups in stanzas.
#include "groups.hpp"

#include <algorithm>
#include <utility>

#include "connection.hpp"
#include "server.hpp"
#include "stanzas.hpp"
#include "world.hpp"

namespace waxwing::simulator {

md::Jid Group::jid() const {
  return md::Jid::of_user(id, md::server::kGroup);
}

Member* Group::find(const Account* account) {
  const auto it = std::find_if(members.begin(), members.end(),
                               [&](const Member& member) { return member.account == account; });
  return it == members.end() ? nullptr : &*it;
}

bool Group::is_admin(const Account* account) {
  const Member* member = find(account);
  return member != nullptr && member->role != Member::Role::Member;
}

md::Jid name_in(const Group& group, const Account& account, std::uint16_t number,
                const Device& reader) {
  return group.by_lid && !reader.old_dictionary ? account.lid_jid(number)
                                                : account.phone_jid(number);
}

std::string device_hash(const Group& group, const Device& reader) {
  std::vector<md::Jid> devices;
  for (const Member& member : group.members) {
    for (const auto& [number, device] : member.account->devices) {
      devices.push_back(name_in(group, *member.account, number, reader));
    }
  }
  return device_list_hash(devices);
}

md::Node group_node(const Group& group, const Device& reader) {
  const bool by_lid = group.by_lid && !reader.old_dictionary;
  md::Node node("group");
  node.set("id", group.id).set("subject", group.subject).set("creation", group.created_s);
  node.set("creator", name_in(group, *group.creator, 0, reader)).set("s_t", group.subject_s);
  node.set("s_o", name_in(group, *group.subject_by, 0, reader));
  node.set("addressing_mode", by_lid ? "lid" : "pn");
  node.set("size", std::uint64_t{group.members.size()});
  for (const Member& member : group.members) {
    md::Node participant("participant");
    participant.set("jid", name_in(group, *member.account, 0, reader));
    if (by_lid) {
      participant.set("phone_number", member.account->phone_jid());
    } else if (!reader.old_dictionary) {
      participant.set("lid", member.account->lid_jid());
    }
    if (member.role != Member::Role::Member) {
      participant.set("type", member.role == Member::Role::Admin ? "admin" : "superadmin");
    }
    node.add(std::move(participant));
  }
  if (!group.description.empty()) {
    node.add(md::Node("description")
                 .set("id", group.description_id)
                 .add(md::Node("body").set_octets(md::to_bytes(md::as_bytes(group.description)))));
  }
  if (group.announce) {
    node.add(md::Node("announcement"));
  }
  if (group.locked) {
    node.add(md::Node("locked"));
  }
  if (group.timer_s != 0) {
    node.add(md::Node("ephemeral").set("expiration", group.timer_s));
  }
  node.add(md::Node("member_add_mode").set_text("all_member_add"));
  return node;
}

std::vector<Account*> Groups::accounts(const Group& group) {
  std::vector<Account*> out;
  for (const Member& member : group.members) {
    out.push_back(member.account);
  }
  return out;
}

Group& Groups::create(std::string_view subject, const std::vector<Account*>& people, bool by_lid,
                      const Device* silent) {
  Group group;
  group.id = std::to_string(120363000000000001ULL + groups_.size());
  group.subject = subject;
  group.created_s = group.subject_s = server_.clock().now_s();
  group.creator = group.subject_by = people.front();
  group.by_lid = by_lid;
  for (Account* account : people) {
    if (group.find(account) == nullptr) {
      group.members.push_back(
          {account, account == people.front() ? Member::Role::Creator : Member::Role::Member});
    }
  }
  const std::string id = group.id;
  Group& made = groups_.emplace(id, std::move(group)).first->second;
  tell(made, *made.creator, accounts(made), silent, [&](const Device& reader) {
    return md::Node("create").set("type", "new").add(group_node(made, reader));
  });
  return made;
}

Group* Groups::find(const md::Jid& jid) {
  const auto it = groups_.find(jid.user);
  return it == groups_.end() || !jid.is_group() ? nullptr : &it->second;
}

std::vector<Group*> Groups::of(const Account& account) {
  std::vector<Group*> out;
  for (auto& [id, group] : groups_) {
    if (group.find(&account) != nullptr) {
      out.push_back(&group);
    }
  }
  return out;
}

void Groups::tell(const Group& group, const Account& actor, const std::vector<Account*>& readers,
                  const Device* silent, const std::function<md::Node(const Device&)>& change) {
  const std::string id = server_.router().next_id();
  for (Account* account : readers) {
    for (auto& [number, device] : account->devices) {
      if (&device == silent) {
        continue;
      }
      const bool by_lid = group.by_lid && !device.old_dictionary;
      md::Node notification("notification");
      notification.set("from", group.jid()).set("type", "w:gp2");
      notification.set("participant", name_in(group, actor, 0, device));
      notification.set(by_lid ? "participant_pn" : "participant_lid",
                       by_lid ? actor.phone_jid() : actor.lid_jid());
      notification.set("addressing_mode", by_lid ? "lid" : "pn");
      notification.set("notify", actor.name).set("t", server_.clock().now_s());
      notification.add(change(device));
      server_.router().deliver(device, id, std::move(notification));
    }
  }
}

}  // namespace waxwing::simulator
