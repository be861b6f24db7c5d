// SPDX-License-Identifier: Apache-2.0
// Groups: who is in which, how they look in stanzas, and who is told of changes.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "multidevice/binary/node.hpp"

namespace waxwing::simulator {

namespace md = multidevice;

struct Account;
struct Device;
class Server;

struct Member {
  enum class Role : std::uint8_t { Member, Admin, Creator };
  Account* account = nullptr;
  Role role = Role::Member;
};

struct Group {
  std::string id;  // "120363000000000001"
  std::string subject;
  std::string description;
  std::string description_id;
  std::uint64_t created_s = 0;
  std::uint64_t subject_s = 0;
  Account* creator = nullptr;
  Account* subject_by = nullptr;
  bool by_lid = true;  // how members are addressed
  bool announce = false;
  bool locked = false;
  std::uint64_t timer_s = 0;  // after which messages disappear; 0: they stay
  std::vector<Member> members;

  [[nodiscard]] md::Jid jid() const;
  [[nodiscard]] Member* find(const Account* account);
  [[nodiscard]] bool is_admin(const Account* account);
};

// How a device sees somebody in a group: an old client knows phone numbers only.
[[nodiscard]] md::Jid name_in(const Group& group, const Account& account, std::uint16_t number,
                              const Device& reader);
// What a client that knows its devices writes as phash.
[[nodiscard]] std::string device_hash(const Group& group, const Device& reader);
// <group/> with its members, for that reader.
[[nodiscard]] md::Node group_node(const Group& group, const Device& reader);

class Groups {
 public:
  explicit Groups(Server& server) : server_(server) {}

  // Of these, the first of whom made it; everybody but `silent` (may be null) is told.
  Group& create(std::string_view subject, const std::vector<Account*>& accounts, bool by_lid,
                const Device* silent);
  [[nodiscard]] Group* find(const md::Jid& jid);
  [[nodiscard]] std::vector<Group*> of(const Account& account);
  [[nodiscard]] const std::map<std::string, Group>& all() const noexcept { return groups_; }
  // <notification type="w:gp2"/> with that change to every device of these but `silent`.
  // `change` makes it for a reader.
  void tell(const Group& group, const Account& actor, const std::vector<Account*>& readers,
            const Device* silent, const std::function<md::Node(const Device&)>& change);
  [[nodiscard]] static std::vector<Account*> accounts(const Group& group);

 private:
  Server& server_;
  std::map<std::string, Group> groups_;
};

}  // namespace waxwing::simulator
