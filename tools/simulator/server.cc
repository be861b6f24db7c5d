// SPDX-License-Identifier: Apache-2.0
// Login, the end of connections, and the way of each stanza.
#include "server.hpp"

#include <algorithm>
#include <utility>

#include "connection.hpp"
#include "multidevice/crypto/random.hpp"
#include "multidevice/proto/client_payload.pb.h"
#include "queries.hpp"
#include "stanzas.hpp"

namespace waxwing::simulator {

namespace pb = md::pb;

Server::Server(Clock& clock, Options options)
    : clock_(clock), options_(options), routing_info_(md::random_bytes(12)) {}

md::Responder::Params Server::responder(const md::Header& header) const {
  md::Responder::Params params;
  params.static_key = certificates_.server_key();
  params.chain = certificates_.chain(faults_.certificate, clock_.now_s());
  params.header = header;
  params.accept_resume = options_.accept_resume;
  return params;
}

bool Server::is_routing_info(md::ByteView octets) const {
  return std::equal(octets.begin(), octets.end(), routing_info_.begin(), routing_info_.end());
}

void Server::violate(const Connection& connection, std::string_view rule, std::string_view detail) {
  violations_.add(rule, connection.label() + ": " + std::string(detail));
}

void Server::note_other_encoding(const Connection& connection, const md::Node& stanza) {
  ++counts_.other_encodings;
  // Clients of dictionary 2 write an empty text as no value.
  if (connection.dictionary() == md::DictionaryVersion::V3) {
    violate(connection, "encoding.other", md::to_text(stanza));
  }
}

void Server::record(const Connection& connection, bool from_client, const md::Node& stanza) {
  ++(from_client ? counts_.stanzas_in : counts_.stanzas_out);
  if (options_.transcript_lines == 0) {
    return;
  }
  transcript_.push_back(connection.label() + (from_client ? " C> " : " S> ") + md::to_text(stanza));
  if (transcript_.size() > options_.transcript_lines) {
    transcript_.pop_front();
  }
}

Server::Counts Server::counts() const {
  Counts counts = counts_;
  counts.connections = connections_made_;
  counts.open = open_.size();
  return counts;
}

void Server::fail_login(Connection& connection, const LoginFailure& failure) {
  md::Node node("failure");
  node.set("reason", std::uint64_t{failure.reason}).set("location", "sim");
  if (failure.code) {
    node.set("code", std::uint64_t{*failure.code});
  }
  if (failure.expire_s) {
    node.set("expire", std::uint64_t{*failure.expire_s});
  }
  connection.send(node);
  connection.send(md::Node("xmlstreamend"));
  connection.close(Connection::kLinger);
}

void Server::refuse(Connection& connection, std::uint32_t reason, std::string_view rule,
                    std::string_view detail) {
  violate(connection, rule, detail);
  fail_login(connection, {reason, std::nullopt, std::nullopt});
}

void Server::on_client(Connection& connection, md::ByteView octets) {
  open_[&connection] = connection.weak_from_this();
  pb::ClientPayload payload;
  if (!payload.ParseFromArray(octets.data(), static_cast<int>(octets.size()))) {
    return refuse(connection, 400, "login.payload", "it cannot be read");
  }
  const pb::UserAgent& agent = payload.user_agent();
  if (agent.platform() != pb::UserAgent::WEB || !payload.has_web_info()) {
    violate(connection, "login.payload", "it is no web client's");
  }
  if (faults_.login_failure) {
    return fail_login(connection, *faults_.login_failure);
  }
  if (agent.app_version().tertiary() < faults_.minimum_version) {
    return fail_login(connection, {405, std::nullopt, std::nullopt});
  }
  if (payload.has_device_pairing_data()) {
    return pairing_.begin(connection, octets);
  }
  login(connection, payload.username(), payload.device());
}

void Server::login(Connection& connection, std::uint64_t username, std::uint32_t number) {
  Account* account = world_.find_phone(std::to_string(username));
  Device* device = account == nullptr || number == 0 || number > UINT16_MAX
                       ? nullptr
                       : account->device(static_cast<std::uint16_t>(number));
  // A device that was removed is no client's mistake; the key of another device is.
  if (device == nullptr) {
    return fail_login(connection, {401, std::nullopt, std::nullopt});
  }
  if (device->noise_key != connection.noise_key()) {
    return refuse(connection, 401, "login.noise_key", "the device has another key");
  }
  if (const auto other = device->connection.lock(); other && other.get() != &connection) {
    other->end_stream(std::nullopt, "replaced");
  }
  connection.account = account;
  connection.device_number = device->number;
  device->connection = connection.weak_from_this();
  device->available = false;
  device->old_dictionary = connection.dictionary() == md::DictionaryVersion::V2;
  ++counts_.logins;
  welcome(connection);
}

void Server::welcome(Connection& connection) {
  const Account& account = *connection.account;
  const Device& device = *connection.device();
  connection.send(md::Node("success")
                      .set("t", clock_.now_s())
                      .set("props", "27")
                      .set("companion_enc_static", md::to_base64(certificates_.server_key().open))
                      .set("location", "sim")
                      .set("creation", clock_.now_s())
                      .set("lid", account.lid_jid(device.number))
                      .set("display_name", account.name)
                      .set("abprops", "1")
                      .set("group_abprops", "1"));
  const auto ib = [&](md::Node child) {
    connection.send(md::Node("ib").set("from", md::server_jid()).add(std::move(child)));
  };
  ib(md::Node("edge_routing").add(md::Node("routing_info").set_octets(md::Bytes(routing_info_))));
  if (!device.waiting.empty()) {
    const auto count_of = [&](std::string_view tag) {
      return static_cast<std::uint64_t>(
          std::count_if(device.waiting.begin(), device.waiting.end(),
                        [&](const Waiting& waiting) { return waiting.stanza.tag() == tag; }));
    };
    ib(md::Node("offline_preview")
           .set("count", std::uint64_t{device.waiting.size()})
           .set("message", count_of("message"))
           .set("receipt", count_of("receipt"))
           .set("notification", count_of("notification"))
           .set("appdata", std::uint64_t{0})
           .set("call", count_of("call")));
  }
}

void Server::on_active(Connection& connection) {
  if (connection.delivered_backlog) {
    return;
  }
  connection.delivered_backlog = true;
  Device& device = *connection.device();
  for (Waiting& waiting : device.waiting) {
    waiting.sent_s = clock_.now_s();
    connection.send(md::Node(waiting.stanza).set("offline", "1"));
  }
  connection.send(md::Node("ib")
                      .set("from", md::server_jid())
                      .add(md::Node("offline").set("count", std::uint64_t{device.waiting.size()})));
}

void Server::answer_ping(Connection& connection, const md::Node& iq) {
  if (!faults_.ignore_pings) {
    connection.send(result_of(iq).set("t", clock_.now_s()));
  }
}

void Server::on_stanza(Connection& connection, const md::Node& stanza) {
  record(connection, true, stanza);
  if (connection.registration) {
    return pairing_.on_stanza(connection, stanza);
  }
  if (connection.device() == nullptr) {
    return violate(connection, "login.early", md::to_text(stanza));
  }
  const std::string_view tag = stanza.tag();
  if (tag == "iq") {
    return on_query(*this, connection, stanza);
  }
  if (tag == "message") {
    return router_.on_message(connection, stanza);
  }
  if (tag == "receipt") {
    return router_.on_receipt(connection, stanza);
  }
  if (tag == "ack") {
    return router_.on_ack(connection, stanza);
  }
  if (tag == "presence") {
    return router_.on_presence(connection, stanza);
  }
  if (tag == "chatstate") {
    return router_.on_chatstate(*connection.account, stanza);
  }
  if (tag == "ib" &&
      (stanza.child("unified_session") != nullptr || stanza.child("offline_batch") != nullptr)) {
    return;
  }
  violate(connection, "stanza.unknown", md::to_text(stanza));
}

void Server::on_gone(Connection& connection) {
  open_.erase(&connection);
  if (connection.registration) {
    pairing_.on_gone(connection);
  }
  Device* device = connection.device();
  if (device != nullptr && device->connection.lock().get() == &connection) {
    router_.check_acknowledged(connection, *device);
    device->connection.reset();
    device->available = false;
  }
}

void Server::on_devices_changed(Account& account, std::uint16_t changed) {
  account.key_list_changed_s = clock_.now_s();
  std::vector<md::Jid> jids;
  for (const auto& [number, device] : account.devices) {
    jids.push_back(account.phone_jid(number));
  }
  md::Node devices("devices");
  devices.set("dhash", device_list_hash(jids));
  for (const auto& [number, device] : account.devices) {
    md::Node node("device");
    node.set("jid", account.phone_jid(number));
    if (number != 0) {
      node.set("key-index", std::uint64_t{device.key_index});
    }
    devices.add(std::move(node));
  }
  devices.add(md::Node("key-index-list")
                  .set("ts", account.key_list_changed_s)
                  .set_octets(key_index_list(account)));
  for (auto& [number, device] : account.devices) {
    if (number != 0 && number != changed) {
      router_.deliver(device, router_.next_id(),
                      md::Node("notification")
                          .set("from", account.phone_jid())
                          .set("type", "account_sync")
                          .set("t", clock_.now_s())
                          .add(devices));
    }
  }
  const bool added = account.device(changed) != nullptr;
  md::Node device("device");
  device.set("jid", account.phone_jid(changed));
  if (added) {
    device.set("key-index", std::uint64_t{account.device(changed)->key_index});
  }
  md::Node change(added ? "add" : "remove");
  change.set("device_hash", device_list_hash(jids));
  change.add(std::move(device));
  change.add(md::Node("key-index-list").set("ts", account.key_list_changed_s));
  tell_watchers(account, "devices", change);
}

void Server::tell_watchers(const Account& account, const char* type, const md::Node& change) {
  for (Account* watcher : account.watchers) {
    for (auto& [number, theirs] : watcher->devices) {
      router_.deliver(theirs, router_.next_id(),
                      md::Node("notification")
                          .set("from", account.phone_jid())
                          .set("lid", account.lid_jid())
                          .set("type", type)
                          .set("t", clock_.now_s())
                          .add(change));
    }
  }
}

bool Server::unlink(Account& account, std::uint16_t number) {
  Device* device = account.device(number);
  if (device == nullptr || number == 0) {
    return false;
  }
  const auto connection = device->connection.lock();
  if (connection) {
    connection->end_stream(401, "device_removed");
  }
  account.devices.erase(number);
  on_devices_changed(account, number);
  return true;
}

void Server::reinstall(Account& account) {
  std::vector<std::uint16_t> companions;
  for (const auto& [number, device] : account.devices) {
    if (number != 0) {
      companions.push_back(number);
    }
  }
  for (const std::uint16_t number : companions) {
    unlink(account, number);
  }
  make_phone(account);
  if (Party* phone = account.devices.at(0).party) {
    phone->forget_all();
  }
  tell_watchers(account, "encrypt", md::Node("identity"));
}

std::size_t Server::drop_connections() {
  const auto open = open_;
  for (const auto& [raw, weak] : open) {
    if (const auto connection = weak.lock()) {
      connection->close();
    }
  }
  return open.size();
}

}  // namespace waxwing::simulator
