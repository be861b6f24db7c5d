// SPDX-License-Identifier: Apache-2.0
// Accounts and devices, without any protocol.
#include "world.hpp"

#include <algorithm>

#include "multidevice/crypto/random.hpp"
#include "multidevice/pair/device_identity.hpp"

namespace waxwing::simulator {
namespace {

constexpr std::size_t kPrekeys = 50;

bool is_digits(std::string_view text) {
  return text.size() >= 7 && text.size() <= 15 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

DeviceKeys make_keys(const md::KeyPair& identity, Device& device) {
  DeviceKeys keys;
  keys.record.identity = identity;
  keys.record.registration_id = 1 + md::random_below(16380);
  keys.record.signed_prekey = md::SignedPrekey::make(1, identity);
  device.identity = identity.open;
  device.registration_id = keys.record.registration_id;
  device.signed_prekey = {keys.record.signed_prekey.id, keys.record.signed_prekey.key.open,
                          keys.record.signed_prekey.signature};
  std::uint32_t id = 0;
  for (const md::KeyPair& key : md::KeyPair::generate_many(kPrekeys)) {
    device.prekeys.push_back({++id, key.open});
    keys.prekeys.emplace(id, key.secret);
  }
  return keys;
}

void make_phone(Account& account) {
  account.identity = md::KeyPair::generate();
  account.raw_id = md::random_below(1U << 31U);
  Device& device = account.devices[0];
  Party* const party = device.party;
  device = Device();
  device.party = party;
  account.phone_keys = make_keys(account.identity, device);
  account.phone_keys.record.pn = account.phone_jid();
  account.phone_keys.record.lid = account.lid_jid();
}

bool SeenNumbers::insert(std::uint32_t number) {
  auto next = ranges_.upper_bound(number);
  if (next != ranges_.begin()) {
    const auto before = std::prev(next);
    if (number <= before->second) {
      return false;
    }
    if (number == before->second + 1) {
      before->second = number;
      if (next != ranges_.end() && next->first == number + 1) {
        before->second = next->second;
        ranges_.erase(next);
      }
      return true;
    }
  }
  if (next != ranges_.end() && next->first == number + 1) {
    const std::uint32_t last = next->second;
    ranges_.erase(next);
    ranges_[number] = last;
    return true;
  }
  ranges_[number] = number;
  return true;
}

md::Jid Account::phone_jid(std::uint16_t device) const {
  return md::Jid::of_user(phone, md::server::kUser, device);
}

md::Jid Account::lid_jid(std::uint16_t device) const {
  return md::Jid::of_user(lid, md::server::kLid, device);
}

Device* Account::device(std::uint16_t number) {
  const auto found = devices.find(number);
  return found == devices.end() ? nullptr : &found->second;
}

std::vector<std::uint32_t> Account::key_indexes() const {
  std::vector<std::uint32_t> indexes;
  for (const auto& [number, device] : devices) {
    if (number != 0) {
      indexes.push_back(device.key_index);
    }
  }
  return indexes;
}

Account* World::create(std::string_view phone, std::string_view name) {
  if (!is_digits(phone) || find_phone(phone) != nullptr) {
    return nullptr;
  }
  auto account = std::make_unique<Account>();
  account->phone = phone;
  account->lid = std::to_string(100000000000001 + accounts_.size());
  account->name = name;
  make_phone(*account);
  by_phone_[account->phone] = account.get();
  by_lid_[account->lid] = account.get();
  accounts_.push_back(std::move(account));
  return accounts_.back().get();
}

Account* World::find_phone(std::string_view phone) {
  const auto found = by_phone_.find(std::string(phone));
  return found == by_phone_.end() ? nullptr : found->second;
}

Account* World::find(const md::Jid& jid) {
  if (jid.server == md::server::kLid) {
    const auto found = by_lid_.find(jid.user);
    return found == by_lid_.end() ? nullptr : found->second;
  }
  if (jid.server == md::server::kUser || jid.server == md::server::kLegacyUser) {
    return find_phone(jid.user);
  }
  return nullptr;
}

md::Bytes key_index_list(const Account& account) {
  return md::encode_key_index_list(account.raw_id, account.key_list_changed_s,
                                   account.key_indexes());
}

md::Bytes prekey_id_octets(std::uint32_t id) {
  md::Bytes octets;
  md::append_be(octets, id, 3);
  return octets;
}

}  // namespace waxwing::simulator
