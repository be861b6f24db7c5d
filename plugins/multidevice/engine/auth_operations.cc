// SPDX-License-Identifier: Apache-2.0
// The operations of linking: codes for a phone number, and passkeys.
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "multidevice/engine/native_engine.hpp"
#include "multidevice/engine/passkey_answer.hpp"

namespace waxwing::multidevice {
namespace {

using Json = nlohmann::json;
using plugin::Error;

// The digits of a phone number in international form; throws Error(WAX_E_INVALID).
std::string parse_phone(const std::string& given) {
  std::string digits;
  for (const char c : given) {
    if (c >= '0' && c <= '9') {
      digits += c;
    } else if (std::string_view("+-() .").find(c) == std::string_view::npos) {
      throw Error(WAX_E_INVALID, "phoneNumber must be a phone number: digits only");
    }
  }
  if (digits.size() < 7 || digits.size() > 15 || digits[0] == '0') {
    throw Error(WAX_E_INVALID, "phoneNumber must be in international form: 7 to 15 digits");
  }
  return digits;
}

}  // namespace

bool NativeEngine::invoke_auth(const plugin::Request& request, plugin::Call& call) {
  const ClientState now = client_ ? client_->state() : ClientState::Stopped;
  const auto reply = [&call] {
    return [shared = std::make_shared<plugin::Call>(std::move(call))](const Status& status) {
      if (status) {
        shared->ok();
      } else {
        shared->fail(status.fault() == Fault::Argument ? WAX_E_STATE : WAX_E_UNAVAILABLE,
                     status.message());
      }
    };
  };
  if (request.op == "auth.requestCode") {
    request_code(request, std::move(call));
  } else if (request.op == "auth.passkeyChallenge") {
    now == ClientState::PasskeyRequired ? call.ok(passkey_)
                                        : call.fail(WAX_E_STATE, "no challenge is pending");
  } else if (request.op == "auth.passkeyConfirmation") {
    now == ClientState::PasskeyConfirmation ? call.ok(passkey_)
                                            : call.fail(WAX_E_STATE, "no confirmation is pending");
  } else if (request.op == "auth.passkeyConfirm") {
    client_ ? client_->confirm_passkey(reply())
            : call.fail(WAX_E_STATE, "no confirmation is pending");
  } else if (request.op == "auth.passkeyAssert") {
    PasskeyAnswer answer = parse_passkey_answer(request.json);
    client_ ? client_->answer_passkey(std::move(answer.credential), std::move(answer.assertion),
                                      reply())
            : call.fail(WAX_E_STATE, "no challenge is pending");
  } else {
    return false;
  }
  return true;
}

void NativeEngine::request_code(const plugin::Request& request, plugin::Call&& call) {
  const Json body = Json::parse(request.json, nullptr, false);
  const auto text_of = [&](const char* key) {
    const auto it = body.is_object() ? body.find(key) : body.end();
    return body.is_object() && it != body.end() && it->is_string() ? it->get<std::string>()
                                                                   : std::string();
  };
  if (!traits_.code_methods && !text_of("method").empty()) {
    throw Error(WAX_E_UNSUPPORTED, "method is not supported: a code is shown here, not sent");
  }
  const std::string phone = parse_phone(text_of("phoneNumber"));
  const bool soon =
      has_network() && (loading_ || (client_ && client_->state() == ClientState::Starting &&
                                     !client_->record().has_value()));
  if (client_ && client_->can_request_code()) {
    waiting_codes_.push_back({phone, std::move(call)});
    answer_waiting_codes();
  } else if (soon && !ending_) {
    waiting_codes_.push_back({phone, std::move(call)});
    Engine::after(traits_.code_wait_ms, [this] {
      for (CodeRequest& waiting : std::exchange(waiting_codes_, {})) {
        waiting.call.fail(WAX_E_STATE, "a code can be asked for in SCAN_QR_CODE only");
      }
    });
  } else {
    throw Error(WAX_E_STATE, "a code can be asked for in SCAN_QR_CODE only");
  }
}

void NativeEngine::answer_waiting_codes() {
  if (!client_) {
    return;
  }
  for (CodeRequest& waiting : std::exchange(waiting_codes_, {})) {
    const SharedCall call = std::make_shared<plugin::Call>(std::move(waiting.call));
    client_->request_code(waiting.phone, [call](const Result<std::string>& code) {
      if (code) {
        call->ok(Json{{"code", *code}}.dump());
      } else {
        call->fail(WAX_E_UNAVAILABLE, code.error().message());
      }
    });
  }
}

}  // namespace waxwing::multidevice
