// SPDX-License-Identifier: Apache-2.0
// Groups: asking the server for them, making and changing them.
#include "multidevice/message/parts.hpp"

namespace waxwing::multidevice {
namespace {

Refusal unreadable() {
  return {"malformed", "WhatsApp's answer could not be read.", 0};
}

Node participant_nodes(std::string_view tag, const std::vector<Jid>& people) {
  Node out(tag);
  for (const Jid& jid : people) {
    out.add(Node("participant").set("jid", jid.without_device()));
  }
  return out;
}

}  // namespace

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
    vault.work([this, answer = std::move(answer), then](bool readable) mutable -> Vault::Rows {
      Vault::Rows rows;
      for (const Participant& participant : answer.value.participants) {
        want_person(participant.person.pn, rows);
        want_person(participant.person.lid, rows);
      }
      want_names(answer.value, rows);
      if (readable && !rows.empty()) {
        return rows;
      }
      complete(answer.value);
      StoreBatch batch;
      keep_group(answer.value, batch);
      store(std::move(batch));
      then(answer);
      return {};
    });
  });
}

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
  Parts& parts = *parts_;
  parts.client.query(std::move(iq), [&parts, done = std::move(done)](const IqReply& reply) {
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
    parts.vault.work(
        [&parts, answer = std::move(answer), done](bool readable) mutable -> Vault::Rows {
          Vault::Rows rows;
          for (const GroupInfo& info : answer.value) {
            parts.want_names(info, rows);
          }
          if (readable && !rows.empty()) {
            return rows;
          }
          for (GroupInfo& info : answer.value) {
            parts.complete(info);
          }
          done(std::move(answer));
          return {};
        });
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
        std::vector<Jid> changed;
        for (const Participant& who : answer.value) {
          changed.push_back(who.person.any());
        }
        parts_->with_people(std::move(changed), [this, answer = std::move(answer), done]() mutable {
          for (Participant& who : answer.value) {
            parts_->complete(who.person);
          }
          done(std::move(answer));
        });
      });
}

}  // namespace waxwing::multidevice
