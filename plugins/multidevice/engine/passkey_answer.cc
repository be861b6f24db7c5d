// SPDX-License-Identifier: Apache-2.0
// Checks and copies the members that WebAuthn knows.
#include "multidevice/engine/passkey_answer.hpp"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include <waxwing/plugin.hpp>

namespace waxwing::multidevice {
namespace {

using Json = nlohmann::json;
using plugin::Error;

// base64url without padding, as WebAuthn writes it; throws Error(WAX_E_INVALID).
Bytes parse_base64url(const Json& object, const char* key, const char* field) {
  const auto it = object.find(key);
  std::string text = it != object.end() && it->is_string() ? it->get<std::string>() : "";
  std::erase(text, '=');
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  text.append((4 - text.size() % 4) % 4, '=');
  auto octets = from_base64(text);
  if (!octets || octets->empty()) {
    throw Error(WAX_E_INVALID, std::string(field) + " must be base64url");
  }
  return std::move(*octets);
}

// A member that may be absent but must be text; throws Error(WAX_E_INVALID).
std::string parse_text(const Json& object, const char* key, const char* otherwise) {
  const auto it = object.find(key);
  if (it == object.end()) {
    return otherwise;
  }
  if (!it->is_string()) {
    throw Error(WAX_E_INVALID, std::string(key) + " must be a string");
  }
  return it->get<std::string>();
}

}  // namespace

PasskeyAnswer parse_passkey_answer(std::string_view json) {
  const Json body = Json::parse(json, nullptr, false);
  const Json none = Json::object();
  const auto it = body.is_object() ? body.find("response") : body.end();
  const Json& response = body.is_object() && it != body.end() && it->is_object() ? *it : none;
  PasskeyAnswer answer;
  answer.credential = parse_base64url(body.is_object() ? body : none, "rawId", "rawId");
  (void)parse_base64url(response, "clientDataJSON", "response.clientDataJSON");
  (void)parse_base64url(response, "authenticatorData", "response.authenticatorData");
  (void)parse_base64url(response, "signature", "response.signature");
  Json assertion = {{"id", parse_text(body, "id", "")},
                    {"rawId", body["rawId"]},
                    {"type", parse_text(body, "type", "public-key")},
                    {"response",
                     {{"clientDataJSON", response["clientDataJSON"]},
                      {"authenticatorData", response["authenticatorData"]},
                      {"signature", response["signature"]},
                      {"userHandle", nullptr}}}};
  if (const auto user = response.find("userHandle"); user != response.end() && user->is_string()) {
    (void)parse_base64url(response, "userHandle", "response.userHandle");
    assertion["response"]["userHandle"] = *user;
  }
  answer.assertion = assertion.dump();
  return answer;
}

}  // namespace waxwing::multidevice
