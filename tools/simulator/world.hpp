// SPDX-License-Identifier: Apache-2.0
// What WhatsApp's servers and phones know: accounts, their devices, and what waits for those.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "multidevice/binary/node.hpp"
#include "multidevice/crypto/curve25519.hpp"
#include "multidevice/crypto/signature.hpp"
#include "multidevice/store/device_record.hpp"

namespace waxwing::simulator {

namespace md = multidevice;

class Connection;

// Numbers that have been seen, kept as ranges: devices number their prekeys in a row.
class SeenNumbers {
 public:
  // False when it has been seen before.
  bool insert(std::uint32_t number);

 private:
  std::map<std::uint32_t, std::uint32_t> ranges_;  // First to last, inclusive.
};

struct Prekey {
  std::uint32_t id = 0;  // 24 bits.
  md::PublicKey key{};
};

struct SignedPrekey {
  std::uint32_t id = 0;
  md::PublicKey key{};
  md::Signature signature{};
};

// A stanza that waits until its receiver has acknowledged it.
struct Waiting {
  std::string id;
  md::Node stanza;
  std::uint64_t sent_s = 0;  // 0: not on the present connection.
};

struct Account;

// A device of an account; number 0 is the phone.
struct Device {
  std::uint16_t number = 0;
  std::uint32_t key_index = 0;
  md::PublicKey noise_key{};
  md::PublicKey identity{};
  std::uint32_t registration_id = 0;
  SignedPrekey signed_prekey;
  std::deque<Prekey> prekeys;
  SeenNumbers prekey_ids;
  md::Bytes device_identity;  // ADVSignedDeviceIdentity with both signatures; empty for the phone.
  bool old_dictionary = false;  // Its client speaks dictionary 2 and knows phone numbers only.
  bool available = false;
  Account* owner = nullptr;  // Of the phone.
  std::deque<Waiting> waiting;
  std::weak_ptr<Connection> connection;
};

struct Account {
  std::string phone;  // Digits.
  std::string lid;    // Digits.
  std::string name;
  md::KeyPair identity;         // The phone's.
  md::DeviceRecord phone_keys;  // Its other keys.
  std::map<std::uint32_t, md::PrivateKey> phone_prekeys;
  std::string passkey_code;  // That the phone shows; empty while no linking is that far.
  std::uint32_t raw_id = 0;
  std::uint16_t next_device = 1;
  std::uint32_t next_key_index = 1;
  std::uint64_t key_list_changed_s = 0;
  std::map<std::uint16_t, Device> devices;
  // Who wants to hear of its presence, under which of its names.
  std::vector<std::pair<std::weak_ptr<Connection>, md::Jid>> subscribers;
  std::set<Account*> watchers;  // Who asked for its devices, and so hears when they change.
  std::map<const Account*, md::Bytes> tokens;  // That it gave to others, so that they may write.
  std::set<Account*> blocked;  // Whose messages do not arrive, without their being told.

  [[nodiscard]] md::Jid phone_jid(std::uint16_t device = 0) const;
  [[nodiscard]] md::Jid lid_jid(std::uint16_t device = 0) const;
  [[nodiscard]] Device* device(std::uint16_t number);
  [[nodiscard]] std::vector<std::uint32_t> key_indexes() const;  // Of the companions.
};

// Accounts stay where they are in memory as long as the world.
class World {
 public:
  // `phone`: 7 to 15 digits that no account has yet. The phone device gets its keys at once, so
  // that others can write to it.
  [[nodiscard]] Account* create(std::string_view phone, std::string_view name);
  // By phone number or LID; null when nobody has it.
  [[nodiscard]] Account* find(const md::Jid& jid);
  [[nodiscard]] Account* find_phone(std::string_view phone);
  [[nodiscard]] const std::vector<std::unique_ptr<Account>>& accounts() const { return accounts_; }

 private:
  std::vector<std::unique_ptr<Account>> accounts_;
  std::unordered_map<std::string, Account*> by_phone_;
  std::unordered_map<std::string, Account*> by_lid_;
};

// New keys for the account and its phone, as when WhatsApp is installed anew. Whatever others knew
// of it is void.
void make_phone(Account& account);

// ADVSignedKeyIndexList of the account's present companions.
[[nodiscard]] md::Bytes key_index_list(const Account& account);
// As it stands in <id>: three octets.
[[nodiscard]] md::Bytes prekey_id_octets(std::uint32_t id);

}  // namespace waxwing::simulator
