// SPDX-License-Identifier: Apache-2.0
// Masking and restoring the secrets of a session's config.
#include "session/config_secrets.hpp"

#include <utility>

#include "base/json.hpp"

namespace waxwing::session {
namespace {

constexpr std::string_view kMask = "***";

// Calls `visit(secret, webhook_url)` for each secret that is set; the url is empty for the proxy's.
template <class F>
void for_each_secret(Json& config, F visit) {
  if (!config.is_object()) {
    return;
  }
  if (const auto proxy = config.find("proxy"); proxy != config.end() && proxy->is_object()) {
    if (const auto it = proxy->find("password"); it != proxy->end() && it->is_string()) {
      visit(*it, "");
    }
  }
  const auto webhooks = config.find("webhooks");
  if (webhooks == config.end() || !webhooks->is_array()) {
    return;
  }
  for (Json& webhook : *webhooks) {
    if (json::find(webhook, "hmac") == nullptr || !webhook["hmac"].is_object()) {
      continue;
    }
    if (const auto it = webhook["hmac"].find("key");
        it != webhook["hmac"].end() && it->is_string()) {
      visit(*it, json::string_or(webhook, "url", ""));
    }
  }
}

}  // namespace

Json masked(Json config) {
  for_each_secret(config, [](Json& secret, const std::string&) {
    if (!secret.get_ref<const std::string&>().empty()) {
      secret = kMask;
    }
  });
  return config;
}

std::string unmasked(std::string config_json, const std::string& before) {
  if (config_json.find(kMask) == std::string::npos) {
    return config_json;
  }
  auto config = json::parse(config_json);
  auto old = json::parse(before);
  if (!config.has_value() || !old.has_value()) {
    return config_json;
  }
  for_each_secret(*config, [&](Json& secret, const std::string& url) {
    if (secret != kMask) {
      return;
    }
    for_each_secret(*old, [&](const Json& known, const std::string& known_url) {
      if (known_url == url) {
        secret = known;
      }
    });
  });
  return json::dump(*config);
}

}  // namespace waxwing::session
