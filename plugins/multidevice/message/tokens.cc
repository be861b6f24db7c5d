// SPDX-License-Identifier: Apache-2.0
// Tokens of trusted contacts: whoever was written to gives the writer one, and may in turn be
// written to by those whose token they have. Durations are WhatsApp Web's settings
// tctoken_duration and tctoken_num_buckets.
#include "multidevice/message/parts.hpp"
#include "multidevice/message/rows.hpp"

namespace waxwing::multidevice {
namespace {

constexpr std::uint64_t kBucketSeconds = 604'800;
constexpr std::uint64_t kBuckets = 4;  // so many of them, the present one included, count

std::uint64_t bucket(std::uint64_t time_s) {
  return time_s / kBucketSeconds;
}

TokenRow read_row(const Bytes* row) {
  return row == nullptr ? TokenRow() : TokenRow::decode(*row);
}

}  // namespace

void Messenger::Parts::want_token(const Person& who, Vault::Rows& rows) {
  const std::string key = person_row(who);
  if (!vault.has(rows::kTokens, key)) {
    rows.push_back({rows::kTokens, key});
  }
}

Bytes Messenger::Parts::token_of(const Person& who) {
  TokenRow row = read_row(vault.octets(rows::kTokens, person_row(who)));
  return bucket(row.made_s) + kBuckets > bucket(now_s()) ? std::move(row.token) : Bytes();
}

// <notification type=privacy_token><tokens><token type=trusted_contact t [jid]/></tokens>
void Messenger::Parts::on_token(const Node& notification) {
  auto kept = std::make_shared<Node>(notification);
  vault.work([this, kept](bool readable) -> Vault::Rows {
    if (!readable) {
      return {};  // the server repeats it
    }
    const Jid from = kept->jid("from").value_or(Jid());
    Vault::Rows rows;
    want_person(from, rows);
    if (!rows.empty()) {
      return rows;
    }
    Person who = person(from);
    const auto alias = kept->jid(from.is_lid() ? "sender_pn" : "sender_lid");
    if (alias) {
      (from.is_lid() ? who.pn : who.lid) = alias->without_device();
    }
    want_token(who, rows);
    if (!rows.empty()) {
      return rows;
    }
    StoreBatch batch;
    if (alias) {
      learn(from, *alias, batch);
    }
    const std::string key = person_row(who);
    TokenRow row = read_row(vault.octets(rows::kTokens, key));
    const Node* tokens = kept->child("tokens");
    for (const Node& token : tokens == nullptr ? std::span<const Node>() : tokens->children()) {
      const std::optional<Jid> receiver = token.jid("jid");
      const std::uint64_t made_s = token.number("t").value_or(0);
      const bool ours = !receiver || is_own(*receiver);
      if (ours && token.text("type") == "trusted_contact" && !token.octets().empty() &&
          made_s != 0 && made_s >= row.made_s) {
        row.token = to_bytes(token.octets());
        row.made_s = made_s;
      }
    }
    vault.put(batch, rows::kTokens, key, row.encode());
    host.commit(std::move(batch), [this, kept](bool stored) {
      if (stored) {
        client.acknowledge(*kept);
      } else {
        storage_failed();
      }
    });
    return {};
  });
}

// Whom we have written to may answer: they get a token of ours, once in a bucket.
void Messenger::Parts::give_token(const Jid& user) {
  vault.work([this, user](bool readable) -> Vault::Rows {
    Vault::Rows rows;
    want_person(user, rows);
    if (!readable || !rows.empty()) {
      return readable ? rows : Vault::Rows();
    }
    const Person who = person(user);
    want_token(who, rows);
    if (!rows.empty()) {
      return rows;
    }
    const std::string key = person_row(who);
    TokenRow row = read_row(vault.octets(rows::kTokens, key));
    if (bucket(row.given_s) >= bucket(now_s())) {
      return {};
    }
    row.given_s = now_s();
    StoreBatch batch;
    vault.put(batch, rows::kTokens, key, row.encode());
    store(std::move(batch));
    Node token("token");
    token.set("jid", who.lid.empty() ? who.pn : who.lid).set("t", row.given_s);
    token.set("type", "trusted_contact");
    Node iq = query_node("set", "privacy", server_jid());
    iq.add(Node("tokens").add(std::move(token)));
    client.query(std::move(iq), [](const IqReply&) {});  // without it, the next week's is as good
    return {};
  });
}

}  // namespace waxwing::multidevice
