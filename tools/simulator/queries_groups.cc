// SPDX-License-Identifier: Apache-2.0
// w:g2: making, asking for and changing groups.
#include <algorithm>

#include "connection.hpp"
#include "queries.hpp"
#include "server.hpp"
#include "stanzas.hpp"

namespace waxwing::simulator {
namespace {

constexpr std::size_t kMaxSubject = 100;

// The group that the query is sent to, if its sender may see it; null after an answer.
Group* group_of(const Query& query, md::Node& refusal) {
  const auto to = query.iq.jid("to");
  Group* group = to ? query.server.groups().find(*to) : nullptr;
  if (group == nullptr) {
    refusal = error_of(query.iq, 404, "item-not-found");
  } else if (group->find(&query.account) == nullptr) {
    refusal = error_of(query.iq, 403, "forbidden");
    return nullptr;
  }
  return group;
}

// Likewise, if the sender may change it.
Group* own_group(const Query& query, md::Node& refusal, bool admins_only) {
  Group* group = group_of(query, refusal);
  if (group != nullptr && admins_only && !group->is_admin(&query.account)) {
    refusal = error_of(query.iq, 403, "forbidden");
    return nullptr;
  }
  return group;
}

md::Node participant_node(const Group& group, const Account& account, const Device& reader) {
  const bool by_lid = group.by_lid && !reader.old_dictionary;
  md::Node node("participant");
  node.set("jid", name_in(group, account, 0, reader));
  if (by_lid) {
    node.set("phone_number", account.phone_jid());
  } else if (!reader.old_dictionary) {
    node.set("lid", account.lid_jid());
  }
  return node;
}

Answer change_members(const Query& query, const std::string& what) {
  md::Node refusal;
  Group* group = own_group(query, refusal, true);
  if (group == nullptr) {
    return refusal;
  }
  const md::Node& asked = *query.iq.child(what);
  md::Node result(what);
  std::vector<Account*> changed;
  // Whoever goes is told as well.
  const std::vector<Account*> before = Groups::accounts(*group);
  for (const md::Node& entry : asked.children()) {
    const auto jid = entry.jid("jid");
    Account* account = jid ? query.server.world().find(*jid) : nullptr;
    md::Node node("participant");
    if (account == nullptr) {
      node.set("jid", jid.value_or(md::Jid())).set("error", "404");
      result.add(std::move(node));
      continue;
    }
    node = participant_node(*group, *account, query.device);
    Member* member = group->find(account);
    if (what == "add" && member != nullptr) {
      node.set("error", "409");
    } else if (what != "add" && member == nullptr) {
      node.set("error", "404");
    } else {
      changed.push_back(account);
      if (what == "add") {
        group->members.push_back({account, Member::Role::Member});
      } else if (what == "remove") {
        std::erase_if(group->members, [&](const Member& m) { return m.account == account; });
      } else {
        member->role = what == "promote" ? Member::Role::Admin : Member::Role::Member;
      }
    }
    result.add(std::move(node));
  }
  if (!changed.empty()) {
    const auto& told = what == "remove" ? before : Groups::accounts(*group);
    query.server.groups().tell(*group, query.account, told, &query.device,
                               [&](const Device& reader) {
                                 md::Node node(what);
                                 for (const Account* account : changed) {
                                   node.add(participant_node(*group, *account, reader));
                                 }
                                 return node;
                               });
  }
  return result_of(query.iq).add(std::move(result));
}

}  // namespace

Answer ask_group(const Query& query) {
  md::Node refusal;
  Group* group = group_of(query, refusal);
  if (group == nullptr) {
    return refusal;
  }
  return result_of(query.iq).add(group_node(*group, query.device));
}

Answer ask_own_groups(const Query& query) {
  md::Node list("groups");
  for (const Group* group : query.server.groups().of(query.account)) {
    list.add(group_node(*group, query.device));
  }
  return result_of(query.iq).add(std::move(list));
}

Answer create_group(const Query& query) {
  const md::Node& asked = *query.iq.child("create");
  const std::string_view subject = asked.text("subject");
  if (subject.empty() || subject.size() > kMaxSubject) {
    return error_of(query.iq, 400, "bad-request");
  }
  std::vector<Account*> people = {&query.account};
  for (const md::Node& entry : asked.children()) {
    const auto jid = entry.jid("jid");
    if (Account* account = jid ? query.server.world().find(*jid) : nullptr) {
      people.push_back(account);
    }
  }
  // A client that knows no LIDs cannot write into a group that is addressed by them.
  const bool by_lid = !query.device.old_dictionary;
  const Group& group = query.server.groups().create(subject, people, by_lid, &query.device);
  return result_of(query.iq).add(group_node(group, query.device));
}

Answer leave_group(const Query& query) {
  const md::Node* entry = query.iq.child("leave")->child("group");
  const auto jid = entry == nullptr ? std::nullopt : entry->jid("id");
  Group* group = jid ? query.server.groups().find(*jid) : nullptr;
  if (group == nullptr || group->find(&query.account) == nullptr) {
    return error_of(query.iq, group == nullptr ? 404 : 403, "item-not-found");
  }
  const std::vector<Account*> before = Groups::accounts(*group);
  std::erase_if(group->members,
                [&](const Member& member) { return member.account == &query.account; });
  query.server.groups().tell(
      *group, query.account, before, &query.device, [&](const Device& reader) {
        return md::Node("remove").add(participant_node(*group, query.account, reader));
      });
  return result_of(query.iq).add(md::Node("leave").add(md::Node("group").set("id", group->jid())));
}

Answer set_group_subject(const Query& query) {
  md::Node refusal;
  Group* group = own_group(query, refusal, false);
  if (group == nullptr || (group->locked && !group->is_admin(&query.account))) {
    return group == nullptr ? refusal : error_of(query.iq, 403, "forbidden");
  }
  const std::string_view subject = query.iq.child("subject")->octets_as_text();
  if (subject.empty() || subject.size() > kMaxSubject) {
    return error_of(query.iq, 406, "not-acceptable");
  }
  group->subject = subject;
  group->subject_s = query.server.clock().now_s();
  group->subject_by = &query.account;
  query.server.groups().tell(*group, query.account, Groups::accounts(*group), &query.device,
                             [&](const Device& reader) {
                               return md::Node("subject")
                                   .set("subject", group->subject)
                                   .set("s_t", group->subject_s)
                                   .set("s_o", name_in(*group, query.account, 0, reader));
                             });
  return result_of(query.iq);
}

Answer set_group_description(const Query& query) {
  md::Node refusal;
  Group* group = own_group(query, refusal, false);
  if (group == nullptr) {
    return refusal;
  }
  const md::Node& asked = *query.iq.child("description");
  if (asked.text("prev") != group->description_id) {
    return error_of(query.iq, 409, "conflict");
  }
  const md::Node* body = asked.child("body");
  group->description = body == nullptr ? "" : std::string(body->octets_as_text());
  group->description_id = asked.text("id");
  query.server.groups().tell(
      *group, query.account, Groups::accounts(*group), &query.device, [&](const Device&) {
        md::Node node("description");
        node.set("id", group->description_id);
        if (group->description.empty()) {
          node.set("delete", "true");
        } else {
          node.add(md::Node("body").set_octets(md::to_bytes(md::as_bytes(group->description))));
        }
        return node;
      });
  return result_of(query.iq);
}

Answer set_group_timer(const Query& query) {
  md::Node refusal;
  Group* group = own_group(query, refusal, false);
  if (group == nullptr) {
    return refusal;
  }
  const md::Node* asked = query.iq.child("ephemeral");
  group->timer_s = asked == nullptr ? 0 : asked->number("expiration").value_or(0);
  query.server.groups().tell(
      *group, query.account, Groups::accounts(*group), &query.device, [&](const Device&) {
        return group->timer_s == 0 ? md::Node("not_ephemeral")
                                   : md::Node("ephemeral").set("expiration", group->timer_s);
      });
  return result_of(query.iq);
}

Answer add_members(const Query& query) {
  return change_members(query, "add");
}
Answer remove_members(const Query& query) {
  return change_members(query, "remove");
}
Answer promote_members(const Query& query) {
  return change_members(query, "promote");
}
Answer demote_members(const Query& query) {
  return change_members(query, "demote");
}

}  // namespace waxwing::simulator
