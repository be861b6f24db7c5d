// SPDX-License-Identifier: Apache-2.0
// Masking and restoring the secrets of a session's config.
#include "session/config_secrets.hpp"

#include <utility>

#include "base/json.hpp"

namespace waxwing::session {
namespace {

constexpr std::string_view kMask = "***";

// Calls `visit(secret, name)` for each secret that is set. The name is what a secret is found again
// by in another version of the config: a webhook's is its url, and that of a header in it.
template <class F>
void for_each_secret(Json& config, F visit) {
  if (!config.is_object()) {
    return;
  }
  if (const auto proxy = config.find("proxy"); proxy != config.end() && proxy->is_object()) {
    if (const auto it = proxy->find("password"); it != proxy->end() && it->is_string()) {
      visit(*it, std::string("proxy"));
    }
  }
  const auto webhooks = config.find("webhooks");
  if (webhooks == config.end() || !webhooks->is_array()) {
    return;
  }
  for (Json& webhook : *webhooks) {
    if (!webhook.is_object()) {
      continue;
    }
    const std::string url = json::string_or(webhook, "url", "");
    if (const auto hmac = webhook.find("hmac"); hmac != webhook.end() && hmac->is_object()) {
      if (const auto it = hmac->find("key"); it != hmac->end() && it->is_string()) {
        visit(*it, "key of " + url);
      }
    }
    const auto headers = webhook.find("customHeaders");
    if (headers == webhook.end() || !headers->is_array()) {
      continue;
    }
    for (Json& header : *headers) {
      if (!header.is_object()) {
        continue;
      }
      if (const auto it = header.find("value"); it != header.end() && it->is_string()) {
        visit(*it, "header " + json::string_or(header, "name", "") + " of " + url);
      }
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
  for_each_secret(*config, [&](Json& secret, const std::string& name) {
    if (secret != kMask) {
      return;
    }
    for_each_secret(*old, [&](const Json& known, const std::string& known_name) {
      if (known_name == name) {
        secret = known;
      }
    });
  });
  return json::dump(*config);
}

}  // namespace waxwing::session
