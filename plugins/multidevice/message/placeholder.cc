// SPDX-License-Identifier: Apache-2.0
// Messages that could not be read are asked of the account's phone ("placeholder resend"): it has
// read them. Asked once each, some time after the author was, and on until the server has the
// request. Times are whatsmeow's (RequestFromPhoneDelay) and Baileys'
// (PLACEHOLDER_MAX_AGE_SECONDS).
#include <algorithm>

#include "multidevice/base/wire.hpp"
#include "multidevice/message/parts.hpp"
#include "multidevice/message/peer_data.hpp"
#include "multidevice/signal/address.hpp"

namespace waxwing::multidevice {
namespace {

constexpr const char* kRow = "all";
constexpr std::size_t kMost = 128;               // the eldest goes when there are more
constexpr std::uint64_t kMaxAgeS = 14 * 86'400;  // no phone is asked for what is older
constexpr std::size_t kMostUnderWay = 8;         // requests that the server has not taken yet
constexpr std::size_t kMostInWindow = 100;       // whoever floods us must not flood our phone
constexpr std::int64_t kWindowMs = 600'000;
constexpr std::int64_t kTryAgainMs = 60'000;  // when the server gives no keys

// Bits of a stored placeholder.
constexpr std::uint64_t kFromMe = 1;
constexpr std::uint64_t kGroup = 2;
constexpr std::uint64_t kAcknowledged = 4;
constexpr std::uint64_t kAsked = 8;

void append_text(Bytes& to, std::uint32_t number, std::string_view text) {
  if (!text.empty()) {
    append_field(to, number, as_bytes(text));
  }
}

void append_jid(Bytes& to, std::uint32_t number, const Jid& jid) {
  append_text(to, number, jid.empty() ? std::string() : jid.to_string());
}

Bytes encode(const Placeholder& entry) {
  const MessageInfo& info = entry.in.info;
  Bytes out;
  append_text(out, 1, info.id);
  append_jid(out, 2, info.chat);
  append_jid(out, 3, info.peer.pn);
  append_jid(out, 4, info.peer.lid);
  append_jid(out, 5, info.sender.pn);
  append_jid(out, 6, info.sender.lid);
  append_jid(out, 7, entry.in.author);
  append_jid(out, 8, entry.in.from);
  append_jid(out, 9, entry.in.participant.value_or(Jid()));
  append_jid(out, 10, entry.in.recipient.value_or(Jid()));
  append_field(out, 11,
               (info.from_me ? kFromMe : 0U) | (info.group ? kGroup : 0U) |
                   (entry.acknowledged ? kAcknowledged : 0U) | (entry.asked ? kAsked : 0U));
  append_field(out, 12, info.timestamp_s);
  append_text(out, 13, info.push_name);
  append_text(out, 14, info.type);
  append_text(out, 15, info.edit);
  append_text(out, 16, entry.request);
  return out;
}

std::optional<Placeholder> decode(ByteView octets) {
  Placeholder entry;
  MessageInfo& info = entry.in.info;
  WireReader reader(octets);
  while (const auto field = reader.next()) {
    const std::string_view text = field->octets ? as_text(*field->octets) : std::string_view();
    const auto jid = [&] { return Jid::parse(text).value_or(Jid()); };
    switch (field->number) {
      case 1:
        info.id = text;
        break;
      case 2:
        info.chat = jid();
        break;
      case 3:
        info.peer.pn = jid();
        break;
      case 4:
        info.peer.lid = jid();
        break;
      case 5:
        info.sender.pn = jid();
        break;
      case 6:
        info.sender.lid = jid();
        break;
      case 7:
        entry.in.author = jid();
        break;
      case 8:
        entry.in.from = jid();
        break;
      case 9:
        entry.in.participant = jid();
        break;
      case 10:
        entry.in.recipient = jid();
        break;
      case 11:
        info.from_me = (field->value & kFromMe) != 0;
        info.group = (field->value & kGroup) != 0;
        entry.acknowledged = (field->value & kAcknowledged) != 0;
        entry.asked = (field->value & kAsked) != 0;
        break;
      case 12:
        info.timestamp_s = field->value;
        break;
      case 13:
        info.push_name = text;
        break;
      case 14:
        info.type = text;
        break;
      case 15:
        info.edit = text;
        break;
      case 16:
        entry.request = text;
        break;
      default:
        break;
    }
  }
  info.sender_device = entry.in.author.device;
  return reader.broken() || info.id.empty() ? std::nullopt : std::optional(std::move(entry));
}

// The message under that id in the chat, whichever of the two names either side uses.
bool is_in_chat(const MessageInfo& info, const Jid& chat) {
  return info.chat == chat || info.peer.is(chat);
}

}  // namespace

void Messenger::Parts::want_placeholders(Vault::Rows& rows) {
  if (!placeholders_known && !vault.has(rows::kPlaceholders, kRow)) {
    rows.push_back({rows::kPlaceholders, kRow});
  }
}

void Messenger::Parts::load_placeholders() {
  if (placeholders_known) {
    return;
  }
  placeholders_known = true;
  const Bytes* row = vault.octets(rows::kPlaceholders, kRow);
  WireReader reader(row == nullptr ? ByteView() : ByteView(*row));
  while (const auto field = reader.next()) {
    std::optional<Placeholder> entry = field->octets ? decode(*field->octets) : std::nullopt;
    if (entry && entry->in.info.timestamp_s + kMaxAgeS > now_s()) {
      placeholders.push_back(std::move(*entry));
    }
  }
}

void Messenger::Parts::save_placeholders(StoreBatch& batch) {
  if (placeholders.empty()) {
    vault.erase(batch, rows::kPlaceholders, kRow);
    return;
  }
  Bytes row;
  for (const Placeholder& entry : placeholders) {
    append_field(row, 1, encode(entry));
  }
  vault.put(batch, rows::kPlaceholders, kRow, std::move(row));
}

Placeholder* Messenger::Parts::placeholder_of(const MessageInfo& info) {
  const auto found =
      std::find_if(placeholders.begin(), placeholders.end(), [&](const Placeholder& entry) {
        const MessageInfo& other = entry.in.info;
        return other.id == info.id && is_in_chat(other, info.chat) &&
               (other.sender.is(info.sender.pn) || other.sender.is(info.sender.lid));
      });
  return found == placeholders.end() ? nullptr : &*found;
}

bool Messenger::Parts::expect_copy(const Incoming& in, std::int64_t delay_ms, bool acknowledged,
                                   StoreBatch& batch) {
  if (!placeholders_known || in.info.category == "peer" ||
      in.info.timestamp_s + kMaxAgeS <= now_s()) {
    return false;
  }
  if (Placeholder* known = placeholder_of(in.info)) {
    known->acknowledged = known->acknowledged || acknowledged;
  } else {
    if (placeholders.size() == kMost) {
      placeholders.erase(placeholders.begin());
    }
    Placeholder& entry = placeholders.emplace_back();
    entry.in = in;
    entry.in.stanza = nullptr;
    entry.in.kept = Node();
    entry.acknowledged = acknowledged;
    entry.due_ms = host.now_ms() + delay_ms;
    ask_phone_at(entry.due_ms);
  }
  save_placeholders(batch);
  return true;
}

void Messenger::Parts::came(const MessageInfo& info, StoreBatch& batch) {
  if (placeholders.empty()) {
    return;
  }
  if (Placeholder* known = placeholder_of(info)) {
    placeholders.erase(placeholders.begin() + (known - placeholders.data()));
    save_placeholders(batch);
  }
}

// Asking ------------------------------------------------------------------------------------------

void Messenger::Parts::ask_phone_at(std::int64_t time_ms) {
  if (ask_phone_ms != 0 && ask_phone_ms <= time_ms) {
    return;
  }
  ask_phone_ms = time_ms;
  const std::int64_t delay = std::max<std::int64_t>(1, time_ms - host.now_ms());
  host.after(static_cast<std::uint32_t>(delay), [this, time_ms] {
    if (ask_phone_ms == time_ms) {
      ask_phone_ms = 0;
      ask_phone();
    }
  });
}

// Not while the server still hands out what waited: some of it may be what is missing.
void Messenger::Parts::ask_phone() {
  if (up && !backlog) {
    vault.work([this](bool readable) { return ask_phone_now(readable); });
  }
}

Vault::Rows Messenger::Parts::ask_phone_now(bool readable) {
  Vault::Rows rows;
  if (!readable || !up || !client.record()) {
    return rows;
  }
  want_placeholders(rows);
  if (!rows.empty()) {
    return rows;
  }
  load_placeholders();
  const std::int64_t now = host.now_ms();
  if (now >= phone_window_ms + kWindowMs) {
    phone_window_ms = now;
    phone_requests = 0;
  }
  std::size_t under_way = 0;
  std::vector<Placeholder*> due;
  std::int64_t next = 0;
  for (Placeholder& entry : placeholders) {
    if (entry.asked) {
      continue;
    }
    if (entry.link == links) {
      ++under_way;
    } else if (entry.due_ms <= now) {
      due.push_back(&entry);
    } else {
      next = next == 0 ? entry.due_ms : std::min(next, entry.due_ms);
    }
  }
  const std::size_t room = std::min(kMostUnderWay - std::min(kMostUnderWay, under_way),
                                    kMostInWindow - std::min(kMostInWindow, phone_requests));
  if (due.size() > room) {
    due.resize(room);
    if (phone_requests >= kMostInWindow) {
      ask_phone_at(phone_window_ms + kWindowMs);
    }  // else the next acknowledgement goes on
  }
  if (next != 0) {
    ask_phone_at(next);
  }
  if (due.empty()) {
    return rows;
  }
  const Target phone = target(me(), 0, true);
  want_session(phone, rows);
  if (!rows.empty()) {
    return rows;
  }
  StoreBatch batch;
  SessionRecord* known = session(phone, batch);
  if (known == nullptr || !known->ready()) {
    const std::optional<PreKeyBundle> bundle = std::exchange(phone_bundle, std::nullopt);
    SessionRecord& begun = vault.make_session(phone.address);
    if (!bundle || !SessionCipher::begin(begun, own(), *bundle)) {
      store(std::move(batch));
      ask_bundles({phone}, [this, phone](const std::optional<Refusal>&,
                                         std::map<std::string, PreKeyBundle> found) {
        if (const auto keys = found.find(phone.address); keys != found.end()) {
          phone_bundle = keys->second;
          ask_phone();
        } else {
          ask_phone_at(host.now_ms() + kTryAgainMs);
        }
      });
      return rows;
    }
    known = &begun;
  }
  std::vector<Node> stanzas;
  for (Placeholder* entry : due) {
    const MessageInfo& info = entry->in.info;
    const MessageKey key{info.chat.to_string(), info.from_me, info.id,
                         info.group ? entry->in.author.without_device().to_string() : ""};
    Result<Ciphertext> sealed = SessionCipher::encrypt(*known, own(), pad(ask_for_copies({key})));
    if (!sealed) {
      break;
    }
    if (entry->request.empty()) {
      entry->request = make_message_id();
    }
    entry->link = links;
    ++phone_requests;
    const bool first = sealed->type == CiphertextType::PreKey;
    Node stanza("message");
    stanza.set("id", entry->request).set("to", me().pn).set("type", "text");
    stanza.set("category", "peer").add(Node("meta").set("appdata", "default"));
    stanza.add(Node("enc")
                   .set("v", "2")
                   .set("type", first ? "pkmsg" : "msg")
                   .set_octets(std::move(sealed->octets)));
    if (first) {
      stanza.add(Node("device-identity").set_octets(ByteView(own().signed_identity)));
    }
    stanzas.push_back(std::move(stanza));
  }
  vault.save_session(batch, phone.address);
  save_placeholders(batch);
  host.commit(std::move(batch), [this, stanzas = std::move(stanzas)](bool stored) {
    if (!stored) {
      storage_failed();
      return;
    }
    for (const Node& stanza : stanzas) {
      (void)client.send(stanza);
    }
  });
  return rows;
}

bool Messenger::Parts::phone_was_asked(const std::string& id, bool refused) {
  const auto found = std::find_if(placeholders.begin(), placeholders.end(),
                                  [&](const Placeholder& entry) { return entry.request == id; });
  if (found == placeholders.end() || id.empty()) {
    return false;
  }
  if (refused) {
    sink.on_note("placeholder.refused", "WhatsApp does not carry a request to the phone");
  }
  found->asked = true;
  StoreBatch batch;
  save_placeholders(batch);
  store(std::move(batch));
  ask_phone();
  return true;
}

void Messenger::Parts::phone_lost_request(const std::string& id) {
  for (Placeholder& entry : placeholders) {
    if (!id.empty() && entry.request == id) {
      entry.asked = false;
      entry.link = 0;
      ask_phone();
    }
  }
}

// Answers -----------------------------------------------------------------------------------------

void Messenger::Parts::take_copies(ByteView answer) {
  for (const MessageCopy& copy : given_copies(answer)) {
    const Jid chat = Jid::parse(copy.key.chat).value_or(Jid());
    const auto found =
        std::find_if(placeholders.begin(), placeholders.end(), [&](const Placeholder& entry) {
          return entry.in.info.id == copy.key.id && is_in_chat(entry.in.info, chat);
        });
    if (found == placeholders.end()) {
      continue;  // it came meanwhile, or nobody asked
    }
    const Placeholder entry = std::move(*found);
    placeholders.erase(found);
    StoreBatch batch;
    save_placeholders(batch);
    const std::optional<Envelope> envelope =
        copy.message ? Envelope::read(*copy.message) : std::nullopt;
    const bool forged = envelope && !entry.in.info.from_me && envelope->protocol_type &&
                        is_of_own_devices(*envelope->protocol_type);
    if (!envelope || !envelope->has_content || forged) {
      // The phone has none. Unless its author is still being asked, that was all.
      UnreadableMessage what;
      what.info = entry.in.info;
      what.why = UnreadableMessage::Why::Lost;
      auto durable = [this](bool stored) {
        if (!stored) {
          storage_failed();
        }
      };
      if (entry.acknowledged) {
        sink.on_unreadable(what, std::move(batch), std::move(durable));
      } else {
        host.commit(std::move(batch), std::move(durable));
      }
      continue;
    }
    mark_seen(entry.in, batch);
    IncomingMessage out;
    out.info = entry.in.info;
    out.message = to_bytes(*copy.message);
    if (out.info.push_name.empty()) {
      out.info.push_name = copy.push_name;
    }
    ++counters.copies_taken;
    sink.on_message(std::move(out), std::move(batch),
                    [this, in = entry.in, acknowledged = entry.acknowledged](bool stored) {
                      if (!stored) {
                        storage_failed();
                        return;
                      }
                      remember(in);
                      if (!acknowledged) {
                        confirm(in, receipt_type(in));
                      }
                    });
  }
}

}  // namespace waxwing::multidevice
