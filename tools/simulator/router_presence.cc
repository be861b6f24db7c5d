// SPDX-License-Identifier: Apache-2.0
// Who is online, and who types to whom.
#include <algorithm>

#include "connection.hpp"
#include "router.hpp"
#include "server.hpp"

namespace waxwing::simulator {

void Router::on_presence(Connection& connection, const md::Node& presence) {
  const std::string_view type = presence.text("type");
  if (const std::string_view name = presence.text("name"); !name.empty()) {
    connection.account->name = name;
  }
  if (type.empty() || type == "available" || type == "unavailable") {
    connection.device()->available = type != "unavailable";
    return tell_presence(*connection.account);
  }
  const std::optional<md::Jid> to = presence.jid("to");
  if (type != "subscribe" || !to) {
    return server_.violate(connection, "presence.type", md::to_text(presence));
  }
  Account* account = server_.world().find(*to);
  if (account == nullptr) {
    return;
  }
  const bool available = std::any_of(account->devices.begin(), account->devices.end(),
                                     [](const auto& entry) { return entry.second.available; });
  md::Node answer("presence");
  answer.set("from", *to);
  if (!available) {
    answer.set("type", "unavailable").set("last", "deny");
  }
  connection.send(answer);
  account->subscribers.emplace_back(connection.device()->connection, *to);
}

void Router::tell_presence(Account& account) {
  const bool available = std::any_of(account.devices.begin(), account.devices.end(),
                                     [](const auto& entry) { return entry.second.available; });
  std::erase_if(account.subscribers, [](const auto& entry) { return entry.first.expired(); });
  for (const auto& [subscriber, name] : account.subscribers) {
    md::Node news("presence");
    news.set("from", name);
    if (!available) {
      news.set("type", "unavailable").set("last", server_.clock().now_s());
    }
    subscriber.lock()->send(news);
  }
}

void Router::on_chatstate(const Account& from, const md::Node& chatstate) {
  const std::optional<md::Jid> to = chatstate.jid("to");
  if (Group* group = to ? server_.groups().find(*to) : nullptr) {
    for (const Member& member : group->members) {
      for (auto& [number, device] : member.account->devices) {
        const auto other = device.connection.lock();
        if (other && device.available && member.account != &from) {
          md::Node copy("chatstate");
          copy.set("from", *to);
          copy.set("participant", name_in(*group, from, 0, device));
          copy.set_children({chatstate.children().begin(), chatstate.children().end()});
          other->send(copy);
        }
      }
    }
    return;
  }
  Account* account = to ? server_.world().find(*to) : nullptr;
  if (account == nullptr) {
    return;
  }
  for (auto& [number, device] : account->devices) {
    const auto other = device.connection.lock();
    if (other && device.available) {
      md::Node copy("chatstate");
      copy.set("from", to->is_lid() ? from.lid_jid() : from.phone_jid());
      for (const md::Node& child : chatstate.children()) {
        copy.add(child);
      }
      other->send(copy);
    }
  }
}

}  // namespace waxwing::simulator
