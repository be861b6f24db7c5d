// SPDX-License-Identifier: Apache-2.0
// Choosing a proxy: the rules are those that users of WAHA's environment variables know.
#include "static_proxy.hpp"

#include <nlohmann/json.hpp>

#include "proxy-address/address.hpp"

namespace proxy_static {

const char kConfigSchema[] = R"json({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "title": "Static proxies",
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "server": {"type": "string", "description": "host:port, http://host:port or socks5://host:port; used for every session that names none itself."},
    "username": {"type": "string", "description": "Sent only when there is a password too."},
    "password": {"type": "string", "x-secret": true},
    "serverList": {"type": "array", "items": {"type": "string", "minLength": 1}, "description": "Used when there is no single server."},
    "indexPrefix": {"type": "string", "description": "A session whose name contains it gets the entry of the digits at the name's end."}
  }
})json";

namespace {

using Json = nlohmann::json;

[[noreturn]] void invalid(const std::string& text) {
  throw wp::Error(WAX_E_INVALID, text);
}

std::string text_of(const Json& object, const char* key, const std::string& path) {
  const auto it = object.find(key);
  if (it == object.end() || it->is_null()) {
    return {};
  }
  if (!it->is_string()) {
    invalid(path + key + " must be a string");
  }
  return it->get<std::string>();
}

}  // namespace

Config parse_config(std::string_view json) {
  const Json root = json.empty() ? Json::object() : Json::parse(json, nullptr, false);
  if (!root.is_object()) {
    invalid("the proxy's config must be an object");
  }
  Config config;
  config.server = text_of(root, "server", "");
  config.username = text_of(root, "username", "");
  config.password = text_of(root, "password", "");
  config.index_prefix = text_of(root, "indexPrefix", "");
  if (const auto it = root.find("serverList"); it != root.end() && !it->is_null()) {
    if (!it->is_array()) {
      invalid("serverList must be an array");
    }
    for (const Json& item : *it) {
      const std::string field = "serverList." + std::to_string(config.server_list.size());
      if (!item.is_string()) {
        invalid(field + " must be a string");
      }
      config.server_list.push_back(item.get<std::string>());
      (void)proxy_address::parse_server(config.server_list.back(), field);
    }
  }
  if (!config.server.empty()) {
    (void)proxy_address::parse_server(config.server, "server");
  }
  return config;
}

std::optional<std::size_t> index_by_name(std::string_view session, std::string_view prefix,
                                         std::size_t size) {
  if (prefix.empty() || session.find(prefix) == std::string_view::npos) {
    return std::nullopt;
  }
  const std::size_t last_other = session.find_last_not_of("0123456789");
  const std::size_t first_digit = last_other == std::string_view::npos ? 0 : last_other + 1;
  // Reduced digit by digit: a name may end in more of them than an integer holds.
  std::size_t remainder = 0;
  bool zero = true;
  for (const char c : session.substr(first_digit)) {
    const auto digit = static_cast<std::size_t>(c - '0');
    zero = zero && digit == 0;
    remainder = (remainder * 10 + digit) % size;
  }
  return zero ? std::nullopt : std::optional<std::size_t>(remainder);
}

StaticProxy::StaticProxy(const wp::Host& host, std::string_view config_json)
    : config_(parse_config(config_json)) {
  (void)host;
}

wp::Lease StaticProxy::acquire(std::string_view session, std::string_view hint_json) {
  Json hint = Json::parse(hint_json, nullptr, false);
  if (!hint.is_object()) {
    hint = Json::object();
  }
  const Json own = hint.value("proxy", Json());

  wp::Lease lease;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    lease.id = next_lease_id_++;
  }
  std::string text = config_.server;
  std::string field = "server";
  std::string username = config_.username;
  std::string password = config_.password;
  if (own.is_object()) {
    text = text_of(own, "server", "proxy.");
    field = "proxy.server";
    username = text_of(own, "username", "proxy.");
    password = text_of(own, "password", "proxy.");
  } else if (text.empty() && !config_.server_list.empty()) {
    const std::size_t size = config_.server_list.size();
    const auto named = index_by_name(session, config_.index_prefix, size);
    const std::size_t index =
        named
            ? *named
            : sticky_index(std::string(session), hint.value("running", std::uint64_t{0}), lease.id);
    text = config_.server_list[index];
    field = "serverList." + std::to_string(index);
  }
  if (text.empty()) {
    return lease;  // direct
  }
  proxy_address::Server server = proxy_address::parse_server(text, field);
  lease.url = std::move(server.url);
  const bool from_url = !server.username.empty() && !server.password.empty();
  if (from_url) {
    lease.username = std::move(server.username);
    lease.password = std::move(server.password);
  } else if (!username.empty() && !password.empty()) {
    lease.username = std::move(username);
    lease.password = std::move(password);
  }
  return lease;
}

std::size_t StaticProxy::sticky_index(const std::string& session, std::uint64_t running,
                                      std::uint64_t lease_id) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto [it, fresh] = choices_.try_emplace(session);
  if (fresh) {
    it->second.index = static_cast<std::size_t>(running % config_.server_list.size());
  }
  lease_holders_.emplace(lease_id, session);
  ++it->second.leases;
  return it->second.index;
}

void StaticProxy::release(std::uint64_t lease_id) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto holder = lease_holders_.find(lease_id);
  if (holder == lease_holders_.end()) {
    return;
  }
  const auto choice = choices_.find(holder->second);
  if (choice != choices_.end() && --choice->second.leases == 0) {
    choices_.erase(choice);
  }
  lease_holders_.erase(holder);
}

}  // namespace proxy_static

WAX_PROXY_MODULE(proxy_static::StaticProxy, "waxwing.proxy-static", "0.1.0");
