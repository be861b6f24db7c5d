// SPDX-License-Identifier: Apache-2.0
// How answers look on the wire, and the small texts that go with them.
#include "http/wire.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <span>

#include "base/ids.hpp"

namespace waxwing::http {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

void append_number(std::string& out, std::size_t number) {
  std::array<char, 20> digits{};
  const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  out.append(digits.data(), result.ptr);
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ");
  const std::size_t start = out.size();
  out.append(value).append("\r\n");
  std::replace_if(
      out.begin() + static_cast<std::ptrdiff_t>(start), out.end() - 2,
      [](char c) { return static_cast<unsigned char>(c) < ' ' && c != '\t'; }, ' ');
}

// The field with its line end, made anew once a second.
std::string_view date_field() {
  thread_local std::time_t second = 0;
  thread_local std::string text;
  const std::time_t now = std::time(nullptr);
  if (now != second || text.empty()) {
    second = now;
    // Names in English whatever the locale is.
    static constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::tm utc{};
    ::gmtime_r(&now, &utc);
    std::array<char, 64> buffer{};
    std::snprintf(buffer.data(), buffer.size(), "Date: %s, %02d %s %04d %02d:%02d:%02d GMT\r\n",
                  kDays.at(static_cast<std::size_t>(utc.tm_wday)), utc.tm_mday,
                  kMonths.at(static_cast<std::size_t>(utc.tm_mon)), utc.tm_year + 1900, utc.tm_hour,
                  utc.tm_min, utc.tm_sec);
    text = buffer.data();
  }
  return text;
}

// Not a secret: it has to differ from the others, cheaply.
std::uint64_t next_random() {
  thread_local std::uint64_t state = [] {
    std::array<std::uint8_t, sizeof(std::uint64_t)> seed{};
    random_bytes(seed);
    std::uint64_t out = 0;
    std::memcpy(&out, seed.data(), sizeof out);
    return out;
  }();
  // SplitMix64.
  state += 0x9e3779b97f4a7c15ULL;
  std::uint64_t z = state;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31U);
}

}  // namespace

bool status_has_body(int status) noexcept {
  return status >= 200 && status != 204 && status != 304;
}

std::string serialise_head(const Response& response, const WireOptions& options) {
  std::string out;
  out.reserve(256);
  out.append("HTTP/1.1 ");
  append_number(out, static_cast<std::size_t>(response.status));
  out.append(" ").append(reason_phrase(response.status)).append("\r\n");
  out.append(date_field());
  if (response.takeover) {
    if (response.status != 101) {
      append_field(out, "Content-Type", response.content_type);
    }
  } else if (status_has_body(response.status)) {
    const std::size_t size = response.body.size();
    if (size != 0 && !response.content_type.empty()) {
      append_field(out, "Content-Type", response.content_type);
    }
    out.append("Content-Length: ");
    append_number(out, size);
    out.append("\r\n");
  }
  for (const auto& [name, value] : response.headers) {
    append_field(out, name, value);
  }
  if (!options.request_id.empty()) {
    append_field(out, "X-Request-Id", options.request_id);
  }
  if (response.status == 101) {
    out.append("Connection: Upgrade\r\n");
  } else if (!options.keep_alive || response.takeover) {
    out.append("Connection: close\r\n");
  } else if (options.version < 11) {
    out.append("Connection: keep-alive\r\n");
  }
  out.append("\r\n");
  return out;
}

std::string request_id_for(std::string_view sent) {
  const auto harmless = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-_.:/+=@").find(c) != std::string_view::npos;
  };
  if (!sent.empty() && sent.size() <= 128 && std::all_of(sent.begin(), sent.end(), harmless)) {
    return std::string(sent);
  }
  std::uint64_t random = next_random();
  std::string out(16, '0');
  for (char& digit : out) {
    digit = kHexDigits[random & 0xfU];
    random >>= 4U;
  }
  return out;
}

std::string printable_path(std::string_view path) {
  std::string out;
  out.reserve(path.size());
  for (const char c : path) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet > ' ' && octet < 0x7f) {
      out += c;
    } else {
      out += '%';
      out += kHexDigits[octet >> 4U];
      out += kHexDigits[octet & 0xfU];
    }
  }
  return out;
}

}  // namespace waxwing::http
