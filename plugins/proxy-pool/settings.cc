// SPDX-License-Identifier: Apache-2.0
// Reading the pool's configuration and its file.
#include "settings.hpp"

#include <nlohmann/json.hpp>

#include <waxwing/plugin/core.hpp>

#include "proxy-address/address.hpp"

namespace proxy_pool {

const char kConfigSchema[] = R"json({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "title": "Pool of proxies",
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "proxies": {
      "type": "array", "x-secret": true,
      "description": "Each a URL, [scheme://][user:password@]host[:port], or an object with its parts.",
      "items": {
        "type": ["string", "object"],
        "additionalProperties": false,
        "required": ["server"],
        "properties": {
          "server": {"type": "string", "minLength": 1},
          "username": {"type": "string"},
          "password": {"type": "string", "x-secret": true},
          "tags": {"type": "object", "additionalProperties": {"type": "string"}}
        }
      }
    },
    "file": {"type": "string", "description": "A file with a proxy on each line: URL [tag=value ...]. Read again when it changes."},
    "failures": {"type": "integer", "minimum": 1, "maximum": 100, "default": 2, "description": "Failures in a row until a proxy has to cool down."},
    "cooldownSeconds": {"type": "integer", "minimum": 1, "maximum": 86400, "default": 60, "description": "For the first time; doubled for each further one, up to an hour."}
  }
})json";

namespace {

using Json = nlohmann::json;

[[noreturn]] void invalid(const std::string& text) {
  throw waxwing::plugin::Error(WAX_E_INVALID, text);
}

Proxy from_text(std::string_view text, const std::string& field) {
  auto server = proxy_address::parse_server(text, field);
  return {std::move(server.url), std::move(server.username), std::move(server.password), {}};
}

Proxy from_json(const Json& item, const std::string& field) {
  if (item.is_string()) {
    return from_text(item.get<std::string>(), field);
  }
  if (!item.is_object() || !item.contains("server") || !item["server"].is_string()) {
    invalid(field + " must be a URL or an object with a server");
  }
  Proxy proxy = from_text(item["server"].get<std::string>(), field + ".server");
  if (item.contains("username")) {
    proxy.username = item.value("username", "");
    proxy.password = item.value("password", "");
  }
  const Json tags = item.value("tags", Json::object());
  for (const auto& [name, value] : tags.items()) {
    if (!value.is_string()) {
      invalid(field + ".tags." + name + " must be a string");
    }
    proxy.tags[name] = value.get<std::string>();
  }
  return proxy;
}

// The next word; empty at the end of the line.
std::string_view next_word(std::string_view& line) {
  constexpr std::string_view kBlank = " \t\r";
  const std::size_t begin = std::min(line.find_first_not_of(kBlank), line.size());
  line.remove_prefix(begin);
  const std::string_view word = line.substr(0, line.find_first_of(kBlank));
  line.remove_prefix(word.size());
  return word;
}

}  // namespace

Settings parse_settings(std::string_view json) {
  const Json root = json.empty() ? Json::object() : Json::parse(json, nullptr, false);
  if (!root.is_object()) {
    invalid("the pool's config must be an object");
  }
  try {
    Settings settings;
    settings.file = root.value("file", "");
    settings.rules.failures = root.value("failures", settings.rules.failures);
    settings.rules.cooldown_ms = root.value("cooldownSeconds", std::int64_t{60}) * 1000;
    std::size_t index = 0;
    for (const Json& item : root.value("proxies", Json::array())) {
      settings.proxies.push_back(from_json(item, "proxies." + std::to_string(index++)));
    }
    return settings;
  } catch (const Json::exception&) {
    invalid("the pool's config has a field of the wrong type");
  }
}

std::vector<Proxy> parse_list(std::string_view text) {
  std::vector<Proxy> proxies;
  for (int number = 1; !text.empty(); ++number) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::string_view url = next_word(line);
    if (url.empty() || url.front() == '#') {
      continue;
    }
    const std::string field = "line " + std::to_string(number) + " of the file";
    Proxy proxy = from_text(url, field);
    for (std::string_view tag = next_word(line); !tag.empty(); tag = next_word(line)) {
      const std::size_t equals = tag.find('=');
      if (equals == 0 || equals == std::string_view::npos) {
        invalid(field + ": what follows the URL must be tag=value");
      }
      proxy.tags[std::string(tag.substr(0, equals))] = std::string(tag.substr(equals + 1));
    }
    proxies.push_back(std::move(proxy));
  }
  return proxies;
}

}  // namespace proxy_pool
