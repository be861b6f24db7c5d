// SPDX-License-Identifier: Apache-2.0
// Operations on accounts: they are made, linked, unlinked, and block each other.
#include "control_call.hpp"
#include "control_json.hpp"
#include "server.hpp"
#include "web.hpp"
#include "webauthn.hpp"

namespace waxwing::simulator {
namespace {

using nlohmann::json;

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
  if (const Account* account = call.account()) {
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
  if (Account* account = call.account()) {
    if (call.web.knows(call.text("qr"))) {
      return call.web.scan(*account, call.text("qr"), answer_link(call));
    }
    call.server.pairing().scan(*account, call.text("qr"), answer_link(call));
  }
}

void enter_code(const Call& call) {
  if (Account* account = call.account()) {
    if (call.web.awaits(*account, call.text("code"))) {
      return call.web.enter_code(*account, call.text("code"), answer_link(call));
    }
    call.server.pairing().enter_code(*account, call.text("code"), answer_link(call));
  }
}

void answer_challenge(const Call& call) {
  Account* account = call.account();
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
  if (const Account* account = call.account()) {
    call.answer({{"code", account->passkey_code}});
  }
}

void unlink(const Call& call) {
  Account* account = call.account();
  if (account == nullptr) {
    return;
  }
  const auto number = call.device();
  if (!number || (!call.web.unlink(*account, *number) && !call.server.unlink(*account, *number))) {
    return call.fail(404, "there is no such device");
  }
  call.answer(json::object());
}

void reinstall(const Call& call) {
  if (Account* account = call.account()) {
    call.server.reinstall(*account);
    call.answer(to_json(*account));
  }
}

void block(const Call& call) {
  Account* account = call.account();
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

constexpr Operation kOperations[] = {
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
    {"GET", "/pairings", list_pairings},
    {"POST", "/pairings/expire", expire_pairing},
};

}  // namespace

std::span<const Operation> account_operations() {
  return kOperations;
}

}  // namespace waxwing::simulator
