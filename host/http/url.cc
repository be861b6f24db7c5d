// SPDX-License-Identifier: Apache-2.0
// Percent-decoding, path segments and query strings.
#include "http/url.hpp"

#include <cstdint>

namespace waxwing::http {
namespace {

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// The octet of the escape at `text[i]` == '%', or -1.
int escape_at(std::string_view text, std::size_t i) noexcept {
  if (i + 2 >= text.size()) {
    return -1;
  }
  const int high = hex_digit(text[i + 1]);
  const int low = hex_digit(text[i + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

// Nothing when it contains NUL.
std::optional<std::string> decode_query_part(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i] == '+' ? ' ' : text[i];
    if (c == '%') {
      if (const int octet = escape_at(text, i); octet >= 0) {
        c = static_cast<char>(octet);
        i += 2;
      }
    }
    if (c == '\0') {
      return std::nullopt;
    }
    out += c;
  }
  return out;
}

// Length of the UTF-8 sequence at the front of `text`, 0 when there is none.
std::size_t utf8_length(std::string_view text) noexcept {
  const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t first = at(0);
  if (first < 0x80) {
    return 1;
  }
  std::size_t length = 0;
  std::uint8_t low = 0x80;   // bounds of the second octet: they exclude overlong forms,
  std::uint8_t high = 0xbf;  // surrogates and what lies beyond U+10FFFF
  if (first >= 0xc2 && first <= 0xdf) {
    length = 2;
  } else if (first >= 0xe0 && first <= 0xef) {
    length = 3;
    low = first == 0xe0 ? 0xa0 : 0x80;
    high = first == 0xed ? 0x9f : 0xbf;
  } else if (first >= 0xf0 && first <= 0xf4) {
    length = 4;
    low = first == 0xf0 ? 0x90 : 0x80;
    high = first == 0xf4 ? 0x8f : 0xbf;
  }
  if (length == 0 || text.size() < length || at(1) < low || at(1) > high) {
    return 0;
  }
  for (std::size_t i = 2; i < length; ++i) {
    if ((at(i) & 0xc0) != 0x80) {
      return 0;
    }
  }
  return length;
}

}  // namespace

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) {
      return false;
    }
    text.remove_prefix(length);
  }
  return true;
}

std::optional<std::string> decode_segment(std::string_view segment) {
  std::string out;
  out.reserve(segment.size());
  for (std::size_t i = 0; i < segment.size(); ++i) {
    char c = segment[i];
    if (c == '%') {
      const int octet = escape_at(segment, i);
      if (octet <= 0) {
        return std::nullopt;
      }
      c = static_cast<char>(octet);
      i += 2;
    }
    out += c;
  }
  if (!is_utf8(out)) {
    return std::nullopt;
  }
  return out;
}

std::optional<Query> parse_query(std::string_view text) {
  Query out;
  while (!text.empty()) {
    const std::size_t end = text.find('&');
    const std::string_view item = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (item.empty()) {
      continue;
    }
    const std::size_t equals = item.find('=');
    auto name = decode_query_part(item.substr(0, equals));
    auto value = decode_query_part(equals == std::string_view::npos ? std::string_view()
                                                                    : item.substr(equals + 1));
    if (!name || !value) {
      return std::nullopt;
    }
    out.emplace_back(std::move(*name), std::move(*value));
  }
  return out;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) {
    return false;
  }
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) {
      return false;
    }
  }
  return true;
}

Target split_target(std::string_view target) noexcept {
  if (target.empty() || (target.front() != '/' && target != "*")) {
    // The absolute form, which every server must understand: scheme "://" authority path.
    const std::size_t scheme = target.find("://");
    if (scheme == std::string_view::npos ||
        (!equals_ignoring_case(target.substr(0, scheme), "http") &&
         !equals_ignoring_case(target.substr(0, scheme), "https"))) {
      return {};
    }
    const std::size_t path = target.find_first_of("/?", scheme + 3);
    if (path == std::string_view::npos) {
      return {"/", {}};
    }
    target.remove_prefix(path);
    if (target.front() == '?') {
      return {"/", target.substr(1)};
    }
  }
  const std::size_t mark = target.find('?');
  if (mark == std::string_view::npos) {
    return {target, {}};
  }
  return {target.substr(0, mark), target.substr(mark + 1)};
}

}  // namespace waxwing::http
