// SPDX-License-Identifier: Apache-2.0
// Checks of single values, and the table of their names.
#include "base/text_format.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace waxwing {
namespace {

constexpr std::size_t kMaxUrlBytes = 2083;
constexpr std::size_t kMaxHostBytes = 253;
constexpr std::size_t kMaxLabelBytes = 63;
constexpr std::size_t kMaxSessionNameBytes = 54;

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
bool is_alnum(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_hex(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool is_visible(char c) noexcept {
  const auto octet = static_cast<unsigned char>(c);
  return octet > 0x20 && octet != 0x7f;
}

// Removes `prefix`, whatever the case of the text. `prefix` is lower case.
bool consume_prefix(std::string_view& text, std::string_view prefix) noexcept {
  const auto same = [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  };
  if (text.size() < prefix.size() || !std::equal(prefix.begin(), prefix.end(), text.begin(),
                                                 [&](char b, char a) { return same(a, b); })) {
    return false;
  }
  text.remove_prefix(prefix.size());
  return true;
}

bool is_port(std::string_view text) noexcept {
  std::uint32_t value = 0;
  for (const char c : text) {
    if (!is_digit(c)) {
      return false;
    }
    value = value * 10 + static_cast<std::uint32_t>(c - '0');
    if (value > 65535) {
      return false;
    }
  }
  return value != 0;
}

bool is_host_name(std::string_view host) noexcept {
  if (!host.empty() && host.back() == '.') {
    host.remove_suffix(1);
  }
  if (host.empty() || host.size() > kMaxHostBytes) {
    return false;
  }
  while (true) {
    const std::size_t dot = host.find('.');
    const std::string_view label = host.substr(0, dot);
    // Underscores are common in container names; octets above 0x7f are names not yet encoded.
    if (label.empty() || label.size() > kMaxLabelBytes || label.front() == '-' ||
        label.back() == '-' || !std::all_of(label.begin(), label.end(), [](char c) {
          return is_alnum(c) || c == '-' || c == '_' || static_cast<unsigned char>(c) >= 0x80;
        })) {
      return false;
    }
    if (dot == std::string_view::npos) {
      return true;
    }
    host.remove_prefix(dot + 1);
  }
}

bool is_ipv6_text(std::string_view host) noexcept {
  return host.size() >= 2 && host.size() <= 45 && std::count(host.begin(), host.end(), ':') >= 2 &&
         std::all_of(host.begin(), host.end(),
                     [](char c) { return is_hex(c) || c == ':' || c == '.'; });
}

enum class Port : std::uint8_t { Optional, Required };

bool is_authority(std::string_view text, Port port) noexcept {
  std::string_view rest;
  if (!text.empty() && text.front() == '[') {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos || !is_ipv6_text(text.substr(1, close - 1))) {
      return false;
    }
    rest = text.substr(close + 1);
  } else {
    const std::size_t colon = text.find(':');
    if (!is_host_name(text.substr(0, colon))) {
      return false;
    }
    rest = colon == std::string_view::npos ? std::string_view() : text.substr(colon);
  }
  if (rest.empty()) {
    return port == Port::Optional;
  }
  return rest.front() == ':' && is_port(rest.substr(1));
}

bool is_sha256(std::string_view text) noexcept {
  return text.size() == 64 && std::all_of(text.begin(), text.end(), is_hex);
}

bool is_api_key(std::string_view text) noexcept {
  constexpr std::string_view kHashed = "sha512:";
  if (text.substr(0, kHashed.size()) != kHashed) {
    return std::all_of(text.begin(), text.end(), is_visible);
  }
  text.remove_prefix(kHashed.size());
  return text.size() == 128 && std::all_of(text.begin(), text.end(), is_hex);
}

bool is_identifier(std::string_view text) noexcept {
  return !text.empty() && text.size() <= 64 && is_alnum(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_alnum(c) || c == '.' || c == '_' || c == '-'; });
}

constexpr std::array kFormats = {
    TextFormat{"http-url", is_http_url, "must be a URL address"},
    TextFormat{"proxy-server", is_proxy_server, "must be a proxy server in the form host:port"},
    TextFormat{"header-name", is_header_name, "must be the name of an HTTP header"},
    TextFormat{"header-value", is_header_value, "must not contain control characters"},
    TextFormat{"session-name", is_session_name,
               "must be 1 to 54 characters of a-z, A-Z, 0-9, _ and -"},
    TextFormat{"identifier", is_identifier,
               "must be 1 to 64 characters of a-z, A-Z, 0-9, ., _ and -"},
    TextFormat{"sha256", is_sha256, "must be 64 hexadecimal digits"},
    TextFormat{"api-key", is_api_key,
               "must be plain text without spaces, or sha512: and 128 hexadecimal digits"},
};

}  // namespace

bool is_http_url(std::string_view text) noexcept {
  if (text.size() > kMaxUrlBytes || !std::all_of(text.begin(), text.end(), is_visible)) {
    return false;
  }
  if (!consume_prefix(text, "http://") && !consume_prefix(text, "https://")) {
    return false;
  }
  std::string_view authority = text.substr(0, text.find_first_of("/?#"));
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    authority.remove_prefix(at + 1);
  }
  return is_authority(authority, Port::Optional);
}

bool is_proxy_server(std::string_view text) noexcept {
  for (const std::string_view scheme :
       {"http://", "https://", "socks5h://", "socks5://", "socks4://"}) {
    if (consume_prefix(text, scheme)) {
      break;
    }
  }
  return is_authority(text, Port::Required);
}

bool is_header_name(std::string_view text) noexcept {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_alnum(c) || kMarks.find(c) != std::string_view::npos;
  });
}

bool is_header_value(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return is_visible(c) || c == ' ' || c == '\t'; });
}

bool is_session_name(std::string_view text) noexcept {
  return !text.empty() && text.size() <= kMaxSessionNameBytes &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_alnum(c) || c == '_' || c == '-'; });
}

bool is_valid_utf8(std::string_view text) noexcept {
  std::size_t i = 0;
  while (i < text.size()) {
    const auto lead = static_cast<unsigned char>(text[i]);
    std::size_t length = 0;
    std::uint32_t point = 0;
    if (lead < 0x80) {
      ++i;
      continue;
    }
    if (lead >= 0xc2 && lead <= 0xdf) {
      length = 1;
      point = lead & 0x1fU;
    } else if (lead >= 0xe0 && lead <= 0xef) {
      length = 2;
      point = lead & 0x0fU;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
      length = 3;
      point = lead & 0x07U;
    } else {
      return false;
    }
    if (text.size() - i <= length) {
      return false;
    }
    for (std::size_t k = 1; k <= length; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xc0U) != 0x80U) {
        return false;
      }
      point = (point << 6U) | (next & 0x3fU);
    }
    const bool overlong = (length == 2 && point < 0x800) || (length == 3 && point < 0x10000);
    if (overlong || (point >= 0xd800 && point <= 0xdfff) || point > 0x10ffff) {
      return false;
    }
    i += length + 1;
  }
  return true;
}

const TextFormat* find_text_format(std::string_view name) noexcept {
  const auto* it = std::find_if(kFormats.begin(), kFormats.end(),
                                [&](const TextFormat& format) { return format.name == name; });
  return it == kFormats.end() ? nullptr : it;
}

}  // namespace waxwing
