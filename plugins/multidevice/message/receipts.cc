// SPDX-License-Identifier: Apache-2.0
// Receipts, presence and typing, in both directions.
#include "multidevice/message/parts.hpp"

namespace waxwing::multidevice {
namespace {

std::optional<ReceiptNews::Kind> kind_of(std::string_view type, bool own) {
  using Kind = ReceiptNews::Kind;
  if (type.empty() || type == "delivery" || type == "inactive") {
    return Kind::Delivered;
  }
  if (type == "read") {
    return own ? Kind::SelfRead : Kind::Read;
  }
  if (type == "read-self") {
    return Kind::SelfRead;
  }
  if (type == "played") {
    return own ? Kind::SelfPlayed : Kind::Played;
  }
  if (type == "played-self") {
    return Kind::SelfPlayed;
  }
  if (type == "server-error") {
    return Kind::Failed;
  }
  return std::nullopt;  // sender, hist_sync, peer_msg: between our own devices
}

}  // namespace

// Runs then() once the rows with the other names of these are here.
void Messenger::Parts::with_people(std::vector<Jid> jids, std::function<void()> then) {
  vault.work([this, jids = std::move(jids), then = std::move(then)](bool readable) -> Vault::Rows {
    Vault::Rows rows;
    for (const Jid& jid : jids) {
      want_person(jid, rows);
    }
    if (readable && !rows.empty()) {
      return rows;
    }
    then();
    return {};
  });
}

void Messenger::Parts::on_receipt(const Node& receipt) {
  const std::optional<Jid> from = receipt.jid("from");
  const std::optional<Jid> participant = receipt.jid("participant");
  const std::optional<Jid> recipient = receipt.jid("recipient");
  if (!from) {
    client.acknowledge(receipt);
    return;
  }
  const Jid sender = participant.value_or(*from);
  const auto kind = kind_of(receipt.text("type"), is_own(sender));
  if (!kind) {
    client.acknowledge(receipt);
    return;
  }
  auto kept = std::make_shared<Node>(receipt);
  delivered(std::string(receipt.text("id")));
  ReceiptNews news;
  news.kind = *kind;
  news.group = !from->is_person();
  news.chat = (is_own(*from) && recipient ? *recipient : *from).without_device();
  news.sender_device = sender.device;
  news.timestamp_s = receipt.number("t").value_or(now_s());
  news.ids.emplace_back(receipt.text("id"));
  if (const Node* list = receipt.child("list")) {
    for (const Node& item : list->children()) {
      if (!item.text("id").empty() && item.text("id") != news.ids.front()) {
        news.ids.emplace_back(item.text("id"));
      }
    }
  }
  std::vector<Jid> people = {sender, news.chat};
  with_people(people, [this, kept, sender, news = std::move(news)]() mutable {
    const auto tell = [&](const Person& who, std::uint64_t time_s, std::vector<std::string> ids,
                          MessageSink::Durable durable) {
      ReceiptNews one = news;
      one.sender = who;
      one.peer = one.group ? Person() : person(one.chat);
      one.timestamp_s = time_s;
      one.ids = std::move(ids);
      one.stanza = kept.get();
      sink.on_receipt(one, {}, std::move(durable));
    };
    const auto durable = [this, kept](bool stored) {
      if (stored) {
        client.acknowledge(*kept);
      } else {
        storage_failed();
      }
    };
    // Of a group: several people at once. The last of them acknowledges it.
    const Node* many = kept->child("participants");
    if (many == nullptr || many->children().empty()) {
      tell(person(sender), news.timestamp_s, news.ids, durable);
      return;
    }
    const std::string key(many->text("key"));
    const std::size_t count = many->children().size();
    for (std::size_t i = 0; i < count; ++i) {
      const Node& user = many->children()[i];
      const Jid jid = user.jid("jid").value_or(sender);
      tell(
          person(jid), user.number("t").value_or(news.timestamp_s),
          key.empty() ? news.ids : std::vector<std::string>{key},
          i + 1 == count ? MessageSink::Durable(durable) : [](bool) {});
    }
  });
}

void Messenger::Parts::on_presence(const Node& stanza) {
  const std::optional<Jid> from = stanza.jid("from");
  if (!from || (!from->is_person() && !from->is_group())) {
    return;
  }
  PresenceNews news;
  news.chat = from->without_device();
  const Jid sender = stanza.jid("participant").value_or(*from).without_device();
  if (stanza.tag() == "presence") {
    news.state = stanza.text("type") == "unavailable" ? PresenceNews::State::Offline
                                                      : PresenceNews::State::Online;
    news.last_seen_s = stanza.number("last");
  } else if (const Node* composing = stanza.child("composing")) {
    news.state = composing->text("media") == "audio" ? PresenceNews::State::Recording
                                                     : PresenceNews::State::Typing;
  } else {
    news.state = PresenceNews::State::Paused;
  }
  with_people({sender}, [this, sender, news]() mutable {
    news.sender = person(sender);
    sink.on_presence(news);
  });
}

// Ours --------------------------------------------------------------------------------------------

void Messenger::mark_read(const Jid& chat, const Jid& sender, std::vector<std::string> ids,
                          bool played, Then<bool> done) {
  constexpr std::size_t kMostIds = 256;
  Answer<bool> answer;
  if (ids.empty() || ids.size() > kMostIds) {
    answer.refusal = {"invalid", "1 to 256 messages can be marked as read at once.", 0};
    done(std::move(answer));
    return;
  }
  Node receipt("receipt");
  receipt.set("id", ids.front()).set("to", chat).set("type", played ? "played" : "read");
  receipt.set("t", parts_->now_s());
  if (!sender.empty()) {
    receipt.set("participant", sender.without_device());
  }
  if (ids.size() > 1) {
    Node list("list");
    for (std::size_t i = 1; i < ids.size(); ++i) {
      list.add(Node("item").set("id", ids[i]));
    }
    receipt.add(std::move(list));
  }
  answer.value = parts_->client.send(receipt);
  if (!answer.value) {
    answer.refusal = {"offline", "There is no connection to WhatsApp.", 0};
  }
  done(std::move(answer));
}

void Messenger::set_available(bool available) {
  parts_->available = available;
  parts_->client.set_presence(available);
}

void Messenger::subscribe_presence(const Jid& person) {
  (void)parts_->client.send(
      Node("presence").set("type", "subscribe").set("to", person.without_device()));
}

void Messenger::set_typing(const Jid& chat, Typing typing) {
  Node state(typing == Typing::Paused ? "paused" : "composing");
  if (typing == Typing::Recording) {
    state.set("media", "audio");
  }
  (void)parts_->client.send(
      Node("chatstate").set("to", chat.without_device()).add(std::move(state)));
}

}  // namespace waxwing::multidevice
