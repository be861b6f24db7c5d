// SPDX-License-Identifier: Apache-2.0
// API keys, their scopes, and basic authentication.
#include "api/auth.hpp"

#include "base/digest.hpp"
#include "base/log.hpp"

namespace waxwing::api {
namespace {

constexpr std::string_view kHashPrefix = "sha512:";

std::string hash_of(std::string_view configured) {
  return configured.starts_with(kHashPrefix) ? std::string(configured.substr(kHashPrefix.size()))
                                             : sha512_hex(configured);
}

}  // namespace

bool Identity::may(Access access, std::string_view session_name) const {
  if (admin) {
    return true;
  }
  if (access == Access::Admin) {
    return false;
  }
  if (!session_name.empty() && session_name != session) {
    return false;
  }
  switch (access) {
    case Access::Read:
      return actions.read;
    case Access::Send:
      return actions.send;
    case Access::Control:
      return actions.control;
    case Access::Setting:
      return actions.setting;
    case Access::Erase:
      return actions.erase;
    default:
      return true;
  }
}

Auth::Auth(const config::Security& security) {
  open_ = security.no_api_key;
  if (!security.api_key.empty()) {
    keys_.push_back({hash_of(security.api_key), Identity{}});
  }
  for (const config::ApiKey& key : security.keys) {
    keys_.push_back({hash_of(key.key), Identity{key.admin, key.session, key.actions}});
  }
  for (const std::string& pattern : security.exclude_path) {
    try {
      // As the paths are written in the setting: without the leading slash.
      excluded_.emplace_back("/?" + pattern + "/?");
    } catch (const std::regex_error&) {
      log::warn("auth.bad_exclude_path", {{"pattern", pattern}});
    }
  }
}

bool Auth::excluded(std::string_view path) const {
  for (const std::regex& pattern : excluded_) {
    if (path.size() < 2048 && std::regex_match(path.begin(), path.end(), pattern)) {
      return true;
    }
  }
  return false;
}

std::optional<Identity> Auth::identify(const http::Request& request) const {
  if (open_) {
    return Identity{};
  }
  const auto header = request.header(kKeyName);
  std::string_view given = header.value_or(std::string_view());
  for (const auto& [name, value] : request.query()) {
    if (!header.has_value() && given.empty() && http::equals_ignoring_case(name, kKeyName)) {
      given = value;
    }
  }
  std::optional<Identity> found;
  if (!given.empty()) {
    // Compared by hash, so that neither length nor content of a key shows in the time it takes.
    const std::string hash = sha512_hex(given);
    for (const Key& key : keys_) {
      if (equal_constant_time(hash, key.sha512) && !found.has_value()) {
        found = key.identity;
      }
    }
  }
  if (!found.has_value() && !excluded_.empty() && excluded(request.path())) {
    return Identity{};
  }
  return found;
}

bool basic_auth_ok(const http::Request& request, std::string_view username,
                   std::string_view password) {
  if (password.empty()) {
    return true;
  }
  const std::string expected =
      "Basic " + base64_encode(std::string(username) + ":" + std::string(password));
  return equal_constant_time(sha512_hex(request.header_or_empty("authorization")),
                             sha512_hex(expected));
}

}  // namespace waxwing::api
