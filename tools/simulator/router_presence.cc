// SPDX-License-Identifier: Apache-2.0
// Who is online, and who types to whom.
#include <algorithm>

#include "connection.hpp"
#include "router.hpp"
#include "server.hpp"

namespace waxwing::simulator {

namespace {

bool is_available(const Account& account) {
  return std::any_of(account.devices.begin(), account.devices.end(),
                     [](const auto& entry) { return entry.second.available; });
}

}  // namespace

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
  if (const auto answer = subscribe(*to, {connection.device()->connection, nullptr, 0, *to})) {
    connection.send(*answer);
  }
}

std::optional<md::Node> Router::subscribe(const md::Jid& to, Subscriber subscriber) {
  Account* account = server_.world().find(to);
  if (account == nullptr) {
    return std::nullopt;
  }
  md::Node answer("presence");
  answer.set("from", to);
  if (!is_available(*account)) {
    answer.set("type", "unavailable").set("last", "deny");
  }
  account->subscribers.push_back(std::move(subscriber));
  return answer;
}

void Router::tell_presence(Account& account) {
  const auto device_of = [](const Subscriber& who) {
    return who.account == nullptr ? nullptr : who.account->device(who.number);
  };
  std::erase_if(account.subscribers, [&](const Subscriber& who) {
    return who.connection.expired() && device_of(who) == nullptr;
  });
  for (const Subscriber& who : account.subscribers) {
    md::Node news("presence");
    news.set("from", who.name);
    if (!is_available(account)) {
      news.set("type", "unavailable").set("last", server_.clock().now_s());
    }
    if (Device* device = device_of(who)) {
      tell(*device, news);
    } else {
      who.connection.lock()->send(news);
    }
  }
}

// Only to who is there now.
void Router::tell(Device& device, const md::Node& news) {
  const auto connection = device.connection.lock();
  if (connection && device.available) {
    connection->send(news);
  } else if (device.party != nullptr) {
    device.party->receive({}, news);
  }
}

void Router::on_chatstate(const Account& from, const md::Node& chatstate) {
  const std::optional<md::Jid> to = chatstate.jid("to");
  if (Group* group = to ? server_.groups().find(*to) : nullptr) {
    for (const Member& member : group->members) {
      for (auto& [number, device] : member.account->devices) {
        if (member.account != &from) {
          md::Node copy("chatstate");
          copy.set("from", *to);
          copy.set("participant", name_in(*group, from, 0, device));
          copy.set_children({chatstate.children().begin(), chatstate.children().end()});
          tell(device, copy);
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
    md::Node copy("chatstate");
    copy.set("from", to->is_lid() ? from.lid_jid() : from.phone_jid());
    for (const md::Node& child : chatstate.children()) {
      copy.add(child);
    }
    tell(device, copy);
  }
}

}  // namespace waxwing::simulator
