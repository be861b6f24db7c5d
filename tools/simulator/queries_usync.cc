// SPDX-License-Identifier: Apache-2.0
// usync: whatever a client wants to know about several persons at once.
#include "connection.hpp"
#include "queries.hpp"
#include "server.hpp"
#include "stanzas.hpp"

namespace waxwing::simulator {
namespace {

md::Node devices_node(const Account& account) {
  md::Node list("device-list");
  for (const auto& [number, device] : account.devices) {
    md::Node node("device");
    node.set("id", std::uint64_t{number});
    if (number != 0) {
      node.set("key-index", std::uint64_t{device.key_index});
    }
    list.add(std::move(node));
  }
  return md::Node("devices")
      .add(std::move(list))
      .add(md::Node("key-index-list")
               .set("ts", account.key_list_changed_s)
               .set_octets(key_index_list(account)));
}

// The account that one <user> of the query means; by address, or by number.
Account* account_of(const Query& query, const md::Node& asked) {
  if (const auto jid = asked.jid("jid")) {
    return query.server.world().find(*jid);
  }
  const md::Node* contact = asked.child("contact");
  std::string_view number = contact == nullptr ? std::string_view{} : contact->octets_as_text();
  if (number.starts_with('+')) {
    number.remove_prefix(1);
  }
  return query.server.world().find_phone(number);
}

void add_facet(md::Node& user, std::string_view facet, const md::Node& asked, Account* account) {
  if (facet == "contact") {
    md::Node contact("contact");
    contact.set("type", account == nullptr ? "out" : "in");
    if (const md::Node* number = asked.child("contact")) {
      contact.set_octets(md::to_bytes(number->octets()));
    }
    user.add(std::move(contact));
  } else if (account == nullptr) {
    return;
  } else if (facet == "devices") {
    user.add(devices_node(*account));
  } else if (facet == "lid") {
    user.add(md::Node("lid").set("val", account->lid_jid()));
  } else if (facet == "disappearing_mode") {
    user.add(md::Node(facet).set("duration", "0").set("t", "0"));
  } else {
    user.add(md::Node(facet));
  }
}

}  // namespace

Answer usync(const Query& query) {
  const md::Node& asked = *query.iq.child("usync");
  const md::Node* facets = asked.child("query");
  const md::Node* list = asked.child("list");
  if (facets == nullptr || list == nullptr) {
    query.server.violate(*query.connection, "usync.form", md::to_text(asked));
    return error_of(query.iq, 400, "bad-request");
  }
  md::Node result("result");
  for (const md::Node& facet : facets->children()) {
    result.add(md::Node(facet.tag()));
  }
  md::Node users("list");
  for (const md::Node& entry : list->children()) {
    Account* account = account_of(query, entry);
    md::Node user("user");
    if (const auto jid = entry.jid("jid")) {
      if (jid->device != 0) {
        query.server.violate(*query.connection, "usync.device", md::to_text(entry));
      }
      user.set("jid", *jid);
    } else if (account != nullptr) {
      user.set("jid", account->phone_jid());
    }
    for (const md::Node& facet : facets->children()) {
      add_facet(user, facet.tag(), entry, account);
      if (facet.tag() == "devices" && account != nullptr && account != query.connection->account) {
        account->watchers.insert(query.connection->account);
      }
    }
    users.add(std::move(user));
  }
  md::Node answer("usync");
  for (const std::string_view name : {"sid", "mode", "context", "last", "index"}) {
    answer.set(name, asked.text(name));
  }
  return result_of(query.iq).add(std::move(answer).add(std::move(result)).add(std::move(users)));
}

}  // namespace waxwing::simulator
