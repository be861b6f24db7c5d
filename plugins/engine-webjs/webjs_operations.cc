// SPDX-License-Identifier: Apache-2.0
// Operations: what REST callers ask of the page.
#include <algorithm>
#include <cctype>
#include <iterator>
#include <memory>
#include <utility>

#include <nlohmann/json.hpp>

#include "json_values.hpp"
#include "webjs_engine.hpp"

namespace webjs {
namespace {

constexpr std::uint32_t kScreenshotMs = 10'000;
constexpr std::uint32_t kCodeMs = 20'000;

// The digits of a phone number in international form.
std::string parse_phone(const std::string& given) {
  std::string digits;
  for (const char c : given) {
    if (std::isdigit(static_cast<unsigned char>(c)) != 0) {
      digits += c;
    } else if (std::string_view("+ -()").find(c) == std::string_view::npos) {
      throw wp::Error(WAX_E_INVALID, "phoneNumber must be a phone number: digits only");
    }
  }
  if (digits.size() < 7 || digits.size() > 15) {
    throw wp::Error(WAX_E_INVALID, "phoneNumber must be in international form: 7 to 15 digits");
  }
  return digits;
}

// "ABCDEFGH" in two groups; empty when the page gave something else.
std::string grouped(const Json& code) {
  std::string letters = code.is_string() ? code.get<std::string>() : "";
  letters.erase(std::remove(letters.begin(), letters.end(), '-'), letters.end());
  const bool right = letters.size() == 8 && std::all_of(letters.begin(), letters.end(), [](char c) {
                       return std::isalnum(static_cast<unsigned char>(c)) != 0;
                     });
  return right ? letters.substr(0, 4) + "-" + letters.substr(4) : "";
}

}  // namespace

void WebjsEngine::invoke(const wp::Request& request, wp::Call&& call) {
  if (request.op == "auth.requestCode") {
    request_code(request, std::move(call));
  } else if (request.op == "session.screenshot") {
    screenshot(std::move(call));
  } else if (std::any_of(std::begin(kOps), std::end(kOps),
                         [&](const wax_op& op) { return request.op == op.name; })) {
    run_operation(request, std::move(call));
  } else {
    call.fail(WAX_E_UNSUPPORTED, "WEBJS has no operation " + std::string(request.op));
  }
}

void WebjsEngine::request_code(const wp::Request& request, wp::Call&& call) {
  const Json body = Json::parse(request.json, nullptr, false);
  if (!body.is_object() || text_of(body, "phoneNumber").empty()) {
    throw wp::Error(WAX_E_INVALID, "phoneNumber should not be empty");
  }
  const std::string phone = parse_phone(text_of(body, "phoneNumber"));
  if (!text_of(body, "method").empty()) {
    throw wp::Error(WAX_E_UNSUPPORTED, "method: WEBJS links by code only");
  }
  if (phase_ != Phase::Open || !qr_shown_) {
    throw wp::Error(WAX_E_STATE, "a code can be asked for in SCAN_QR_CODE only");
  }
  auto shared = std::make_shared<wp::Call>(std::move(call));
  page_->run("pairingCode", {{"phone", phone}}, kCodeMs,
             [this, shared](const Json& result, const std::string& error) {
               const std::string code = grouped(result);
               if (!error.empty()) {
                 shared->fail(WAX_E_UNAVAILABLE, "WhatsApp Web gives no code: " + error);
               } else if (code.empty()) {
                 shared->fail(WAX_E_INTERNAL, "WhatsApp Web gives no code of eight letters");
               } else {
                 raw_event("code", code);
                 shared->ok(Json{{"code", code}}.dump());
               }
             });
}

void WebjsEngine::screenshot(wp::Call&& call) {
  if (page_ == nullptr || !page_->is_open() || reloading_ || phase_ == Phase::Ending) {
    throw wp::Error(WAX_E_STATE, "there is no page to see yet, try again later");
  }
  auto shared = std::make_shared<wp::Call>(std::move(call));
  page_->screenshot(kScreenshotMs, [this, shared](const std::string& png, const std::string& why) {
    if (png.empty()) {
      shared->fail(WAX_E_UNAVAILABLE, "there is no picture: " + why);
      return;
    }
    shared->ok("{}", {{"screenshot", "image/png", "screenshot.png", blob(png)}});
  });
}

}  // namespace webjs
