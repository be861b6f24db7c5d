// SPDX-License-Identifier: Apache-2.0
// Groups: what is known of them, and hearing of changes.
#include <algorithm>
#include <set>

#include "multidevice/message/parts.hpp"
#include "multidevice/message/rows.hpp"

namespace waxwing::multidevice {
namespace {

std::optional<GroupNews::Kind> kind_of(std::string_view tag) {
  using Kind = GroupNews::Kind;
  static constexpr std::pair<std::string_view, Kind> kKinds[] = {
      {"create", Kind::Created},
      {"add", Kind::Joined},
      {"remove", Kind::Left},
      {"leave", Kind::Left},
      {"promote", Kind::Promoted},
      {"demote", Kind::Demoted},
      {"subject", Kind::Changed},
      {"description", Kind::Changed},
      {"locked", Kind::Changed},
      {"unlocked", Kind::Changed},
      {"announcement", Kind::Changed},
      {"not_announcement", Kind::Changed},
      {"ephemeral", Kind::Changed},
      {"not_ephemeral", Kind::Changed},
      {"membership_approval_mode", Kind::Changed},
      {"member_add_mode", Kind::Changed},
      {"delete", Kind::Deleted},
  };
  for (const auto& [name, kind] : kKinds) {
    if (name == tag) {
      return kind;
    }
  }
  return std::nullopt;
}

// What is known of a group, after a change.
void apply(GroupInfo& info, GroupNews::Kind kind, const Node& change, const Person& actor,
           const std::vector<Participant>& people) {
  using Kind = GroupNews::Kind;
  using Role = Participant::Role;
  const std::string_view tag = change.tag();
  for (const Participant& who : people) {
    const auto same = [&](const Participant& other) {
      return (!who.person.lid.empty() && other.person.is(who.person.lid)) ||
             (!who.person.pn.empty() && other.person.is(who.person.pn));
    };
    const auto found = std::find_if(info.participants.begin(), info.participants.end(), same);
    if (kind == Kind::Left) {
      std::erase_if(info.participants, same);
    } else if (found == info.participants.end()) {
      info.participants.push_back(who);
    } else if (kind == Kind::Promoted || kind == Kind::Demoted) {
      found->role = kind == Kind::Promoted ? Role::Admin : Role::Member;
    }
  }
  if (tag == "subject") {
    info.subject = change.text("subject");
    info.subject_changed_s = change.number("s_t").value_or(info.subject_changed_s);
    info.subject_owner = actor;
  } else if (tag == "description") {
    const Node* body = change.child("body");
    info.description = body == nullptr ? std::string_view() : body->octets_as_text();
    info.description_id = change.text("id");
  } else if (tag == "announcement" || tag == "not_announcement") {
    info.announce = tag == "announcement";
  } else if (tag == "locked" || tag == "unlocked") {
    info.locked = tag == "locked";
  } else if (tag == "ephemeral" || tag == "not_ephemeral") {
    info.ephemeral_s = static_cast<std::uint32_t>(change.number("expiration").value_or(0));
  } else if (tag == "member_add_mode") {
    info.members_add = change.octets_as_text() != "admin_add";
  }
}

}  // namespace

std::optional<GroupInfo> Messenger::Parts::stored_group(const Jid& group) {
  const Bytes* row = vault.octets(rows::kGroups, group.to_string());
  return row == nullptr ? std::nullopt : decode_group(*row);
}

void Messenger::Parts::want_names(const GroupInfo& info, Vault::Rows& rows) {
  const auto want = [&](const Person& who) {
    if (who.pn.empty() != who.lid.empty()) {
      want_person(who.any(), rows);
    }
  };
  for (const Participant& participant : info.participants) {
    want(participant.person);
  }
  want(info.owner);
  want(info.subject_owner);
}

void Messenger::Parts::complete(Person& who, const GroupInfo* group) {
  if (who.pn.empty() == who.lid.empty()) {
    return;
  }
  const Participant* member = group == nullptr ? nullptr : group->find(who);
  for (const Person& known : {member == nullptr ? who : member->person, person(who.any())}) {
    if (who.pn.empty()) {
      who.pn = known.pn;
    }
    if (who.lid.empty()) {
      who.lid = known.lid;
    }
  }
}

void Messenger::Parts::complete(GroupInfo& info) {
  for (Participant& participant : info.participants) {
    complete(participant.person);
  }
  complete(info.owner, &info);
  complete(info.subject_owner, &info);
}

void Messenger::Parts::keep_group(const GroupInfo& info, StoreBatch& batch) {
  vault.put(batch, rows::kGroups, info.jid.to_string(), encode_group(info));
  for (const Participant& participant : info.participants) {
    if (!participant.person.pn.empty() && !participant.person.lid.empty()) {
      learn(participant.person.pn, participant.person.lid, batch);
    }
  }
}

void Messenger::Parts::forget_holders(std::vector<std::string> addresses,
                                      std::function<void(bool)> done, std::string after) {
  constexpr std::uint32_t kPage = 50;
  std::erase(addresses, std::string());
  host.scan(rows::kKeyHolders, std::move(after), kPage,
            [this, addresses = std::move(addresses), done = std::move(done)](
                bool ok, const StoreRows& found) {
              if (!ok) {
                done(false);
                return;
              }
              std::vector<std::string> groups;
              for (const StoreRow& row : found) {
                const std::set<std::string> holders = decode_key_holders(row.value);
                if (std::any_of(addresses.begin(), addresses.end(),
                                [&](const std::string& one) { return holders.count(one) != 0; })) {
                  groups.emplace_back(row.key);
                }
              }
              std::string next = found.size() == kPage ? std::string(found.back().key) : "";
              vault.work([this, addresses, groups, next, done](bool readable) -> Vault::Rows {
                Vault::Rows rows;
                for (const std::string& group : groups) {
                  if (!vault.has(rows::kKeyHolders, group)) {
                    rows.push_back({rows::kKeyHolders, group});
                  }
                }
                if (!readable) {
                  done(false);
                  return {};
                }
                if (!rows.empty()) {
                  return rows;
                }
                StoreBatch batch;
                for (const std::string& group : groups) {
                  const Bytes* row = vault.octets(rows::kKeyHolders, group);
                  std::set<std::string> holders =
                      decode_key_holders(row == nullptr ? ByteView() : ByteView(*row));
                  for (const std::string& one : addresses) {
                    holders.erase(one);
                  }
                  vault.put(batch, rows::kKeyHolders, group, encode_key_holders(holders));
                }
                const auto go_on = [this, addresses, next, done](bool stored) {
                  if (stored && !next.empty()) {
                    forget_holders(addresses, done, next);
                  } else {
                    done(stored);
                  }
                };
                if (batch.empty()) {
                  go_on(true);
                } else {
                  host.commit(std::move(batch), go_on);
                }
                return {};
              });
            });
}

void Messenger::Parts::on_group_notification(const Node& notification) {
  auto kept = std::make_shared<Node>(notification);
  const Jid group = notification.jid("from").value_or(Jid()).without_device();
  const std::optional<Jid> actor = notification.jid("participant");
  const std::optional<Jid> actor_alias =
      notification.jid(actor && actor->is_lid() ? "participant_pn" : "participant_lid");
  const bool by_lid = notification.text("addressing_mode") == "lid";
  vault.work([this, kept, group, actor, actor_alias, by_lid](bool readable) -> Vault::Rows {
    if (!readable) {
      return {};  // the server repeats it
    }
    Vault::Rows rows;
    const std::string key = group.to_string();
    if (!vault.has(rows::kGroups, key)) {
      rows.push_back({rows::kGroups, key});
    }
    if (actor) {
      want_person(*actor, rows);
    }
    for (const Node& change : kept->children()) {
      if (const auto made = change.tag() == "create" && change.child("group") != nullptr
                                ? read_group(*change.child("group"))
                                : std::nullopt) {
        want_names(*made, rows);
      }
      for (const Node& child : change.children()) {
        for (const std::string_view name : {"jid", "phone_number", "lid"}) {
          if (const auto jid = child.jid(name)) {
            want_person(*jid, rows);
          }
        }
      }
    }
    if (!rows.empty()) {
      return rows;
    }
    const auto durable = [this, kept](bool stored) {
      if (stored) {
        client.acknowledge(*kept);
      } else {
        storage_failed();
      }
    };
    StoreBatch batch;
    if (actor && actor_alias) {
      learn(*actor, *actor_alias, batch);
    }
    std::optional<GroupInfo> info = stored_group(group);
    std::vector<std::pair<GroupNews::Kind, const Node*>> changes;
    for (const Node& change : kept->children()) {
      if (const auto kind = kind_of(change.tag())) {
        changes.emplace_back(*kind, &change);
      }
    }
    if (changes.empty()) {
      host.commit(std::move(batch), durable);
      return {};
    }
    for (std::size_t i = 0; i < changes.size(); ++i) {
      const auto& [kind, change] = changes[i];
      GroupNews news;
      news.kind = kind;
      news.group = group;
      news.actor = actor ? person(*actor) : Person();
      news.timestamp_s = kept->number("t").value_or(now_s());
      news.change = change;
      news.stanza = kept.get();
      for (const Node& child : change->children()) {
        if (child.tag() == "participant") {
          Participant who = read_participant(child, by_lid);
          complete(who.person, info ? &*info : nullptr);
          news.participants.push_back(std::move(who));
        }
      }
      if (kind == GroupNews::Kind::Created) {
        const Node* node = change->child("group");
        if (auto made = node == nullptr ? std::nullopt : read_group(*node)) {
          info = std::move(made);
          complete(*info);
        }
      } else if (info) {
        apply(*info, kind, *change, news.actor, news.participants);
      }
      news.info = info ? &*info : nullptr;
      const bool last = i + 1 == changes.size();
      if (last && (kind == GroupNews::Kind::Deleted || (info && info->find(me()) == nullptr))) {
        vault.erase(batch, rows::kGroups, key);
      } else if (last && info) {
        keep_group(*info, batch);
      }
      sink.on_group(news, std::move(batch),
                    last ? MessageSink::Durable(durable) : MessageSink::Durable([](bool) {}));
      batch = StoreBatch();
    }
    return {};
  });
}

}  // namespace waxwing::multidevice
