// SPDX-License-Identifier: Apache-2.0
// Operations of the echo engine: what REST callers ask of the account.
#include <chrono>
#include <cstdlib>
#include <utility>

#include "echo_engine.hpp"
#include "picture.hpp"

namespace echo {
namespace {

constexpr unsigned kAmber = 0xE0A030;
constexpr unsigned kGreen = 0x25A35A;

std::int64_t unix_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

Message text_message(bool from_me, const TextRequest& request, std::string_view bare_id,
                     const Account& account) {
  Message m;
  m.id = message_id(from_me, request.chat_id, bare_id, account.id);
  m.chat_id = request.chat_id;
  m.body = request.text;
  m.from_me = from_me;
  m.timestamp_s = unix_ms() / 1000;
  return m;
}

std::string new_id() {
  return "3EB0" + random_hex(8);
}

}  // namespace

void EchoEngine::invoke(const wp::Request& request, wp::Call&& call) {
  if (settings_.crash == Settings::Crash::Invoke) {
    std::abort();
  }
  if (settings_.never_answers(request.op)) {
    kept_.push_back(std::move(call));
  } else if (request.op == "messages.sendText") {
    send_text(request, std::move(call));
  } else if (request.op == "contacts.checkExists") {
    check_exists(request, std::move(call));
  } else if (request.op == "auth.requestCode") {
    request_code(request, std::move(call));
  } else if (request.op == "session.screenshot") {
    screenshot(std::move(call));
  } else {
    call.fail(WAX_E_UNSUPPORTED, "ECHO has no operation " + std::string(request.op));
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

void EchoEngine::screenshot(wp::Call&& call) {
  if (phase_ != Phase::Pairing && phase_ != Phase::Working) {
    throw wp::Error(WAX_E_STATE, "there is nothing to see yet, try again later");
  }
  const unsigned status = phase_ == Phase::Working ? kGreen : kAmber;
  call.ok("{}",
          {{"screenshot", "image/png", "screenshot.png", blob(draw_picture(name(), status))}});
}

// Answered when the event is durable, so that a caller who saw 201 can rely on the webhook.
void EchoEngine::send_text(const wp::Request& request, wp::Call&& call) {
  const TextRequest text = parse_text_request(request.json);
  if (phase_ != Phase::Working) {
    throw wp::Error(WAX_E_STATE, "the account is not logged in");
  }
  Message message =
      text_message(true, text, text.message_id.empty() ? new_id() : text.message_id, account_);
  message.reply_to = text.reply_to;
  std::string json = to_json(message, account_);
  wp::Changes changes;
  changes.event("message.any", json, text.chat_id);
  commit(changes, [this, text, id = message.id, json = std::move(json),
                   call = std::move(call)](const wp::Outcome& outcome) mutable {
    if (!outcome.ok()) {
      call.fail(outcome.status, outcome.message, outcome.retry_after_ms);
      return;
    }
    record(kTextsSent);
    activity(unix_ms());
    call.ok(json);
    after(settings_.echo_after_ms, [this, text, id] { echo_back(text, id); });
  });
}

void EchoEngine::echo_back(const TextRequest& request, const std::string& sent_id) {
  Message message = text_message(false, request, new_id(), account_);
  message.echo_of = sent_id;
  const std::string json = to_json(message, account_);
  arrivals_.push_back({"message", json, request.chat_id});
  arrivals_.push_back({"message.any", json, request.chat_id});
  deliver();
}

// Numbers that end in 0000 do not exist, so that both answers can be had.
void EchoEngine::check_exists(const wp::Request& request, wp::Call&& call) {
  const std::string phone = parse_check_phone(request.json);
  if (phase_ != Phase::Working) {
    throw wp::Error(WAX_E_STATE, "the account is not logged in");
  }
  const bool exists = phone.size() < 4 || phone.compare(phone.size() - 4, 4, "0000") != 0;
  call.ok(check_json(exists, phone));
}

std::string EchoEngine::burst_message() {
  const std::uint32_t number = settings_.burst.count - burst_left_ + 1;
  TextRequest text;
  text.chat_id = account_.id;
  text.text = "burst " + std::to_string(number) + " ";
  if (text.text.size() < settings_.burst.size_bytes) {
    text.text.resize(settings_.burst.size_bytes, '.');
  }
  return to_json(text_message(false, text, new_id(), account_), account_);
}

}  // namespace echo
