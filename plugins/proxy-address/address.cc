// SPDX-License-Identifier: Apache-2.0
// Addresses of proxies as people write them.
#include "proxy-address/address.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <waxwing/plugin/core.hpp>

namespace proxy_address {
namespace {

[[noreturn]] void invalid(const std::string& text) {
  throw waxwing::plugin::Error(WAX_E_INVALID, text);
}

std::string percent_decoded(std::string_view text, const std::string& field) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    unsigned octet = 0;
    const char* first = text.data() + i + 1;
    if (i + 2 >= text.size() || std::from_chars(first, first + 2, octet, 16).ptr != first + 2) {
      invalid(field + " has a broken %-escape in its credentials");
    }
    out += static_cast<char>(octet);
    i += 2;
  }
  return out;
}

bool is_port(std::string_view text) {
  unsigned port = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, port);
  return error == std::errc() && rest == end && port >= 1 && port <= 65535;
}

void check_host_and_port(std::string_view text, const std::string& field) {
  const bool v6 = !text.empty() && text.front() == '[';
  const std::size_t host_end = v6 ? text.find(']') : text.find(':');
  const std::string_view host = text.substr(0, host_end);
  const std::string_view rest =
      host_end == std::string_view::npos ? "" : text.substr(host_end + (v6 ? 1 : 0));
  const bool host_ok =
      host.size() > (v6 ? 1U : 0U) && !(v6 && host_end == std::string_view::npos) &&
      std::all_of(host.begin() + (v6 ? 1 : 0), host.end(), [v6](char c) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        return letter || (c >= '0' && c <= '9') || c == '.' || c == (v6 ? ':' : '-') || c == '_';
      });
  if (!host_ok || (!rest.empty() && (rest.front() != ':' || !is_port(rest.substr(1))))) {
    invalid(field + " must be host:port, optionally with http:// or socks5:// in front");
  }
}

}  // namespace

Server parse_server(std::string_view text, const std::string& field) {
  constexpr std::array<std::string_view, 4> kSchemes = {"http", "https", "socks5", "socks5h"};
  std::string scheme = "http";
  if (const std::size_t at = text.find("://"); at != std::string_view::npos) {
    scheme = text.substr(0, at);
    text.remove_prefix(at + 3);
    if (std::find(kSchemes.begin(), kSchemes.end(), scheme) == kSchemes.end()) {
      invalid(field + " must be an http, https, socks5 or socks5h proxy");
    }
  }
  Server server;
  if (const std::size_t at = text.rfind('@'); at != std::string_view::npos) {
    const std::string_view login = text.substr(0, at);
    const std::size_t colon = login.find(':');
    server.username = percent_decoded(login.substr(0, colon), field);
    if (colon != std::string_view::npos) {
      server.password = percent_decoded(login.substr(colon + 1), field);
    }
    text.remove_prefix(at + 1);
  }
  if (!text.empty() && text.back() == '/') {
    text.remove_suffix(1);
  }
  check_host_and_port(text, field);
  server.url = scheme + "://" + std::string(text);
  return server;
}

}  // namespace proxy_address
