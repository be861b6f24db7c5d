// SPDX-License-Identifier: Apache-2.0
// Operations of phones: they write, read and type, make groups, and write at a pace.
#include <algorithm>
#include <optional>
#include <utility>

#include "control_call.hpp"
#include "control_json.hpp"
#include "server.hpp"

namespace waxwing::simulator {
namespace {

using nlohmann::json;

// Whom the body names; nothing after an answer.
std::optional<md::Jid> receiver_of(const Call& call) {
  auto to = md::Jid::parse(call.text("to"));
  if (!to) {
    call.fail(422, "to: an address such as 15550001001@s.whatsapp.net");
    return std::nullopt;
  }
  return *to;
}

void set_phone(const Call& call) {
  Account* account = call.account();
  if (account == nullptr) {
    return;
  }
  Party& phone = call.server.phones().of(*account);
  if (const json awake = call.body.value("awake", json()); awake.is_boolean()) {
    phone.set_awake(awake.get<bool>());
  }
  if (const json online = call.body.value("online", json()); online.is_boolean()) {
    account->devices[0].available = online.get<bool>();
    call.server.router().tell_presence(*account);
  }
  call.answer(to_json(phone));
}

void show_phone(const Call& call) {
  if (Account* account = call.account()) {
    call.answer(to_json(call.server.phones().of(*account)));
  }
}

void write_as_phone(const Call& call) {
  Account* account = call.account();
  const auto to = account != nullptr ? receiver_of(call) : std::nullopt;
  if (!to) {
    return;
  }
  Party& phone = call.server.phones().of(*account);
  phone.set_awake(true);  // It will have to read the answers.
  const auto id = phone.write(*to, message_of(call.body));
  if (!id) {
    return call.fail(422, id.error().message());
  }
  call.answer({{"id", *id}}, 201);
}

void read_as_phone(const Call& call) {
  if (Account* account = call.account()) {
    const auto ids = call.body.value("ids", std::vector<std::string>());
    call.answer({{"read", call.server.phones().of(*account).read(ids)}});
  }
}

void type_as_phone(const Call& call) {
  Account* account = call.account();
  const auto to = account != nullptr ? receiver_of(call) : std::nullopt;
  if (!to) {
    return;
  }
  const bool types = call.body.value("typing", true);
  md::Node state("chatstate");
  state.set("to", *to).add(md::Node(types ? "composing" : "paused"));
  call.server.router().on_chatstate(*account, state);
  call.answer(json::object());
}

void create_group(const Call& call) {
  std::vector<Account*> people;
  for (const json& phone : call.body.value("phones", json::array())) {
    Account* account =
        phone.is_string() ? call.server.world().find_phone(phone.get<std::string>()) : nullptr;
    if (account == nullptr) {
      return call.fail(422, "phones: numbers of accounts, the first of whom makes the group");
    }
    people.push_back(account);
  }
  if (people.empty() || call.text("subject").empty()) {
    return call.fail(422, "subject and phones should not be empty");
  }
  const Group& group =
      call.server.groups().create(call.text("subject"), people, call.text("mode") != "pn", nullptr);
  call.answer(to_json(group), 201);
}

void list_groups(const Call& call) {
  json list = json::array();
  for (const auto& [id, group] : call.server.groups().all()) {
    list.push_back(to_json(group));
  }
  call.answer(list);
}

void start_load(const Call& call) {
  LoadPlan plan;
  for (const json& pair : call.body.value("pairs", json::array())) {
    const auto text = [&](std::size_t i) {
      return pair.is_array() && pair.size() == 2 && pair[i].is_string() ? pair[i].get<std::string>()
                                                                        : std::string();
    };
    Account* author = call.server.world().find_phone(text(0));
    const auto to = md::Jid::parse(text(1));
    if (author == nullptr || !to) {
      return call.fail(422,
                       "pairs: each the number of an account, and an address that it writes to");
    }
    plan.pairs.emplace_back(author, *to);
  }
  if (plan.pairs.empty()) {
    return call.fail(422, "pairs should not be empty");
  }
  plan.count = call.body.value("count", std::uint64_t{plan.pairs.size()});
  plan.per_s = call.body.value("per_s", plan.per_s);
  plan.window = call.body.value("window", plan.window);
  plan.size = std::min<std::size_t>(call.body.value("size", plan.size), 65'536);
  call.server.load().start(std::move(plan));
  call.answer(json::object());
}

void show_load(const Call& call) {
  const Load& load = call.server.load();
  call.answer({{"planned", load.planned()},
               {"written", load.written()},
               {"refused", load.refused()},
               {"confirmed", load.confirmed()}});
}

constexpr Operation kOperations[] = {
    {"GET", "/accounts/{}/phone", show_phone},
    {"PUT", "/accounts/{}/phone", set_phone},
    {"POST", "/accounts/{}/phone/messages", write_as_phone},
    {"POST", "/accounts/{}/phone/read", read_as_phone},
    {"POST", "/accounts/{}/phone/typing", type_as_phone},
    {"GET", "/groups", list_groups},
    {"POST", "/groups", create_group},
    {"GET", "/load", show_load},
    {"POST", "/load", start_load},
};

}  // namespace

std::span<const Operation> phone_operations() {
  return kOperations;
}

}  // namespace waxwing::simulator
