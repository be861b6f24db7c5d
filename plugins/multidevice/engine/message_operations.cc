// SPDX-License-Identifier: Apache-2.0
// Operations of messages and contacts.
#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "multidevice/content/draft.hpp"
#include "multidevice/content/reading.hpp"
#include "multidevice/engine/messaging.hpp"

namespace waxwing::multidevice {

using content::Ack;
using content::Draft;
using content::MessageName;
using plugin::Error;

namespace {

// A whole message id, or the bare one of a message in that chat.
MessageName target_of(const nlohmann::json& arguments, const char* key, const Jid* chat,
                      RecentMessages& recent) {
  const std::string text = arguments::text(arguments, key);
  if (auto name = MessageName::parse(text)) {
    return *name;
  }
  const bool bare = !text.empty() && text.find_first_of("_@ ") == std::string::npos;
  if (!bare || chat == nullptr) {
    throw Error(WAX_E_INVALID,
                std::string(key) + " must be a message id such as true_123456789@c.us_AAAA");
  }
  MessageName name;
  name.id = text;
  name.chat = *chat;
  name.from_me = true;
  if (const auto item = recent.find(text)) {
    name.from_me = item->info.from_me;
    name.participant = item->info.group ? item->info.sender.any() : Jid();
  }
  return name;
}

// A message of another chat is not meant. A number and a LID may be one person's.
void require_chat(const MessageName& target, const Jid& chat, const char* key) {
  if (target.chat.server == chat.server && target.chat.user != chat.user) {
    throw Error(WAX_E_INVALID, std::string(key) + " is of another chat than chatId");
  }
}

// The chat as the network addresses it: a reaction to a LID goes to that LID.
Jid chat_of(const MessageName& name, RecentMessages& recent) {
  const auto item = recent.find(name.id);
  return item ? item->info.chat : name.chat;
}

// As the group names its members; others, and people outside of groups, as they are.
Jid name_in(const GroupInfo* group, const Jid& jid) {
  if (group != nullptr) {
    for (const Participant& member : group->participants) {
      if (member.person.is(jid)) {
        return group->by_lid && !member.person.lid.empty() ? member.person.lid
                                                           : member.person.any();
      }
    }
  }
  return jid;
}

// Who is to be named in a text.
struct Mentions {
  bool all = false;  // of a group
  std::vector<Jid> people;

  [[nodiscard]] static Mentions of(const nlohmann::json& arguments) {
    Mentions out;
    const auto it = arguments.find("mentions");
    if (it == arguments.end() || !it->is_array()) {
      return out;
    }
    for (const std::string& who : it->get<std::vector<std::string>>()) {
      const auto jid = content::parse_chat_id(who);
      if (who == "all") {
        out.all = true;
      } else if (jid && jid->is_person()) {
        out.people.push_back(*jid);
      } else {
        throw Error(WAX_E_INVALID, "mentions must be chat ids of people, or \"all\"");
      }
    }
    return out;
  }
  [[nodiscard]] bool empty() const noexcept { return !all && people.empty(); }

  // Members first, in the group's order and names, or nobody's phone would know who is meant.
  [[nodiscard]] std::vector<Jid> in(const GroupInfo* group, const Person& me) const {
    std::vector<Jid> named;
    std::vector<Jid> others = people;
    for (const Participant& member :
         group == nullptr ? std::vector<Participant>() : group->participants) {
      const auto is_member = [&](const Jid& jid) { return member.person.is(jid); };
      const bool is_me = me.is(member.person.pn) || me.is(member.person.lid);
      if (std::erase_if(others, is_member) > 0 || (all && !is_me)) {
        named.push_back(group->by_lid && !member.person.lid.empty() ? member.person.lid
                                                                    : member.person.any());
      }
    }
    named.insert(named.end(), others.begin(), others.end());
    return named;
  }
};

struct Failure {
  std::string_view reason;
  wax_status status;
  std::uint32_t retry_ms;
};
constexpr Failure kFailures[] = {
    {"not_on_whatsapp", WAX_E_NOT_FOUND, 0},     {"too_large", WAX_E_INVALID, 0},
    {"rate_limited", WAX_E_RATE_LIMITED, 5'000}, {"offline", WAX_E_UNAVAILABLE, 5'000},
    {"timeout", WAX_E_UNAVAILABLE, 5'000},       {"storage_failed", WAX_E_UNAVAILABLE, 5'000},
    {"stale_group", WAX_E_UNAVAILABLE, 5'000}};

}  // namespace

// Sending -----------------------------------------------------------------------------------------

void Messaging::send_text(const Json& arguments, SharedCall call) {
  complete_and_send(content::text_draft(arguments), arguments::chat(arguments), arguments,
                    std::move(call));
}

void Messaging::send_location(const Json& arguments, SharedCall call) {
  complete_and_send(content::location_draft(arguments), arguments::chat(arguments), arguments,
                    std::move(call));
}

void Messaging::send_contacts(const Json& arguments, SharedCall call) {
  Result<Draft> draft = content::contacts_draft(arguments);
  if (!draft) {
    throw Error(WAX_E_INVALID, draft.error().message());
  }
  complete_and_send(std::move(*draft), arguments::chat(arguments), arguments, std::move(call));
}

void Messaging::react(const Json& arguments, SharedCall call) {
  const MessageName target = target_of(arguments, "messageId", nullptr, recent_);
  in_chat(target, call,
          [this, call, emoji = arguments::text(arguments, "reaction")](const MessageName& meant) {
            send(content::reaction_draft(meant, emoji, host_.unix_ms()), meant.chat,
                 make_message_id(), call);
          });
}

void Messaging::edit(const Json& arguments, SharedCall call) {
  const Jid given = arguments::chat(arguments);
  MessageName target = target_of(arguments, "messageId", &given, recent_);
  if (!target.from_me) {
    throw Error(WAX_E_INVALID, "messageId must be a message of this account");
  }
  require_chat(target, given, "messageId");
  const Jid chat = chat_of(target, recent_);
  target.chat = chat;
  Mentions mentions = Mentions::of(arguments);
  with_group(chat.is_group() && !mentions.empty() ? chat : Jid(), call,
             [this, target = std::move(target), text = content::text_draft(arguments),
              mentions = std::move(mentions), call](const GroupInfo* info) mutable {
               content::add_mentions(text, mentions.in(info, payloads_.me()));
               const Jid where = target.chat;
               send(content::edit_draft(target, std::move(text), host_.unix_ms()), where,
                    make_message_id(), call);
             });
}

void Messaging::revoke(const Json& arguments, SharedCall call) {
  const Jid given = arguments::chat(arguments);
  const MessageName target = target_of(arguments, "messageId", &given, recent_);
  if (!target.from_me && !target.chat.is_group()) {
    throw Error(WAX_E_INVALID, "messageId must be a message of this account, outside of groups");
  }
  require_chat(target, given, "messageId");
  in_chat(target, call, [this, call](const MessageName& meant) {
    send(content::revoke_draft(meant), meant.chat, make_message_id(), call);
  });
}

void Messaging::forward(const Json& arguments, SharedCall call) {
  const Jid chat = arguments::chat(arguments);
  const MessageName target = target_of(arguments, "messageId", &chat, recent_);
  const auto item = recent_.find(target.id);
  if (!item) {
    throw Error(WAX_E_NOT_FOUND, "The message is not remembered: only the latest can be forwarded");
  }
  auto message = content::decode(item->message, content::Dialect::Plain);
  if (!message) {
    throw Error(WAX_E_UNSUPPORTED, "The message cannot be read");
  }
  send(content::forward_draft(std::move(*message), item->info.type, ""), chat,
       arguments::new_message_id(arguments), std::move(call));
}

// Names the message as its chat does, or the phones there would not find it.
void Messaging::in_chat(const MessageName& target, const SharedCall& call,
                        std::function<void(const MessageName&)> then) {
  MessageName meant = target;
  meant.chat = chat_of(target, recent_);
  const Jid group = meant.chat.is_group() && !meant.participant.empty() ? meant.chat : Jid();
  with_group(group, call,
             [meant = std::move(meant), then = std::move(then)](const GroupInfo* info) mutable {
               meant.participant = name_in(info, meant.participant);
               then(meant);
             });
}

void Messaging::with_group(const Jid& group, const SharedCall& call,
                           std::function<void(const GroupInfo*)> then) {
  if (group.empty()) {
    then(nullptr);
    return;
  }
  messenger_->group(group, false, [call, then = std::move(then)](const Answer<GroupInfo>& answer) {
    if (answer.ok()) {
      then(&answer.value);
    } else {
      fail(*call, *answer.refusal);
    }
  });
}

void Messaging::complete_and_send(Draft draft, const Jid& chat, const Json& arguments,
                                  SharedCall call) {
  std::string id = arguments::new_message_id(arguments);
  const bool answers = !arguments::text(arguments, "reply_to").empty();
  content::Quote quote = answers ? quote_of(arguments, chat) : content::Quote();
  Mentions mentions = Mentions::of(arguments);
  const Jid group = chat.is_group() && (answers || !mentions.empty()) ? chat : Jid();
  with_group(
      group, call,
      [this, draft = std::move(draft), chat, id = std::move(id), answers, quote = std::move(quote),
       mentions = std::move(mentions), call](const GroupInfo* info) mutable {
        if (answers) {
          quote.author = name_in(info, quote.author);
          content::add_quote(draft, quote);
        }
        content::add_mentions(draft, mentions.in(info, payloads_.me()));
        send(std::move(draft), chat, std::move(id), call);
      });
}

content::Quote Messaging::quote_of(const Json& arguments, const Jid& chat) {
  const MessageName target = target_of(arguments, "reply_to", &chat, recent_);
  content::Quote quote;
  quote.id = target.id;
  if (target.chat.is_group() && target.chat != chat) {
    quote.chat = target.chat;  // answered in private
  }
  if (const auto item = recent_.find(target.id)) {
    const Person& author = item->info.sender;
    quote.author = item->info.chat.is_lid() && !author.lid.empty() ? author.lid : author.any();
    if (auto message = content::decode(item->message, content::Dialect::Plain)) {
      quote.message = std::move(*message);
    }
  } else if (target.from_me) {
    quote.author = payloads_.me().any();
  } else {
    quote.author = target.participant.empty() ? target.chat : target.participant;
  }
  return quote;
}

void Messaging::send(Draft draft, const Jid& chat, std::string id, SharedCall call) {
  if (leaving_.contains(id)) {
    call->fail(WAX_E_CONFLICT, "A message of that id is being sent");
    return;
  }
  // Tried again by a caller who did not hear of it: it is on its way, or there.
  if (const auto item = recent_.find(id); item && item->info.from_me &&
                                          item->state != SendResult::State::Failed &&
                                          (item->info.chat == chat || item->info.peer.is(chat))) {
    const bool sent = item->state == SendResult::State::Sent;
    call->ok(payloads_.message(item->info, item->message, sent ? Ack::Server : Ack::Pending, true));
    return;
  }
  leaving_.emplace(id, MessageInfo());
  host_.note_activity();
  if (!content::takes_timer(draft)) {
    hand_over(std::move(draft), chat, std::move(id), std::move(call));
    return;
  }
  messenger_->timer(chat, [this, draft = std::move(draft), chat, id = std::move(id),
                           call = std::move(call)](const ChatTimer& timer) mutable {
    content::set_timer(draft, timer);
    hand_over(std::move(draft), chat, std::move(id), std::move(call));
  });
}

void Messaging::hand_over(Draft draft, const Jid& chat, std::string id, SharedCall call) {
  OutgoingMessage message;
  message.id = id;
  message.chat = chat;
  message.message = content::encode(draft.message);
  message.type = std::move(draft.type);
  message.mediatype = std::move(draft.mediatype);
  message.edit = std::move(draft.edit);
  message.hide_fail = draft.hide_fail;
  messenger_->send(std::move(message),
                   [this, id, call = std::move(call)](const SendResult& result) {
                     answer_send(result, id, *call);
                   });
}

void Messaging::answer_send(const SendResult& result, const std::string& id, plugin::Call& call) {
  const auto it = leaving_.find(id);
  MessageInfo info = it == leaving_.end() ? MessageInfo() : std::move(it->second);
  if (it != leaving_.end()) {
    leaving_.erase(it);
  }
  if (result.state == SendResult::State::Failed) {
    const auto* known = std::find_if(std::begin(kFailures), std::end(kFailures),
                                     [&](const auto& f) { return f.reason == result.reason; });
    const std::string text = result.text.empty() ? result.reason : result.text;
    Json details = {{"reason", result.reason}};
    if (result.code != 0) {
      details["code"] = result.code;
    }
    const bool refused = known == std::end(kFailures);  // WhatsApp will not have it
    call.fail(refused ? WAX_E_STATE : known->status, text, refused ? 0 : known->retry_ms,
              details.dump());
    return;
  }
  const bool sent = result.state == SendResult::State::Sent;
  if (sent && result.timestamp_s != 0) {
    info.timestamp_s = result.timestamp_s;
  }
  const auto item = recent_.find(id);
  call.ok(payloads_.message(info, item ? item->message : Bytes(), sent ? Ack::Server : Ack::Pending,
                            true));
}

// Reading, ids, numbers ---------------------------------------------------------------------------

void Messaging::send_seen(const Json& arguments, SharedCall call) {
  const Jid chat = arguments::chat(arguments);
  // By author: each is told of their own messages.
  std::map<Jid, std::vector<std::string>> by_author;
  Jid wire_chat = chat;
  std::vector<std::string> wanted;
  if (const auto it = arguments.find("messageIds"); it != arguments.end() && it->is_array()) {
    wanted = it->get<std::vector<std::string>>();
  }
  if (std::string one = arguments::text(arguments, "messageId"); !one.empty()) {
    wanted.push_back(std::move(one));
  }
  Jid participant;
  if (!arguments::text(arguments, "participant").empty()) {
    participant = arguments::chat(arguments, "participant");
  }
  for (const std::string& text : wanted) {
    const MessageName name = target_of({{"messageIds", text}}, "messageIds", &chat, recent_);
    require_chat(name, chat, "messageIds");
    const Jid& author = participant.empty() ? name.participant : participant;
    by_author[chat.is_group() ? author : Jid()].push_back(name.id);
    wire_chat = chat_of(name, recent_);
    if (const auto item = recent_.mark_read(name.id)) {
      if (chat.is_group() && author.empty()) {
        by_author[Jid()].pop_back();
        by_author[item->info.sender.any()].push_back(name.id);
      }
    }
  }
  if (wanted.empty()) {
    for (const MessageInfo& unread : recent_.take_unread(chat)) {
      wire_chat = unread.chat;
      by_author[unread.group ? unread.sender.any() : Jid()].push_back(unread.id);
    }
  }
  Json ids = Json::array();
  for (auto& [author, list] : by_author) {
    for (const std::string& id : list) {
      ids.push_back(id);
    }
  }
  if (ids.empty()) {
    call->ok(R"({"ids":[]})");
    return;
  }
  host_.note_activity();
  with_group(chat.is_group() ? chat : Jid(), call,
             [this, call, wire_chat, by_author = std::move(by_author),
              answer = Json{{"ids", std::move(ids)}}.dump()](const GroupInfo* info) {
               struct Rest {
                 std::size_t left;
                 std::optional<Refusal> refusal;
               };
               const auto rest = std::make_shared<Rest>(Rest{by_author.size(), std::nullopt});
               for (const auto& [author, list] : by_author) {
                 messenger_->mark_read(wire_chat, name_in(info, author), list, false,
                                       [rest, answer, call](const Answer<bool>& done) {
                                         if (!done.ok()) {
                                           rest->refusal = done.refusal;
                                         }
                                         if (--rest->left > 0) {
                                           return;
                                         }
                                         if (rest->refusal) {
                                           fail(*call, *rest->refusal);
                                         } else {
                                           call->ok(answer);
                                         }
                                       });
               }
             });
}

void Messaging::new_id(const Json&, SharedCall call) {
  call->ok(Json{{"id", make_message_id()}}.dump());
}

void Messaging::check_exists(const Json& arguments, SharedCall call) {
  std::string given = arguments::text(arguments, "phone");
  if (const auto jid = content::parse_chat_id(given); jid && jid->server == server::kUser) {
    given = jid->user;  // a chat id will do
  }
  const std::string phone = content::phone_digits(given);
  if (phone.empty()) {
    throw Error(WAX_E_INVALID, "phone must be a phone number: 5 to 15 digits");
  }
  messenger_->look_up({phone}, [call](const Answer<std::vector<Contact>>& answer) {
    if (!answer.ok()) {
      fail(*call, *answer.refusal);
      return;
    }
    if (answer.value.empty() || !answer.value[0].exists) {
      call->ok(R"({"numberExists":false})");
      return;
    }
    const Person& person = answer.value[0].person;
    Json out = {{"numberExists", true}, {"chatId", content::chat_id(person)}};
    if (!person.pn.empty()) {
      out["pn"] = content::chat_id(person.pn);
    }
    if (!person.lid.empty()) {
      out["lid"] = content::chat_id(person.lid);
    }
    call->ok(out.dump());
  });
}

}  // namespace waxwing::multidevice
