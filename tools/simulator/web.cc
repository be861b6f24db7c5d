// SPDX-License-Identifier: Apache-2.0
// Pages, codes, events of browsers. Their keys are made here: the page has no cryptography.
#include "web.hpp"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "multidevice/crypto/random.hpp"
#include "multidevice/pair/device_identity.hpp"
#include "multidevice/pair/qr.hpp"
#include "server.hpp"
#include "web_client.hpp"
#include "web_files.hpp"

namespace waxwing::simulator {

using nlohmann::json;

namespace {

constexpr std::size_t kRefs = 6;
constexpr std::size_t kMaxEvents = 1000;
constexpr std::chrono::seconds kLongPoll{20};
constexpr std::string_view kOptionsMark = "/*options*/{}";

void answer(const std::function<void(HttpReply)>& reply, const json& value, unsigned status = 200) {
  reply({status, "application/json", value.dump()});
}

std::string text_of(const json& body, const char* name) {
  const auto it = body.is_object() ? body.find(name) : body.end();
  return body.is_object() && it != body.end() && it->is_string() ? it->get<std::string>() : "";
}

// Eight letters of WhatsApp's alphabet for linking codes.
std::string new_code() {
  constexpr std::string_view kLetters = "123456789ABCDEFGHJKLMNPQRSTVWXYZ";
  std::string code;
  for (int i = 0; i < 8; ++i) {
    code += kLetters[md::random_below(static_cast<std::uint32_t>(kLetters.size()))];
  }
  return code;
}

}  // namespace

Web::Web(Server& server) : server_(server) {}
Web::~Web() = default;

bool Web::serve(const HttpRequest& request, const Reply& reply) {
  std::string_view path(request.target);
  path = path.substr(0, path.find('?'));
  if (path.substr(0, 5) != "/web/") {
    return false;
  }
  path.remove_prefix(4);
  if (request.method == "GET" && path.substr(0, 5) != "/api/") {
    page(path, reply);
    return true;
  }
  if (request.method != "POST" || path.substr(0, 5) != "/api/") {
    return false;
  }
  const json body = json::parse(request.body.empty() ? "{}" : request.body, nullptr, false);
  ask(path.substr(5), body, reply);
  return true;
}

void Web::page(std::string_view path, const Reply& reply) {
  const json options = json::parse(options_, nullptr, false);
  if (path == "/") {
    if (options.value("hang", false)) {
      hung_.push_back(reply);
      return;
    }
    std::string html(kWebPage);
    html.replace(html.find(kOptionsMark), kOptionsMark.size(), options_);
    reply({200, "text/html; charset=utf-8", std::move(html)});
    return;
  }
  const std::pair<std::string_view, std::string_view> files[] = {
      {"/page/models.js", kWebModels}, {"/page/modules.js", kWebModules},
      {"/page/wire.js", kWebWire},     {"/page/messages.js", kWebMessages},
      {"/page/groups.js", kWebGroups}, {"/page/account.js", kWebAccount}};
  for (const auto& [name, content] : files) {
    if (path == name) {
      reply({200, "text/javascript; charset=utf-8", std::string(content)});
      return;
    }
  }
  reply({404, "text/plain", "no such file\n"});
}

Web::Client* Web::of(const json& body) {
  const auto id = body.is_object() ? body.find("client") : body.end();
  if (!body.is_object() || id == body.end() || !id->is_number_unsigned()) {
    return nullptr;
  }
  const auto found = clients_.find(id->get<std::uint64_t>());
  return found != clients_.end() && found->second->token == text_of(body, "token")
             ? found->second.get()
             : nullptr;
}

json Web::me(const Client& client) const {
  return {{"id", client.account->phone + "@c.us"},
          {"lid", client.account->lid + "@lid"},
          {"name", client.account->name}};
}

void Web::enroll(const Reply& reply) {
  auto client = std::make_unique<Client>();
  client->id = ++last_;
  client->token = md::to_hex(md::random_bytes(16));
  client->noise = md::KeyPair::generate();
  client->identity = md::KeyPair::generate();
  client->adv_secret = *md::AdvSecret::from(md::random_bytes(32));
  for (std::size_t i = 0; i < kRefs; ++i) {
    client->refs.push_back("2@" + md::to_base64(md::random_bytes(60)));
  }
  answer(reply, {{"refs", client->refs},
                 {"login", {{"client", client->id}, {"token", client->token}}},
                 {"keys",
                  {{"noise", md::to_base64(client->noise.open)},
                   {"identity", md::to_base64(client->identity.open)},
                   {"adv", md::to_base64(client->adv_secret.view())}}}});
  clients_.emplace(client->id, std::move(client));
}

void Web::ask(std::string_view what, const json& body, const Reply& reply) {
  if (what == "register") {
    return enroll(reply);
  }
  Client* client = of(body);
  if (client == nullptr) {
    return answer(reply, {{"error", "no such client"}}, 401);
  }
  if (what == "login") {
    return client->account == nullptr ? answer(reply, {{"error", "not linked"}}, 401)
                                      : answer(reply, {{"me", me(*client)}});
  }
  if (what == "refs") {
    client->refs.clear();
    for (std::size_t i = 0; i < kRefs; ++i) {
      client->refs.push_back("2@" + md::to_base64(md::random_bytes(60)));
    }
    return answer(reply, {{"refs", client->refs}});
  }
  if (what == "code") {
    client->code = new_code();
    client->code_for = text_of(body, "phone");
    return answer(reply, {{"code", client->code}});
  }
  if (what == "logout") {
    if (client->account != nullptr) {
      leave(*client);
    }
    return answer(reply, json::object());
  }
  if (what == "events") {
    client->after = body.value("after", std::uint64_t{0});
    // What the page has taken does not come again when it is opened again.
    while (!client->events.empty() && client->events.front()["number"] <= client->after) {
      client->events.pop_front();
    }
    client->waiting = reply;
    deliver(*client);
    server_.clock().after(kLongPoll, [this, id = client->id, after = client->after] {
      const auto found = clients_.find(id);
      if (found != clients_.end() && found->second->waiting && found->second->after == after) {
        answer(std::exchange(found->second->waiting, nullptr), {{"events", json::array()}});
      }
    });
    return;
  }
  json out;
  if (client->party != nullptr && ask_linked(*client, what, body, out)) {
    return answer(reply, out);
  }
  answer(reply, {{"error", "no such question"}}, 404);
}

void Web::deliver(Client& client) {
  json events = json::array();
  for (const json& event : client.events) {
    if (event["number"].get<std::uint64_t>() > client.after) {
      events.push_back(event);
    }
  }
  if (!events.empty() && client.waiting) {
    answer(std::exchange(client.waiting, nullptr), {{"events", std::move(events)}});
  }
}

bool Web::push(std::uint64_t id, json event) {
  const auto found = clients_.find(id);
  if (found == clients_.end() || !event.is_object()) {
    return false;
  }
  Client& client = *found->second;
  event["number"] = ++client.last_event;
  client.events.push_back(std::move(event));
  if (client.events.size() > kMaxEvents) {
    client.events.pop_front();
  }
  deliver(client);
  return true;
}

bool Web::knows(std::string_view qr) const {
  const auto code = md::parse_qr(qr);
  return code && std::any_of(clients_.begin(), clients_.end(), [&](const auto& entry) {
           const Client& client = *entry.second;
           return std::find(client.refs.begin(), client.refs.end(), code->ref) != client.refs.end();
         });
}

void Web::scan(Account& account, std::string_view qr, const OnLinked& done) {
  const auto code = md::parse_qr(qr);
  for (auto& [id, client] : clients_) {
    if (!code ||
        std::find(client->refs.begin(), client->refs.end(), code->ref) == client->refs.end()) {
      continue;
    }
    if (client->account != nullptr) {
      return done({false, "the QR code is unknown or has expired"});
    }
    if (code->noise_key != client->noise.open || code->identity_key != client->identity.open) {
      return done({false, "the QR code names other keys than the client's"});
    }
    return link(*client, account, code->adv_secret, done);
  }
  done({false, "the QR code is unknown or has expired"});
}

bool Web::awaits(const Account& account, std::string_view code) const {
  std::string letters(code);
  letters.erase(std::remove(letters.begin(), letters.end(), '-'), letters.end());
  return std::any_of(clients_.begin(), clients_.end(), [&](const auto& entry) {
    return entry.second->code_for == account.phone && entry.second->code == letters;
  });
}

void Web::enter_code(Account& account, std::string_view code, const OnLinked& done) {
  std::string letters(code);
  letters.erase(std::remove(letters.begin(), letters.end(), '-'), letters.end());
  for (auto& [id, client] : clients_) {
    if (client->code_for == account.phone && client->code == letters) {
      client->code.clear();
      return link(*client, account, client->adv_secret, done);
    }
  }
  done({false, "no client waits for a code of this number"});
}

void Web::link(Client& client, Account& account, const md::AdvSecret& adv_secret,
               const OnLinked& done) {
  Device device;
  device.number = account.next_device++;
  device.key_index = account.next_key_index++;
  device.noise_key = client.noise.open;
  client.keys = make_keys(client.identity, device);
  // The page would check what the phone vouches for, and sign it in turn.
  const md::AdvSecret* const secret = &adv_secret;
  device.device_identity =
      md::accept_device_identity(md::grant_device({account.raw_id, server_.clock().now_s(),
                                                   device.key_index, client.identity.open},
                                                  account.identity, adv_secret),
                                 {&secret, 1}, client.identity)
          .identity.stored;
  client.account = &account;
  client.device = device.number;
  client.refs.clear();
  const std::string jid = account.phone_jid(device.number).to_string();
  account.devices.emplace(client.device, std::move(device));
  client.party = std::make_unique<Party>(server_, account, client.device, client.keys);
  listen(client);
  server_.on_devices_changed(account, client.device);
  push(client.id, {{"type", "linked"}, {"me", me(client)}});
  done({true, jid});
}

void Web::leave(Client& client) {
  Account& account = *std::exchange(client.account, nullptr);
  client.party.reset();
  account.devices.erase(client.device);
  server_.on_devices_changed(account, client.device);
}

bool Web::unlink(Account& account, std::uint16_t number) {
  for (auto& [id, client] : clients_) {
    if (client->account == &account && client->device == number) {
      leave(*client);
      push(id, {{"type", "unlinked"}});
      return true;
    }
  }
  return false;
}

json Web::to_json() const {
  json all = json::array();
  for (const auto& [id, client] : clients_) {
    all.push_back({{"client", id},
                   {"phone", client->account == nullptr ? json() : json(client->account->phone)},
                   {"device", client->device},
                   {"waiting", client->waiting != nullptr}});
  }
  return all;
}

}  // namespace waxwing::simulator
