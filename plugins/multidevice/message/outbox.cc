// SPDX-License-Identifier: Apache-2.0
// Encrypted messages: durable before they leave, and again on their way until somebody has them.
#include <algorithm>

#include "multidevice/binary/codec.hpp"
#include "multidevice/message/parts.hpp"
#include "multidevice/message/rows.hpp"

namespace waxwing::multidevice {
namespace {

SendResult failure(int code, bool group) {
  struct Row {
    int code;
    const char* reason;
    const char* text;
  };
  static constexpr Row kRows[] = {
      {400, "rejected", "WhatsApp refused the message."},
      {401, "not_allowed", "This account may not write there."},
      {403, "not_allowed", "This account may not write there."},
      {405, "not_allowed", "This account may not write there."},
      {406, "rejected", "WhatsApp does not accept this message."},
      {421, "stale_group", "WhatsApp found the list of devices old, twice."},
      {429, "rate_limited", "WhatsApp has limited how much this account may send."},
      {463, "new_chat_refused", "WhatsApp does not let this account begin this chat now."},
      {475, "restricted", "WhatsApp has restricted this account's messages."},
      {479, "rejected", "WhatsApp refused the message as invalid."},
  };
  SendResult result;
  result.code = code;
  result.reason = "rejected";
  result.text = "WhatsApp refused the message (" + std::to_string(code) + ").";
  if (code == 404) {
    result.reason = group ? "not_a_member" : "not_on_whatsapp";
    result.text = group ? "This account is not a member of the group."
                        : "There is no WhatsApp account of that number.";
  }
  for (const Row& row : kRows) {
    if (row.code == code) {
      result.reason = row.reason;
      result.text = row.text;
    }
  }
  return result;
}

}  // namespace

// Durable first, then on its way.
void Messenger::Parts::leave(const std::shared_ptr<Sending>& op, const Node& stanza,
                             StoreBatch batch) {
  const OutgoingMessage& message = op->message;
  Result<Bytes> frame = encode(stanza, DictionaryVersion::V3);
  if (!frame) {
    refuse(op, "internal", "The message could not be written.");
    return;
  }
  OutboxRow outbox{op->info.timestamp_s, op->info.chat, message.type, message.edit,
                   message.note,         *frame,        op->renewal};
  batch.put(rows::kOutbox, op->info.id, SecretBytes(outbox.encode()));
  SentRow sent{op->info.chat,        message.type,    message.mediatype, message.edit,
               op->info.timestamp_s, message.message, message.hide_fail};
  if (vault.has(rows::kSent, op->info.id)) {
    vault.put(batch, rows::kSent, op->info.id, sent.encode(), host.unix_ms() + kSentMs);
  } else {
    batch.put(rows::kSent, op->info.id, SecretBytes(sent.encode()), host.unix_ms() + kSentMs);
  }
  if (op->renewal) {
    host.commit(std::move(batch), [this, op, frame = std::move(*frame)](bool stored) {
      renewed(op->info.id, frame, stored);
    });
    return;
  }
  auto durable = [this, op, frame = std::move(*frame)](bool stored) {
    if (!stored) {
      refuse(op, "storage_failed", "The message could not be stored.");
      storage_failed();
      return;
    }
    Pending& entry = pending[op->info.id];
    entry.info = op->info;
    entry.note = op->message.note;
    entry.done = std::exchange(op->done, nullptr);
    entry.deadline_ms = host.now_ms() + kSendAnswerMs;
    entry.link = links;
    rearm();
    ++counters.sent;
    (void)client.send_encoded(frame);
  };
  sink.on_outgoing(message, op->info, std::move(batch), std::move(durable));
}

void Messenger::Parts::on_ack(const Node& ack) {
  const std::string id(ack.text("id"));
  const auto found = pending.find(id);
  if (found == pending.end()) {
    return;
  }
  const bool group = found->second.info.group;
  const Jid chat = found->second.info.chat;
  SendResult result;
  if (const auto error = ack.number("error"); error && *error != 0) {
    result = failure(static_cast<int>(std::min<std::uint64_t>(*error, 999)), group);
  } else {
    result.state = SendResult::State::Sent;
    result.timestamp_s = ack.number("t").value_or(now_s());
    if (chat.is_person() && !is_own(chat)) {
      give_token(chat);
    }
  }
  if (ack.has("phash") || result.code == 421 || result.code == 404 || result.code == 403) {
    forget_audience(chat);
  }
  // Who reads a broadcast is the caller's to say, and is not kept.
  const bool can_renew = chat.is_person() || chat.is_group();
  if (result.code == 421 && can_renew && !found->second.renewed) {
    renew(id);
    return;
  }
  finish(id, result);
}

// What we know of who reads there is old.
void Messenger::Parts::forget_audience(const Jid& chat) {
  vault.work([this, chat](bool readable) -> Vault::Rows {
    Vault::Rows rows;
    want_person(chat, rows);
    if (chat.is_group() && !vault.has(rows::kGroups, chat.to_string())) {
      rows.push_back({rows::kGroups, chat.to_string()});
    }
    if (readable && !rows.empty()) {
      return rows;
    }
    StoreBatch batch;
    if (chat.is_group()) {
      for (const Participant& member : stored_group(chat).value_or(GroupInfo()).participants) {
        forget_devices(member.person, batch);
      }
      vault.erase(batch, rows::kGroups, chat.to_string());
    } else {
      forget_devices(person(chat), batch);
    }
    forget_devices(me(), batch);
    store(std::move(batch));
    return {};
  });
}

// Encrypts it anew, for those who read there now, and sends it under the same id.
void Messenger::Parts::renew(const std::string& id) {
  Pending& entry = pending[id];
  entry.renewed = true;
  entry.renewing = true;
  sink.on_note("send.renewed", "WhatsApp knows other devices than we did");
  vault.work([this, id](bool readable) -> Vault::Rows {
    const auto found = pending.find(id);
    if (found == pending.end()) {
      return {};
    }
    if (!readable) {
      found->second.renewed = false;
      found->second.renewing = false;
      storage_failed();
      return {};
    }
    if (!vault.has(rows::kSent, id)) {
      return {{rows::kSent, id}};
    }
    const Bytes* row = vault.octets(rows::kSent, id);
    std::optional<SentRow> sent = row == nullptr ? std::nullopt : SentRow::decode(*row);
    if (!sent) {
      finish(id, failure(421, found->second.info.group));
      return {};
    }
    auto op = std::make_shared<Sending>();
    op->renewal = true;
    op->info = found->second.info;
    op->message.id = id;
    op->message.chat = sent->chat;
    op->message.message = std::move(sent->message);
    op->message.type = std::move(sent->type);
    op->message.mediatype = std::move(sent->mediatype);
    op->message.edit = std::move(sent->edit);
    op->message.hide_fail = sent->hide_fail;
    op->message.note = found->second.note;
    advance(op);
    return {};
  });
}

void Messenger::Parts::renewed(const std::string& id, ByteView frame, bool stored) {
  const auto found = pending.find(id);
  if (found == pending.end()) {
    return;  // a receipt came meanwhile
  }
  Pending& entry = found->second;
  entry.renewing = false;
  if (!stored) {  // the stanza before is still there, and leaves again
    entry.renewed = false;
    storage_failed();
    return;
  }
  entry.link = links;
  (void)client.send_encoded(frame);
}

void Messenger::Parts::finish(const std::string& id, const SendResult& result) {
  const auto found = pending.find(id);
  if (found == pending.end()) {
    return;
  }
  Pending entry = std::move(found->second);
  pending.erase(found);
  rearm();
  if (result.timestamp_s != 0) {
    entry.info.timestamp_s = result.timestamp_s;
  }
  StoreBatch batch;
  batch.erase(rows::kOutbox, id);
  sink.on_sent(entry.info, entry.note, result, std::move(batch), [this](bool stored) {
    if (!stored) {
      storage_failed();
    }
  });
  if (entry.done) {
    entry.done(result);
  }
}

// A receipt says more than the server's answer, which may have been lost with a connection.
void Messenger::Parts::delivered(const std::string& id) {
  constexpr std::size_t kMost = 4096;
  SendResult result;
  result.state = SendResult::State::Sent;
  if (pending.count(id) != 0) {
    finish(id, result);
  } else if (backlog && confirmed.size() < kMost) {
    confirmed.push_back(id);
  }
}

void Messenger::Parts::backlog_is_over() {
  if (std::exchange(backlog, false) && up) {
    resend_outbox({});
  }
}

// What nobody has answered leaves (again), octet by octet the same. It waits for the backlog: the
// receipts in there tell what has arrived, and not every client knows a message that comes twice.
void Messenger::Parts::resend_outbox(std::string after) {
  constexpr std::uint32_t kPage = 50;
  host.scan(rows::kOutbox, std::move(after), kPage, [this](bool ok, const StoreRows& found) {
    if (!ok || !up) {
      return;
    }
    std::string last;
    for (const StoreRow& row : found) {
      last = row.key;
      const std::optional<OutboxRow> outbox = OutboxRow::decode(row.value);
      const bool whole =
          outbox && decode(outbox->frame, DictionaryVersion::V3);  // or the server would hang up
      Pending& entry = pending[last];
      if (entry.info.id.empty()) {
        MessageInfo& info = entry.info;
        info.id = last;
        info.sender = me();
        info.sender_device = own().pn.device;
        info.from_me = true;
        if (outbox) {
          info.chat = outbox->chat;
          info.group = !outbox->chat.is_person();
          info.type = outbox->type;
          info.edit = outbox->edit;
          info.timestamp_s = outbox->time_s;
          entry.note = outbox->note;
          entry.renewed = outbox->renewed;
        }
      }
      if (entry.link == links || entry.renewing) {
        continue;  // on this connection, or soon
      }
      entry.link = links;
      const auto known = std::find(confirmed.begin(), confirmed.end(), last);
      if (known != confirmed.end()) {
        SendResult result;
        result.state = SendResult::State::Sent;
        finish(last, result);
      } else if (!whole || entry.info.timestamp_s + kOutboxSeconds < now_s()) {
        SendResult result;
        result.reason = "expired";
        result.text = "The message could not be sent in a day.";
        finish(last, result);
      } else if (!client.send_encoded(outbox->frame)) {
        return;
      }
    }
    if (found.size() == kPage) {
      resend_outbox(last);
    } else {
      confirmed = {};
    }
  });
}

}  // namespace waxwing::multidevice
