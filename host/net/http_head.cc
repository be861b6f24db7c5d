// SPDX-License-Identifier: Apache-2.0
// Heads of HTTP answers.
#include "net/http_head.hpp"

#include <algorithm>

#include "base/text_format.hpp"

namespace waxwing::net {
namespace {

char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) {
    text.remove_prefix(1);
  }
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) {
    text.remove_suffix(1);
  }
  return text;
}

// "HTTP/1.x CODE reason"; 0 when it is none.
int code_of(std::string_view line) noexcept {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (!line.starts_with("HTTP/1.") || line.size() < 12 || !is_digit(line[7]) || line[8] != ' ' ||
      !std::all_of(line.begin() + 9, line.begin() + 12, is_digit) ||
      (line.size() > 12 && line[12] != ' ')) {
    return 0;
  }
  const int code = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
  return code >= 100 ? code : 0;
}

}  // namespace

std::string_view HttpHead::find(std::string_view name) const noexcept {
  const auto it = std::find_if(headers.begin(), headers.end(),
                               [&](const auto& header) { return header.first == name; });
  return it == headers.end() ? std::string_view() : std::string_view(it->second);
}

bool HttpHead::has_token(std::string_view name, std::string_view token) const noexcept {
  for (const auto& [key, value] : headers) {
    if (key != name) {
      continue;
    }
    for (std::string_view rest = value; !rest.empty();) {
      const std::size_t comma = rest.find(',');
      if (equal_ignoring_case(trimmed(rest.substr(0, comma)), token)) {
        return true;
      }
      rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    }
  }
  return false;
}

HttpHeadReader::State HttpHeadReader::feed(std::string_view& input) {
  while (!input.empty()) {
    const std::size_t end = input.find('\n');
    const std::size_t size = end == std::string_view::npos ? input.size() : end + 1;
    total_ += size;
    if (total_ > kMaxBytes) {
      return State::Bad;
    }
    line_.append(input.substr(0, size));
    input.remove_prefix(size);
    if (end == std::string_view::npos) {
      // What is no HTTP at all need not end a line to be known.
      return started_ || std::string_view("HTTP/1.").starts_with(line_.substr(0, 7)) ? State::More
                                                                                     : State::Bad;
    }
    line_.pop_back();
    if (line_.ends_with('\r')) {
      line_.pop_back();
    }
    if (started_ && line_.empty()) {
      if (head_.code >= 200 || head_.code == 101) {
        return State::Done;
      }
      head_ = {};
      started_ = false;
      continue;
    }
    if (!take_line(line_)) {
      return State::Bad;
    }
    line_.clear();
  }
  return State::More;
}

bool HttpHeadReader::take_line(std::string_view line) {
  if (!started_) {
    started_ = true;
    head_.code = code_of(line);
    if (head_.code == 0) {
      return false;
    }
    head_.minor_version = line[7] - '0';
    return true;
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_header_name(line.substr(0, colon))) {
    return false;
  }
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (!is_header_value(value)) {
    return false;
  }
  head_.headers.emplace_back(lower_case(line.substr(0, colon)), value);
  return true;
}

bool are_sendable_headers(
    const std::vector<std::pair<std::string, std::string>>& headers) noexcept {
  return std::all_of(headers.begin(), headers.end(), [](const auto& header) {
    return is_header_name(header.first) && is_header_value(header.second);
  });
}

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

}  // namespace waxwing::net
