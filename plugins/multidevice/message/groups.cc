// SPDX-License-Identifier: Apache-2.0
// Groups: what is known of them, changing them, and hearing of changes; and who has an account.
#include <algorithm>

#include "multidevice/message/parts.hpp"

namespace waxwing::multidevice {
namespace {

Refusal unreadable() {
  return {"malformed", "WhatsApp's answer could not be read.", 0};
}

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
void apply(GroupInfo& info, GroupNews::Kind kind, const Node& change,
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

Node participant_nodes(std::string_view tag, const std::vector<Jid>& people) {
  Node out(tag);
  for (const Jid& jid : people) {
    out.add(Node("participant").set("jid", jid.without_device()));
  }
  return out;
}

}  // namespace

std::optional<GroupInfo> Messenger::Parts::stored_group(const Jid& group) {
  const Bytes* row = vault.octets(rows::kGroups, group.to_string());
  return row == nullptr ? std::nullopt : decode_group(*row);
}

void Messenger::Parts::keep_group(const GroupInfo& info, StoreBatch& batch) {
  vault.put(batch, rows::kGroups, info.jid.to_string(), encode_group(info));
  for (const Participant& participant : info.participants) {
    if (!participant.person.pn.empty() && !participant.person.lid.empty()) {
      learn(participant.person.pn, participant.person.lid, batch);
    }
  }
}

void Messenger::Parts::ask_group(const Jid& group, Then<GroupInfo> then) {
  Node iq = query_node("get", "w:g2", group);
  iq.add(Node("query").set("request", "interactive"));
  client.query(std::move(iq), [this, then = std::move(then)](const IqReply& reply) {
    Answer<GroupInfo> answer;
    const Node* node = reply.node == nullptr ? nullptr : reply.node->child("group");
    std::optional<GroupInfo> info =
        reply.ok() && node != nullptr ? read_group(*node) : std::nullopt;
    if (!info) {
      answer.refusal = reply.ok() ? unreadable() : refusal_of(reply);
      then(std::move(answer));
      return;
    }
    answer.value = std::move(*info);
    vault.work([this, answer = std::move(answer), then](bool readable) -> Vault::Rows {
      Vault::Rows rows;
      for (const Participant& participant : answer.value.participants) {
        want_person(participant.person.pn, rows);
        want_person(participant.person.lid, rows);
      }
      if (readable && !rows.empty()) {
        return rows;
      }
      StoreBatch batch;
      keep_group(answer.value, batch);
      store(std::move(batch));
      then(answer);
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
          const Person known = person(who.person.any());
          if (who.person.pn.empty()) {
            who.person.pn = known.pn;
          }
          if (who.person.lid.empty()) {
            who.person.lid = known.lid;
          }
          news.participants.push_back(std::move(who));
        }
      }
      if (kind == GroupNews::Kind::Created) {
        const Node* node = change->child("group");
        if (auto made = node == nullptr ? std::nullopt : read_group(*node)) {
          info = std::move(made);
        }
      } else if (info) {
        apply(*info, kind, *change, news.participants);
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

// Asked for by people -----------------------------------------------------------------------------

void Messenger::group(const Jid& group, bool ask_server, Then<GroupInfo> done) {
  Parts& parts = *parts_;
  if (ask_server) {
    parts.ask_group(group, std::move(done));
    return;
  }
  parts.vault.work([&parts, group, done = std::move(done)](bool readable) -> Vault::Rows {
    const std::string key = group.to_string();
    if (readable && !parts.vault.has(rows::kGroups, key)) {
      return {{rows::kGroups, key}};
    }
    if (std::optional<GroupInfo> known = parts.stored_group(group)) {
      Answer<GroupInfo> answer;
      answer.value = std::move(*known);
      done(std::move(answer));
    } else {
      parts.ask_group(group, done);
    }
    return {};
  });
}

void Messenger::groups(Then<std::vector<GroupInfo>> done) {
  Node iq = parts_->query_node("get", "w:g2", Jid::of_server(server::kGroup));
  iq.add(Node("participating").add(Node("participants")).add(Node("description")));
  parts_->client.query(std::move(iq), [done = std::move(done)](const IqReply& reply) {
    Answer<std::vector<GroupInfo>> answer;
    if (!reply.ok()) {
      answer.refusal = Parts::refusal_of(reply);
    } else if (const Node* list = reply.node->child("groups")) {
      for (const Node& node : list->children()) {
        if (auto info = read_group(node)) {
          answer.value.push_back(std::move(*info));
        }
      }
    }
    done(std::move(answer));
  });
}

void Messenger::create_group(std::string_view subject, const std::vector<Jid>& people,
                             Then<GroupInfo> done) {
  Parts& parts = *parts_;
  Node create = participant_nodes("create", people);
  create.set("subject", subject).set("key", make_message_id());
  Node iq = parts.query_node("set", "w:g2", Jid::of_server(server::kGroup));
  iq.add(std::move(create));
  parts.client.query(std::move(iq), [&parts, done = std::move(done)](const IqReply& reply) {
    Answer<GroupInfo> answer;
    const Node* node = reply.node == nullptr ? nullptr : reply.node->child("group");
    std::optional<GroupInfo> info =
        reply.ok() && node != nullptr ? read_group(*node) : std::nullopt;
    if (!info) {
      answer.refusal = reply.ok() ? unreadable() : Parts::refusal_of(reply);
      done(std::move(answer));
      return;
    }
    // Asked again rather than believed: participants that were refused are not in it.
    parts.ask_group(info->jid, done);
  });
}

// After a change of ours the server tells everybody but us.
void Messenger::Parts::forget_group(const Jid& group) {
  vault.work([this, group](bool) -> Vault::Rows {
    StoreBatch batch;
    vault.erase(batch, rows::kGroups, group.to_string());
    store(std::move(batch));
    return {};
  });
}

void Messenger::Parts::change_group(const Jid& group, const Jid& to, Node change, Then<bool> done) {
  Node iq = query_node("set", "w:g2", to);
  iq.add(std::move(change));
  client.query(std::move(iq), [this, group, done = std::move(done)](const IqReply& reply) {
    Answer<bool> answer;
    answer.value = reply.ok();
    if (reply.ok()) {
      forget_group(group);
    } else {
      answer.refusal = refusal_of(reply);
    }
    done(std::move(answer));
  });
}

void Messenger::leave_group(const Jid& group, Then<bool> done) {
  parts_->change_group(group, Jid::of_server(server::kGroup),
                       Node("leave").add(Node("group").set("id", group)), std::move(done));
}

void Messenger::set_group_subject(const Jid& group, std::string_view subject, Then<bool> done) {
  parts_->change_group(group, group, Node("subject").set_octets(as_bytes(subject)),
                       std::move(done));
}

void Messenger::set_group_description(const Jid& group, std::string_view text, Then<bool> done) {
  Node description("description");
  description.set("id", make_message_id());
  if (text.empty()) {
    description.set("delete", "true");
  } else {
    description.add(Node("body").set_octets(as_bytes(text)));
  }
  // The server wants to know which one it replaces.
  this->group(group, true,
              [this, group, description = std::move(description),
               done = std::move(done)](const Answer<GroupInfo>& known) mutable {
                if (known.refusal) {
                  Answer<bool> answer;
                  answer.refusal = known.refusal;
                  done(std::move(answer));
                  return;
                }
                Node change = description;
                if (!known.value.description_id.empty()) {
                  change.set("prev", known.value.description_id);
                }
                parts_->change_group(group, group, std::move(change), done);
              });
}

void Messenger::change_participants(const Jid& group, Change change, const std::vector<Jid>& people,
                                    Then<std::vector<Participant>> done) {
  static constexpr std::string_view kTags[] = {"add", "remove", "promote", "demote"};
  const std::string tag(kTags[static_cast<std::size_t>(change)]);
  Node iq = parts_->query_node("set", "w:g2", group);
  iq.add(participant_nodes(tag, people));
  parts_->client.query(
      std::move(iq), [this, tag, group, done = std::move(done)](const IqReply& reply) {
        Answer<std::vector<Participant>> answer;
        const Node* list = reply.node == nullptr ? nullptr : reply.node->child(tag);
        if (!reply.ok()) {
          answer.refusal = Parts::refusal_of(reply);
        } else {
          parts_->forget_group(group);
          for (const Node& node : list == nullptr ? std::span<const Node>() : list->children()) {
            answer.value.push_back(read_participant(node, false));
          }
        }
        done(std::move(answer));
      });
}

void Messenger::look_up(std::vector<std::string> phones, Then<std::vector<Contact>> done) {
  Parts& parts = *parts_;
  Node::Children users;
  for (const std::string& phone : phones) {
    users.push_back(Node("user").add(Node("contact").set_octets(as_bytes("+" + phone))));
  }
  Node usync("usync");
  usync.set("context", "interactive").set("mode", "query").set("sid", make_message_id());
  usync.set("last", "true").set("index", "0");
  usync.add(Node("query").add(Node("contact")).add(Node("lid")));
  usync.add(Node("list").set_children(std::move(users)));
  Node iq = parts.query_node("get", "usync", server_jid());
  iq.add(std::move(usync));
  parts.client.query(
      std::move(iq), [phones = std::move(phones), done = std::move(done)](const IqReply& reply) {
        Answer<std::vector<Contact>> answer;
        if (!reply.ok()) {
          answer.refusal = Parts::refusal_of(reply);
          done(std::move(answer));
          return;
        }
        for (const std::string& phone : phones) {
          answer.value.push_back({phone, false, {}});
        }
        const Node* usync_node = reply.node->child("usync");
        const Node* list = usync_node == nullptr ? nullptr : usync_node->child("list");
        for (const Node& user : list == nullptr ? std::span<const Node>() : list->children()) {
          const Node* contact = user.child("contact");
          const std::optional<Jid> jid = user.jid("jid");
          if (contact == nullptr || !jid || contact->text("type") != "in") {
            continue;
          }
          std::string asked(contact->octets_as_text());
          std::erase_if(asked, [](char c) { return c < '0' || c > '9'; });
          Person who;
          (jid->is_lid() ? who.lid : who.pn) = jid->without_device();
          if (const auto pn = user.jid("pn_jid")) {
            who.pn = pn->without_device();
          }
          const Node* lid = user.child("lid");
          if (const auto value = lid == nullptr ? std::nullopt : lid->jid("val")) {
            who.lid = value->without_device();
          }
          for (Contact& out : answer.value) {
            if (out.phone == asked || (!who.pn.empty() && out.phone == who.pn.user)) {
              out.exists = true;
              out.person = who;
            }
          }
        }
        done(std::move(answer));
      });
}

}  // namespace waxwing::multidevice
