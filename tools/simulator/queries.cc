// SPDX-License-Identifier: Apache-2.0
// The table of queries, and the handlers that are a few lines.
#include "queries.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "connection.hpp"
#include "multidevice/crypto/random.hpp"
#include "server.hpp"
#include "stanzas.hpp"

namespace waxwing::simulator {
namespace {

Answer empty_result(const Query& query) {
  return result_of(query.iq);
}

Answer not_found(const Query& query) {
  return error_of(query.iq, 404, "item-not-found");
}

Answer ping(const Query& query) {
  query.server.answer_ping(*query.connection, query.iq);
  return std::nullopt;
}

Answer set_passive(const Query& query) {
  const bool active = query.iq.child("active") != nullptr;
  query.connection->send(result_of(query.iq));
  if (active) {
    query.server.on_active(*query.connection);
  }
  return std::nullopt;
}

Answer props(const Query& query) {
  const md::Node* asked = query.iq.child("props");
  const std::string_view protocol = asked->text("protocol");
  const bool old = query.iq.text("xmlns") == "w";
  if (protocol != (old ? "2" : "1")) {
    query.server.violate(*query.connection, "props.protocol", std::string(protocol));
    return error_of(query.iq, 400, "bad-request");
  }
  return result_of(query.iq).add(md::Node("props")
                                     .set("protocol", protocol)
                                     .set("ab_key", "simulator")
                                     .set("hash", "simulator")
                                     .set("refresh", "86400")
                                     .set("refresh_id", "1"));
}

Answer blocklist(const Query& query) {
  return result_of(query.iq).add(md::Node("list").set("dhash", "0").set("matched", "false"));
}

// So that those may write to whoever asks.
Answer give_tokens(const Query& query) {
  constexpr std::size_t kTokenBytes = 32;
  for (const md::Node& asked : query.iq.child("tokens")->children()) {
    const auto jid = asked.jid("jid");
    Account* account = jid ? query.server.world().find(*jid) : nullptr;
    if (account == nullptr || asked.text("type") != "trusted_contact" || !asked.number("t")) {
      query.server.violate(*query.connection, "privacy.token", md::to_text(asked));
      continue;
    }
    const md::Bytes token = md::random_bytes(kTokenBytes);
    query.account.tokens[account] = token;
    md::Node news("token");
    news.set("jid", *jid).set("type", "trusted_contact").set("t", asked.text("t"));
    news.set_octets(token);
    for (auto& [number, device] : account->devices) {
      query.server.router().deliver(device, query.server.router().next_id(),
                                    md::Node("notification")
                                        .set("from", query.account.phone_jid())
                                        .set("sender_lid", query.account.lid_jid())
                                        .set("type", "privacy_token")
                                        .set("t", query.server.clock().now_s())
                                        .add(md::Node("tokens").add(news)));
    }
  }
  return result_of(query.iq);
}

Answer privacy(const Query& query) {
  md::Node list("privacy");
  for (const std::string_view name :
       {"readreceipts", "last", "online", "profile", "status", "groupadd", "calladd", "messages"}) {
    list.add(md::Node("category").set("name", name).set("value", "all"));
  }
  return result_of(query.iq).add(std::move(list));
}

Answer remove_companion(const Query& query) {
  const md::Node* request = query.iq.child("remove-companion-device");
  if (request->jid("jid") != query.account.phone_jid(query.device.number)) {
    query.server.violate(*query.connection, "logout.jid", md::to_text(*request));
    return error_of(query.iq, 400, "bad-request");
  }
  query.connection->send(result_of(query.iq));
  (void)query.server.unlink(query.account, query.device.number);
  return std::nullopt;
}

struct Row {
  std::string_view xmlns;
  std::string_view type;
  std::string_view child;  // Empty: whatever it is, or none.
  Answer (*answer)(const Query&);
};

// The first row that fits counts.
constexpr std::array kRows = {
    Row{"encrypt", "get", "count", count_prekeys},
    Row{"encrypt", "get", "digest", digest_keys},
    Row{"encrypt", "get", "key", fetch_bundles},
    Row{"encrypt", "set", "rotate", rotate_signed_prekey},
    Row{"encrypt", "set", "list", upload_prekeys},
    Row{"passive", "set", "", set_passive},
    Row{"w:p", "get", "", ping},
    Row{"abt", "get", "props", props},
    Row{"w", "get", "props", props},
    Row{"blocklist", "get", "", blocklist},
    Row{"blocklist", "set", "", blocklist},
    Row{"privacy", "get", "privacy", privacy},
    Row{"privacy", "set", "tokens", give_tokens},
    Row{"privacy", "set", "", empty_result},
    Row{"usync", "get", "usync", usync},
    Row{"w:g2", "get", "query", ask_group},
    Row{"w:g2", "get", "participating", ask_own_groups},
    Row{"w:g2", "set", "create", create_group},
    Row{"w:g2", "set", "leave", leave_group},
    Row{"w:g2", "set", "subject", set_group_subject},
    Row{"w:g2", "set", "description", set_group_description},
    Row{"w:g2", "set", "ephemeral", set_group_timer},
    Row{"w:g2", "set", "not_ephemeral", set_group_timer},
    Row{"w:g2", "set", "add", add_members},
    Row{"w:g2", "set", "remove", remove_members},
    Row{"w:g2", "set", "promote", promote_members},
    Row{"w:g2", "set", "demote", demote_members},
    Row{"md", "set", "remove-companion-device", remove_companion},
    Row{"urn:xmpp:whatsapp:dirty", "set", "clean", empty_result},
    Row{"urn:xmpp:whatsapp:push", "set", "", empty_result},
    Row{"w:stats", "set", "", empty_result},
    Row{"tos", "get", "", empty_result},
    Row{"status", "set", "", empty_result},
    Row{"w:profile:picture", "get", "", not_found},
    Row{"w:biz", "get", "", not_found},
};

const Row* find_row(const md::Node& iq) {
  const auto* const row = std::find_if(kRows.begin(), kRows.end(), [&](const Row& candidate) {
    return candidate.xmlns == iq.text("xmlns") && candidate.type == iq.text("type") &&
           (candidate.child.empty() || iq.child(candidate.child) != nullptr);
  });
  return row == kRows.end() ? nullptr : row;
}

}  // namespace

md::Node ask_of_groups(Server& server, Account& account, Device& device, const md::Node& iq) {
  const Row* row = iq.text("xmlns") == "w:g2" ? find_row(iq) : nullptr;
  const Answer answer =
      row == nullptr ? std::nullopt : row->answer({server, nullptr, iq, account, device});
  return answer ? *answer : error_of(iq, 501, "feature-not-implemented");
}

void on_query(Server& server, Connection& connection, const md::Node& iq) {
  const std::string_view type = iq.text("type");
  if (type == "result" || type == "error") {
    return;  // To a query of ours; those that matter are waited for where they are sent.
  }
  if (iq.text("id").empty() || !iq.has("to")) {
    server.violate(connection, "iq.form", md::to_text(iq));
  }
  const Query query{server, &connection, iq, *connection.account, *connection.device()};
  const Row* row = find_row(iq);
  if (row == nullptr) {
    server.violate(connection, "iq.unknown", md::to_text(iq));
    return connection.send(error_of(iq, 501, "feature-not-implemented"));
  }
  if (const Answer answer = row->answer(query)) {
    connection.send(*answer);
  }
}

}  // namespace waxwing::simulator
