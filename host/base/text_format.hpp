// SPDX-License-Identifier: Apache-2.0
// Formats of single values (URLs, header names, ids): the `format` keyword of our JSON Schemas.
#pragma once

#include <string_view>

namespace waxwing {

// All pure functions, [any-thread], without regular expressions: they run on hostile input.

// http or https with a host; no top-level domain needed; at most 2,083 octets.
[[nodiscard]] bool is_http_url(std::string_view text) noexcept;
// "host:port", "1.2.3.4:80" or "[::1]:80", also behind http://, https://, socks4://, socks5:// or
// socks5h://.
[[nodiscard]] bool is_proxy_server(std::string_view text) noexcept;
// A token of RFC 9110.
[[nodiscard]] bool is_header_name(std::string_view text) noexcept;
// No line breaks and no other control characters but the tab.
[[nodiscard]] bool is_header_value(std::string_view text) noexcept;
// 1 to 54 of [a-zA-Z0-9_-].
[[nodiscard]] bool is_session_name(std::string_view text) noexcept;
[[nodiscard]] bool is_valid_utf8(std::string_view text) noexcept;

struct TextFormat {
  std::string_view name;  // as a schema says it: "http-url"
  bool (*check)(std::string_view) noexcept;
  std::string_view rule;  // "must be a URL address"
};

// nullptr for a format that is a mere annotation here.
[[nodiscard]] const TextFormat* find_text_format(std::string_view name) noexcept;

}  // namespace waxwing
