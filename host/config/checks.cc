// SPDX-License-Identifier: Apache-2.0
// Weak secrets and their replacement.
#include "config/checks.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/digest.hpp"
#include "base/ids.hpp"

namespace waxwing::config {
namespace {

constexpr std::size_t kSecretBytes = 16;
constexpr std::string_view kHashed = "sha512:";
constexpr std::array<std::string_view, 6> kWeak = {
    "123",
    "321",
    "waha",
    "admin",
    "00000000000000000000000000000000",
    "11111111111111111111111111111111",
};

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

}  // namespace

bool is_weak_secret(std::string_view secret) {
  if (secret.empty()) {
    return true;
  }
  const bool hashed = secret.substr(0, kHashed.size()) == kHashed;
  const std::string value = lower(hashed ? secret.substr(kHashed.size()) : secret);
  return std::any_of(kWeak.begin(), kWeak.end(), [&](std::string_view weak) {
    return hashed ? value == sha512_hex(weak) : value == weak;
  });
}

std::vector<std::string> replace_weak_secrets(Config& config) {
  std::vector<std::string> lines;
  const auto replace = [&](std::string& secret, const char* variable) {
    secret = random_hex(kSecretBytes);
    lines.push_back(std::string(variable) + "=" + secret);
  };
  if (!config.security.no_api_key && is_weak_secret(config.security.api_key)) {
    replace(config.security.api_key, "WAHA_API_KEY");
    config.security.api_key_plain = config.security.api_key;
  }
  Dashboard& dashboard = config.dashboard;
  if (dashboard.enabled && !dashboard.no_password && is_weak_secret(dashboard.password)) {
    replace(dashboard.password, "WAHA_DASHBOARD_PASSWORD");
  }
  Swagger& swagger = config.swagger;
  if (swagger.enabled && !swagger.no_password) {
    if (swagger.password.empty() && !is_weak_secret(dashboard.password)) {
      swagger.password = dashboard.password;
    } else if (is_weak_secret(swagger.password)) {
      replace(swagger.password, "WHATSAPP_SWAGGER_PASSWORD");
    }
  }
  return lines;
}

}  // namespace waxwing::config
