// SPDX-License-Identifier: Apache-2.0
// Disappearing messages: a group says for itself how long they stay, a chat between two learns it
// from whoever sets it, and from messages of those who know.
#include "multidevice/message/parts.hpp"
#include "multidevice/message/rows.hpp"

namespace waxwing::multidevice {

void Messenger::Parts::learn_timer(const MessageInfo& info, const Envelope& envelope,
                                   StoreBatch& batch) {
  if (!envelope.timer || info.group || info.peer.empty() || is_own(info.peer.any())) {
    return;
  }
  const std::string key = person_row(info.peer);
  if (const Bytes* row = vault.octets(rows::kTimers, key)) {
    const ChatTimer known = decode_timer(*row);
    if (known == *envelope.timer || envelope.timer->set_s < known.set_s) {
      return;
    }
  }
  vault.put(batch, rows::kTimers, key, encode_timer(*envelope.timer));
}

void Messenger::timer(const Jid& chat, std::function<void(const ChatTimer&)> done) {
  Parts& parts = *parts_;
  if (!chat.is_person() && !chat.is_group()) {
    done({});
    return;
  }
  parts.vault.work([&parts, chat, done = std::move(done)](bool readable) -> Vault::Rows {
    if (!readable) {
      done({});
      return {};
    }
    const auto row = [&](std::string_view space, const std::string& key, Vault::Rows& rows) {
      if (!parts.vault.has(space, key)) {
        rows.push_back({space, key});
      }
      return parts.vault.octets(space, key);
    };
    Vault::Rows rows;
    if (chat.is_group()) {
      const Bytes* known = row(rows::kGroups, chat.to_string(), rows);
      if (!rows.empty()) {
        return rows;
      }
      if (known != nullptr) {
        done({timer_of_group(*known), 0});
      } else {
        parts.ask_group(chat, [done](const Answer<GroupInfo>& answer) {
          done({answer.value.ephemeral_s, 0});  // of one that refuses: none
        });
      }
      return rows;
    }
    parts.want_person(chat, rows);
    if (!rows.empty()) {
      return rows;
    }
    const Bytes* known = row(rows::kTimers, person_row(parts.person(chat)), rows);
    if (rows.empty()) {
      done(known == nullptr ? ChatTimer() : decode_timer(*known));
    }
    return rows;
  });
}

}  // namespace waxwing::multidevice
