// SPDX-License-Identifier: Apache-2.0
// URLs of connections and proxies.
#include "net/url.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace waxwing::net {
namespace {

constexpr std::size_t kMaxUrlBytes = 8192;

bool is_host(std::string_view host, bool v6) noexcept {
  return !host.empty() && host.size() <= 255 && std::all_of(host.begin(), host.end(), [v6](char c) {
    const char last = v6 ? 'f' : 'z';
    const char lower = static_cast<char>(c | 0x20);
    return (lower >= 'a' && lower <= last && c >= 'A') || (c >= '0' && c <= '9') || c == '.' ||
           (v6 ? c == ':' : c == '-' || c == '_');
  });
}

// "host", "host:port", "[v6]:port".
bool split_authority(std::string_view text, std::string& host, std::uint16_t& port) {
  const bool v6 = text.starts_with('[');
  const std::size_t end = v6 ? text.find(']') : text.find(':');
  if (v6 && end == std::string_view::npos) {
    return false;
  }
  const std::string_view name = v6 ? text.substr(1, end - 1) : text.substr(0, end);
  const std::string_view rest =
      end == std::string_view::npos ? std::string_view() : text.substr(end + (v6 ? 1 : 0));
  if (!is_host(name, v6)) {
    return false;
  }
  host = name;
  if (rest.empty()) {
    return true;
  }
  const std::string_view digits = rest.substr(1);
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return rest.front() == ':' && error == std::errc() && stop == digits.data() + digits.size() &&
         port != 0;
}

bool take_scheme(std::string_view& url, std::string_view scheme) noexcept {
  if (url.size() < scheme.size() + 3 || url.substr(scheme.size(), 3) != "://" ||
      !std::equal(scheme.begin(), scheme.end(), url.begin(), [](char expected, char c) {
        return expected == (c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c);
      })) {
    return false;
  }
  url.remove_prefix(scheme.size() + 3);
  return true;
}

std::string bracketed(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

}  // namespace

std::string Target::authority() const {
  return bracketed(host) + ":" + std::to_string(port);
}

std::string Target::host_header() const {
  return port == (tls ? 443 : 80) ? bracketed(host) : authority();
}

Result<Target> parse_url(std::string_view url) {
  const Status bad(Code::Invalid, "the URL must be ws, wss, http or https with a host");
  if (url.size() > kMaxUrlBytes || std::any_of(url.begin(), url.end(), [](char c) {
        return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F;
      })) {
    return bad;
  }
  Target target;
  target.tls = take_scheme(url, "wss") || take_scheme(url, "https");
  if (!target.tls && !take_scheme(url, "ws") && !take_scheme(url, "http")) {
    return bad;
  }
  target.port = target.tls ? 443 : 80;
  url = url.substr(0, url.find('#'));
  const std::size_t path = std::min(url.find('/'), url.find('?'));
  const std::string_view authority = url.substr(0, path);
  if (authority.find('@') != std::string_view::npos) {
    return Status(Code::Invalid, "a URL must not hold credentials");
  }
  if (!split_authority(authority, target.host, target.port)) {
    return bad;
  }
  target.path = path == std::string_view::npos ? "/" : url.substr(path);
  if (target.path.front() == '?') {
    target.path.insert(0, "/");
  }
  return target;
}

Result<Route> parse_route(std::string_view url) {
  Route route;
  if (url.empty()) {
    return route;
  }
  if (take_scheme(url, "socks5") || take_scheme(url, "socks5h")) {
    route.kind = Route::Kind::Socks5;
    route.port = 1080;
  } else if (take_scheme(url, "http")) {
    route.kind = Route::Kind::Http;
    route.port = 80;
  } else {
    return Status(Code::Unsupported, "a proxy must be http:// or socks5://");
  }
  if (url.ends_with('/')) {
    url.remove_suffix(1);
  }
  if (!split_authority(url, route.host, route.port)) {
    return Status(Code::Invalid, "a proxy must be given as http://host:port or socks5://host:port");
  }
  return route;
}

}  // namespace waxwing::net
