// SPDX-License-Identifier: Apache-2.0
// Writing YAML in block style.
#include "api/yaml.hpp"

#include <string>
#include <string_view>

#include "base/json.hpp"

namespace waxwing::api {
namespace {

constexpr std::size_t kIndent = 2;

// Empty collections and scalars: as in JSON.
bool is_short(const Json& value) {
  return !value.is_structured() || value.empty();
}

// JSON's quoted texts are YAML's, but for characters that YAML wants escaped and JSON does not:
// DEL, the C1 controls and the byte order mark.
std::string scalar(const Json& value) {
  const std::string text = json::dump(value);
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto octet = [&](std::size_t at) {
      return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
    };
    if (octet(i) == 0x7F) {
      out += "\\u007f";
    } else if (octet(i) == 0xC2 && octet(i + 1) >= 0x80 && octet(i + 1) < 0xA0) {
      constexpr std::string_view kDigits = "0123456789abcdef";
      out += "\\u00";
      out += kDigits[octet(i + 1) / 16];
      out += kDigits[octet(i + 1) % 16];
      i += 1;
    } else if (text.compare(i, 3, "\xEF\xBB\xBF") == 0) {
      out += "\\ufeff";
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

// Begins where the first line's text goes; the others are indented by `depth`.
void write(std::string& out, const Json& value, std::size_t depth) {
  if (is_short(value)) {
    out += scalar(value);
    out += '\n';
    return;
  }
  bool first = true;
  const auto begin_line = [&] {
    if (!first) {
      out.append(depth, ' ');
    }
    first = false;
  };
  if (value.is_array()) {
    for (const Json& item : value) {
      begin_line();
      out += "- ";
      write(out, item, depth + kIndent);
    }
    return;
  }
  for (const auto& [key, member] : value.items()) {
    begin_line();
    out += scalar(Json(key));
    out += ':';
    if (is_short(member)) {
      out += ' ';
    } else {
      out += '\n';
      out.append(depth + kIndent, ' ');
    }
    write(out, member, depth + kIndent);
  }
}

}  // namespace

std::string to_yaml(const Json& value) {
  std::string out;
  write(out, value, 0);
  return out;
}

}  // namespace waxwing::api
