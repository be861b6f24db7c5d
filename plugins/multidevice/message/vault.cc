// SPDX-License-Identifier: Apache-2.0
// Rows in memory: loading, order of work, and throwing out what was not used for longest.
#include "multidevice/message/vault.hpp"

#include <algorithm>
#include <utility>

#include "multidevice/session/client_host.hpp"

namespace waxwing::multidevice {
namespace {

// Of one session: a hundred conversations, or a large group's key holders. Who has more of them at
// a time has rows read again, two or three for each message.
constexpr std::size_t kMostBytes = 96U << 10U;

// Of an allocation, beside what was asked for.
constexpr std::size_t kHeaderBytes = 16;

// With a letter for the space most names fit into a string that needs no memory of its own.
std::string name_of(std::string_view space, const std::string& key) {
  const auto* const at = std::find(std::begin(rows::kOfDevice), std::end(rows::kOfDevice), space);
  std::string name;
  name.reserve(1 + key.size());
  name.push_back(static_cast<char>('A' + (at - std::begin(rows::kOfDevice))));
  name.append(key);
  return name;
}

}  // namespace

void Vault::work(Work piece) {
  queue_.push_back(std::move(piece));
  if (!busy_) {
    pump();
  }
}

void Vault::pump() {
  busy_ = true;
  while (!queue_.empty()) {
    Rows missing = queue_.front()(std::exchange(readable_, true));
    if (!missing.empty()) {
      host_.load(missing, [this, missing](bool ok, const StoreRows& found) {
        readable_ = ok;
        if (ok) {
          take_in(missing, found);
        }
        pump();
      });
      return;
    }
    queue_.pop_front();
    shrink();
  }
  if (queue_.empty()) {
    queue_.shrink_to_fit();
  }
  busy_ = false;
}

void Vault::forget() {
  slots_.clear();
  weight_ = 0;
}

void Vault::take_in(const Rows& wanted, const StoreRows& found) {
  for (const StoreKey& key : wanted) {
    slot(key.space, key.key).second.value = std::monostate();
  }
  for (const StoreRow& row : found) {
    Slots::value_type& named = slot(row.space, std::string(row.key));
    Slot& to = named.second;
    // A record that cannot be read is one that is not there: the other side is asked again.
    if (row.space == rows::kSessions) {
      if (Result<SessionRecord> record = SessionRecord::decode(row.value)) {
        to.value = std::make_unique<SessionRecord>(std::move(*record));
      }
    } else if (row.space == rows::kSenderKeys) {
      if (Result<SenderKeyRecord> record = SenderKeyRecord::decode(row.value)) {
        to.value = std::make_unique<SenderKeyRecord>(std::move(*record));
      }
    } else {
      to.value = to_bytes(row.value);
    }
    weigh(named);
  }
}

Vault::Slot* Vault::find(std::string_view space, const std::string& key) {
  const auto found = slots_.find(name_of(space, key));
  if (found == slots_.end()) {
    return nullptr;
  }
  found->second.used = ++tick_;
  return &found->second;
}

Vault::Slots::value_type& Vault::slot(std::string_view space, const std::string& key) {
  const auto [at, made] = slots_.try_emplace(name_of(space, key));
  if (made) {
    weigh(*at);
  }
  at->second.used = ++tick_;
  return *at;
}

void Vault::weigh(Slots::value_type& named) {
  auto& [name, slot] = named;
  // The node has a link and a hash beside the pair, and its share of the table.
  std::size_t weight = sizeof named + 4 * sizeof(void*) + kHeaderBytes;
  if (name.capacity() > std::string().capacity()) {
    weight += name.capacity() + kHeaderBytes;
  }
  if (const auto* record = std::get_if<std::unique_ptr<SessionRecord>>(&slot.value)) {
    weight += (*record)->weight() + 2 * kHeaderBytes;
  } else if (const auto* sender = std::get_if<std::unique_ptr<SenderKeyRecord>>(&slot.value)) {
    weight += (*sender)->weight() + 2 * kHeaderBytes;
  } else if (const auto* octets = std::get_if<Bytes>(&slot.value)) {
    weight += octets->capacity() + kHeaderBytes;
  }
  weight_ += weight - slot.weight;
  slot.weight = static_cast<std::uint32_t>(weight);
}

void Vault::shrink() {
  if (weight_ <= kMostBytes) {
    return;
  }
  // Half of it goes at once, so that this is rare.
  std::vector<std::uint32_t> used;
  used.reserve(slots_.size());
  for (const auto& [name, slot] : slots_) {
    used.push_back(slot.used);
  }
  const auto middle = used.begin() + static_cast<std::ptrdiff_t>(used.size() / 2);
  std::nth_element(used.begin(), middle, used.end());
  const std::uint32_t limit = *middle;
  for (auto it = slots_.begin(); it != slots_.end();) {
    if (it->second.used <= limit) {
      weight_ -= it->second.weight;
      it = slots_.erase(it);
    } else {
      ++it;
    }
  }
}

bool Vault::has(std::string_view space, const std::string& key) {
  return find(space, key) != nullptr;
}

SessionRecord* Vault::session(const std::string& address) {
  Slot* found = find(rows::kSessions, address);
  const auto* record =
      found == nullptr ? nullptr : std::get_if<std::unique_ptr<SessionRecord>>(&found->value);
  return record == nullptr ? nullptr : record->get();
}

SenderKeyRecord* Vault::sender_key(const std::string& name) {
  Slot* found = find(rows::kSenderKeys, name);
  const auto* record =
      found == nullptr ? nullptr : std::get_if<std::unique_ptr<SenderKeyRecord>>(&found->value);
  return record == nullptr ? nullptr : record->get();
}

const Bytes* Vault::octets(std::string_view space, const std::string& key) {
  Slot* found = find(space, key);
  return found == nullptr ? nullptr : std::get_if<Bytes>(&found->value);
}

SessionRecord& Vault::make_session(const std::string& address) {
  if (SessionRecord* record = session(address)) {
    return *record;
  }
  return *slot(rows::kSessions, address).second.value.emplace<1>(std::make_unique<SessionRecord>());
}

SenderKeyRecord& Vault::make_sender_key(const std::string& name) {
  if (SenderKeyRecord* record = sender_key(name)) {
    return *record;
  }
  return *slot(rows::kSenderKeys, name)
              .second.value.emplace<2>(std::make_unique<SenderKeyRecord>());
}

void Vault::save_session(StoreBatch& batch, const std::string& address) {
  if (const SessionRecord* record = session(address)) {
    batch.put(rows::kSessions, address, record->encode());
    weigh(slot(rows::kSessions, address));
  }
}

void Vault::save_sender_key(StoreBatch& batch, const std::string& name) {
  if (const SenderKeyRecord* record = sender_key(name)) {
    batch.put(rows::kSenderKeys, name, record->encode());
    weigh(slot(rows::kSenderKeys, name));
  }
}

void Vault::put(StoreBatch& batch, std::string_view space, const std::string& key, Bytes value,
                std::int64_t expires_at_ms) {
  batch.put(space, key, SecretBytes(ByteView(value)), expires_at_ms);
  Slots::value_type& named = slot(space, key);
  named.second.value = std::move(value);
  weigh(named);
}

void Vault::erase(StoreBatch& batch, std::string_view space, const std::string& key) {
  batch.erase(space, key);
  let_go(space, key);
}

void Vault::let_go(std::string_view space, const std::string& key) {
  if (const auto it = slots_.find(name_of(space, key)); it != slots_.end()) {
    weight_ -= it->second.weight;
    slots_.erase(it);
  }
}

}  // namespace waxwing::multidevice
