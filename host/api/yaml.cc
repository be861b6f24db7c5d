// SPDX-License-Identifier: Apache-2.0
// Writing YAML in block style.
#include "api/yaml.hpp"

namespace waxwing::api {
namespace {

constexpr std::size_t kIndent = 2;

// Empty collections and scalars: as in JSON.
bool is_short(const Json& value) {
  return !value.is_structured() || value.empty();
}

// Begins where the first line's text goes; the others are indented by `depth`.
void write(std::string& out, const Json& value, std::size_t depth) {
  if (is_short(value)) {
    out += json::dump(value);
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
    out += json::dump(Json(key));
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
