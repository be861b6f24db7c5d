// SPDX-License-Identifier: Apache-2.0
// Which operation is what; linking, the picture, numbers. Messages are in chatting.cc.
#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <utility>

#include "echo_engine.hpp"
#include "picture.hpp"

namespace echo {
namespace {

constexpr unsigned kAmber = 0xE0A030;
constexpr unsigned kGreen = 0x25A35A;

bool has_op(std::string_view name) {
  return std::any_of(std::begin(EchoEngine::kOps), std::end(EchoEngine::kOps),
                     [&](const wax_op& op) { return op.name == name; });
}

}  // namespace

struct EchoEngine::Operation {
  std::string_view name;  // With a dot at its end: all of kOps that begin so.
  void (EchoEngine::*run)(const wp::Request&, wp::Call&&);
};

const EchoEngine::Operation EchoEngine::kOperations[] = {
    {"auth.requestCode", &EchoEngine::request_code},
    {"session.screenshot", &EchoEngine::screenshot},
    {"messages.sendText", &EchoEngine::send_text},
    {"messages.sendLocation", &EchoEngine::send_location},
    {"messages.sendContactVcard", &EchoEngine::send_contacts},
    {"messages.forward", &EchoEngine::forward},
    {"messages.react", &EchoEngine::react},
    {"messages.edit", &EchoEngine::edit},
    {"messages.revoke", &EchoEngine::revoke},
    {"messages.sendSeen", &EchoEngine::send_seen},
    {"messages.newId", &EchoEngine::new_id},
    {"presence.set", &EchoEngine::set_presence},
    {"presence.get", &EchoEngine::get_presence},
    {"presence.list", &EchoEngine::list_presences},
    {"presence.subscribe", &EchoEngine::subscribe},
    {"groups.", &EchoEngine::run_group},
    {"contacts.checkExists", &EchoEngine::check_exists}};

void EchoEngine::invoke(const wp::Request& request, wp::Call&& call) {
  if (settings_.crash == Settings::Crash::Invoke) {
    std::abort();
  }
  if (settings_.never_answers(request.op)) {
    kept_.push_back(std::move(call));
    return;
  }
  for (const Operation& operation : kOperations) {
    const bool family = operation.name.back() == '.' && has_op(request.op);
    if (family ? request.op.substr(0, operation.name.size()) == operation.name
               : operation.name == request.op) {
      (this->*operation.run)(request, std::move(call));
      return;
    }
  }
  call.fail(WAX_E_UNSUPPORTED, "ECHO has no operation " + std::string(request.op));
}

void EchoEngine::need_login() const {
  if (phase_ != Phase::Working) {
    throw wp::Error(WAX_E_STATE, "the account is not logged in");
  }
}

// The number that is asked for becomes the account's when the login follows.
void EchoEngine::request_code(const wp::Request& request, wp::Call&& call) {
  const std::string phone = parse_code_phone(request.json);
  if (phase_ != Phase::Pairing) {
    throw wp::Error(WAX_E_STATE, "a code can be asked for in SCAN_QR_CODE only");
  }
  if (settings_.phone.empty()) {
    phone_ = phone;
  }
  call.ok(code_json(make_pairing_code()));
}

void EchoEngine::screenshot(const wp::Request&, wp::Call&& call) {
  if (phase_ != Phase::Pairing && phase_ != Phase::Working) {
    throw wp::Error(WAX_E_STATE, "there is nothing to see yet, try again later");
  }
  const unsigned status = phase_ == Phase::Working ? kGreen : kAmber;
  call.ok("{}",
          {{"screenshot", "image/png", "screenshot.png", blob(draw_picture(name(), status))}});
}

// Numbers that end in 0000 do not exist, so that both answers can be had.
void EchoEngine::check_exists(const wp::Request& request, wp::Call&& call) {
  const std::string phone = parse_check_phone(request.json);
  need_login();
  const bool exists = phone.size() < 4 || phone.compare(phone.size() - 4, 4, "0000") != 0;
  call.ok(check_json(exists, phone));
}

}  // namespace echo
