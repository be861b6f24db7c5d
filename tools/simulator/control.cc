// SPDX-License-Identifier: Apache-2.0
// The table of control operations.
#include "control.hpp"

#include <charconv>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "connection.hpp"
#include "control_json.hpp"
#include "openapi.hpp"
#include "server.hpp"
#include "web.hpp"
#include "webauthn.hpp"

namespace waxwing::simulator {
namespace {

using nlohmann::json;
using Reply = std::function<void(HttpReply)>;

// One request on its way through its operation; `path` holds what stood for the {}.
struct Call {
  Server& server;
  Web& web;
  std::vector<std::string> path;
  json body;
  Reply reply;

  void answer(const json& value, unsigned status = 200) const {
    reply({status, "application/json", value.dump() + "\n"});
  }
  void fail(unsigned status, std::string_view message) const {
    answer({{"error", message}}, status);
  }
  [[nodiscard]] std::string text(const char* name) const {
    return body.contains(name) && body[name].is_string() ? body[name].get<std::string>() : "";
  }
};

// The account that the path names; null after an answer.
Account* account_of(const Call& call) {
  Account* account = call.server.world().find_phone(call.path[0]);
  if (account == nullptr) {
    call.fail(404, "there is no account " + call.path[0]);
  }
  return account;
}

std::optional<std::uint16_t> device_number(const Call& call) {
  const std::string& text = call.path[1];
  std::uint16_t number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || stop != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

// The live connection of the device that the path names; null after an answer.
std::shared_ptr<Connection> connection_of(const Call& call) {
  Account* account = account_of(call);
  if (account == nullptr) {
    return nullptr;
  }
  const auto number = device_number(call);
  Device* device = number ? account->device(*number) : nullptr;
  auto connection = device == nullptr ? nullptr : device->connection.lock();
  if (!connection) {
    call.fail(404, "no such device is connected");
  }
  return connection;
}

OnLinked answer_link(const Call& call) {
  return [call](const LinkOutcome& outcome) {
    if (outcome.linked) {
      call.answer({{"device", outcome.detail}});
    } else {
      call.fail(409, outcome.detail);
    }
  };
}

void create_account(const Call& call) {
  Account* account = call.server.world().create(call.text("phone"), call.text("name"));
  if (account == nullptr) {
    return call.fail(422, "phone: 7 to 15 digits that no account has yet");
  }
  call.answer(to_json(*account), 201);
}

void list_accounts(const Call& call) {
  json list = json::array();
  for (const auto& account : call.server.world().accounts()) {
    list.push_back(to_json(*account));
  }
  call.answer(list);
}

void show_account(const Call& call) {
  if (const Account* account = account_of(call)) {
    call.answer(to_json(*account));
  }
}

void list_pairings(const Call& call) {
  json list = json::array();
  for (const Pairing::Pending& pending : call.server.pairing().pending()) {
    list.push_back({{"refs", pending.refs},
                    {"os", pending.os},
                    {"version", pending.version},
                    {"dictionary", pending.old_dictionary ? 2 : 3},
                    {"code_for", pending.code_phone},
                    {"code_ref", pending.code_ref}});
  }
  call.answer(list);
}

void expire_pairing(const Call& call) {
  if (!call.server.pairing().expire(call.text("ref"))) {
    return call.fail(404, "ref: unknown");
  }
  call.answer(json::object());
}

void scan(const Call& call) {
  if (Account* account = account_of(call)) {
    if (call.web.knows(call.text("qr"))) {
      return call.web.scan(*account, call.text("qr"), answer_link(call));
    }
    call.server.pairing().scan(*account, call.text("qr"), answer_link(call));
  }
}

void enter_code(const Call& call) {
  if (Account* account = account_of(call)) {
    if (call.web.awaits(*account, call.text("code"))) {
      return call.web.enter_code(*account, call.text("code"), answer_link(call));
    }
    call.server.pairing().enter_code(*account, call.text("code"), answer_link(call));
  }
}

void answer_challenge(const Call& call) {
  Account* account = account_of(call);
  const std::string challenge = call.text("challenge");
  if (account == nullptr) {
    return;
  }
  if (challenge.empty()) {
    return call.fail(422, "challenge: the text that the client shows");
  }
  call.answer(json::parse(passkey_assertion(*account, challenge)));
}

void show_passkey(const Call& call) {
  if (const Account* account = account_of(call)) {
    call.answer({{"code", account->passkey_code}});
  }
}

void unlink(const Call& call) {
  Account* account = account_of(call);
  if (account == nullptr) {
    return;
  }
  const auto number = device_number(call);
  if (!number || (!call.web.unlink(*account, *number) && !call.server.unlink(*account, *number))) {
    return call.fail(404, "there is no such device");
  }
  call.answer(json::object());
}

void reinstall(const Call& call) {
  if (Account* account = account_of(call)) {
    call.server.reinstall(*account);
    call.answer(to_json(*account));
  }
}

void block(const Call& call) {
  Account* account = account_of(call);
  if (account == nullptr) {
    return;
  }
  Account* who = call.server.world().find_phone(call.text("phone"));
  if (who == nullptr) {
    return call.fail(422, "phone: the number of an account");
  }
  if (call.body.value("blocked", true)) {
    account->blocked.insert(who);
  } else {
    account->blocked.erase(who);
  }
  call.answer(json::object());
}

void list_browsers(const Call& call) {
  call.answer(call.web.to_json());
}

void tell_browser(const Call& call) {
  std::uint64_t client = 0;
  const std::string& text = call.path[0];
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), client);
  if (error != std::errc{} || stop != text.data() + text.size() ||
      !call.web.push(client, call.body)) {
    return call.fail(404, "there is no such browser");
  }
  call.answer(json::object());
}

void set_page_options(const Call& call) {
  call.web.set_options(call.body.dump());
  call.answer(call.body);
}

void end_stream(const Call& call) {
  const auto connection = connection_of(call);
  if (!connection) {
    return;
  }
  const json code = call.body.value("code", json());
  connection->end_stream(
      code.is_number_unsigned() ? std::optional(code.get<std::uint32_t>()) : std::nullopt,
      call.text("conflict"));
  call.answer(json::object());
}

void drop_one(const Call& call) {
  if (const auto connection = connection_of(call)) {
    connection->close();
    call.answer(json::object());
  }
}

void drop_all(const Call& call) {
  call.answer({{"closed", call.server.drop_connections()}});
}

void set_phone(const Call& call) {
  Account* account = account_of(call);
  if (account == nullptr) {
    return;
  }
  Phone& phone = call.server.phones().of(*account);
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
  if (Account* account = account_of(call)) {
    call.answer(to_json(call.server.phones().of(*account)));
  }
}

void write_as_phone(const Call& call) {
  Account* account = account_of(call);
  const auto to = md::Jid::parse(call.text("to"));
  if (account == nullptr) {
    return;
  }
  if (!to) {
    return call.fail(422, "to: an address such as 15550001001@s.whatsapp.net");
  }
  Phone& phone = call.server.phones().of(*account);
  phone.set_awake(true);  // It will have to read the answers.
  const auto id = phone.write(*to, message_of(call.body));
  if (!id) {
    return call.fail(422, id.error().message());
  }
  call.answer({{"id", *id}}, 201);
}

void read_as_phone(const Call& call) {
  if (Account* account = account_of(call)) {
    const auto ids = call.body.value("ids", std::vector<std::string>());
    call.answer({{"read", call.server.phones().of(*account).read(ids)}});
  }
}

void type_as_phone(const Call& call) {
  Account* account = account_of(call);
  const auto to = md::Jid::parse(call.text("to"));
  if (account == nullptr) {
    return;
  }
  if (!to) {
    return call.fail(422, "to: an address such as 15550001001@s.whatsapp.net");
  }
  const bool types = call.body.value("typing", true);
  md::Node state("chatstate");
  state.set("to", *to).add(md::Node(types ? "composing" : "paused"));
  call.server.router().on_chatstate(*account, state);
  call.answer(json::object());
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

void show_faults(const Call& call) {
  call.answer(to_json(call.server.faults()));
}

void set_faults(const Call& call) {
  Faults faults;
  if (const std::string problem = read_faults(call.body, faults); !problem.empty()) {
    return call.fail(422, problem);
  }
  call.server.set_faults(faults);
  call.answer(to_json(faults));
}

void show_violations(const Call& call) {
  call.answer(to_json(call.server.violations()));
}

void clear_violations(const Call& call) {
  call.server.violations().clear();
  call.answer(json::object());
}

void show_transcript(const Call& call) {
  std::string lines;
  for (const std::string& line : call.server.transcript()) {
    lines += line + "\n";
  }
  call.reply({200, "text/plain; charset=utf-8", std::move(lines)});
}

void clear_transcript(const Call& call) {
  call.server.clear_transcript();
  call.answer(json::object());
}

void show_state(const Call& call) {
  const Server::Counts counts = call.server.counts();
  call.answer({{"root_key", md::to_hex(call.server.certificates().root())},
               {"connections", counts.connections},
               {"open", counts.open},
               {"logins", counts.logins},
               {"stanzas_in", counts.stanzas_in},
               {"stanzas_out", counts.stanzas_out},
               {"messages", call.server.router().messages()},
               {"held", call.server.holds()},
               {"other_encodings", counts.other_encodings},
               {"violations", call.server.violations().total()}});
}

void show_openapi(const Call& call) {
  call.reply({200, "application/json", std::string(kOpenApi)});
}

// Phones to click at, and every operation as a line.
void show_page(const Call& call) {
  call.reply({200, "text/html; charset=utf-8", std::string(kPage)});
}

struct Operation {
  std::string_view method;
  std::string_view path;  // {} stands for one part.
  void (*run)(const Call&);
};

constexpr Operation kOperations[] = {
    {"GET", "/", show_page},
    {"GET", "/openapi.json", show_openapi},
    {"GET", "/state", show_state},
    {"GET", "/accounts", list_accounts},
    {"POST", "/accounts", create_account},
    {"GET", "/accounts/{}", show_account},
    {"POST", "/accounts/{}/scan", scan},
    {"POST", "/accounts/{}/code", enter_code},
    {"POST", "/accounts/{}/passkey", answer_challenge},
    {"GET", "/accounts/{}/passkey", show_passkey},
    {"POST", "/accounts/{}/reinstall", reinstall},
    {"POST", "/accounts/{}/block", block},
    {"DELETE", "/accounts/{}/devices/{}", unlink},
    {"POST", "/accounts/{}/devices/{}/stream-error", end_stream},
    {"POST", "/accounts/{}/devices/{}/drop", drop_one},
    {"GET", "/accounts/{}/phone", show_phone},
    {"PUT", "/accounts/{}/phone", set_phone},
    {"POST", "/accounts/{}/phone/messages", write_as_phone},
    {"POST", "/accounts/{}/phone/read", read_as_phone},
    {"POST", "/accounts/{}/phone/typing", type_as_phone},
    {"GET", "/browsers", list_browsers},
    {"POST", "/browsers/{}/events", tell_browser},
    {"PUT", "/browsers/options", set_page_options},
    {"GET", "/groups", list_groups},
    {"POST", "/groups", create_group},
    {"GET", "/load", show_load},
    {"POST", "/load", start_load},
    {"GET", "/pairings", list_pairings},
    {"POST", "/pairings/expire", expire_pairing},
    {"POST", "/drop", drop_all},
    {"GET", "/faults", show_faults},
    {"PUT", "/faults", set_faults},
    {"GET", "/violations", show_violations},
    {"DELETE", "/violations", clear_violations},
    {"GET", "/transcript", show_transcript},
    {"DELETE", "/transcript", clear_transcript},
};

bool take_part(std::string_view& text, std::string_view& part) {
  if (!text.starts_with('/')) {
    return false;
  }
  text.remove_prefix(1);
  const std::size_t end = std::min(text.find('/'), text.size());
  part = text.substr(0, end);
  text.remove_prefix(end);
  return true;
}

bool fits(std::string_view pattern, std::string_view path, std::vector<std::string>& parts) {
  parts.clear();
  std::string_view wanted;
  std::string_view given;
  while (!pattern.empty() && !path.empty()) {
    if (!take_part(pattern, wanted) || !take_part(path, given)) {
      return false;
    }
    if (wanted == "{}" && !given.empty()) {
      parts.emplace_back(given);
    } else if (wanted != given) {
      return false;
    }
  }
  return pattern.empty() && path.empty();
}

}  // namespace

OnHttp make_control(Server& server, Web& web) {
  return [&server, &web](HttpRequest request, Reply reply) {
    if (web.serve(request, reply)) {
      return;
    }
    Call call{server, web, {}, json::object(), std::move(reply)};
    const std::string_view target(request.target);
    const std::string_view path = target.substr(0, std::min(target.find('?'), target.size()));
    for (const Operation& operation : kOperations) {
      if (operation.method != request.method || !fits(operation.path, path, call.path)) {
        continue;
      }
      if (!request.body.empty()) {
        call.body = json::parse(request.body, nullptr, false);
        if (!call.body.is_object()) {
          return call.fail(400, "the body is no JSON object");
        }
      }
      try {
        return operation.run(call);
      } catch (const json::exception& wrong) {
        return call.fail(422, wrong.what());
      }
    }
    call.fail(404, "there is no such operation; see /openapi.json");
  };
}

}  // namespace waxwing::simulator
