// SPDX-License-Identifier: Apache-2.0
// Replacement of variables and file references in the values of the YAML file.
#include "config/interpolate.hpp"

#include <cctype>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <fstream>

#include "base/text_format.hpp"
#include "config/environment.hpp"

namespace waxwing::config {
namespace {

constexpr std::size_t kMaxSecretBytes = 64 * 1024;

bool is_variable_name(std::string_view name) {
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name.front())) != 0) {
    return false;
  }
  for (const char c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_') {
      return false;
    }
  }
  return true;
}

// What "VAR" or "VAR:-default" stands for.
Result<std::string> lookup(std::string_view expression, const Environment& environment) {
  const std::size_t mark = expression.find(":-");
  const std::string_view name = expression.substr(0, mark);
  if (!is_variable_name(name)) {
    return Status(Code::Invalid, "${" + std::string(name) + "} is not the name of a variable");
  }
  const std::string* value = environment.find(name);
  if (value != nullptr && !(value->empty() && mark != std::string_view::npos)) {
    return *value;
  }
  if (mark != std::string_view::npos) {
    return std::string(expression.substr(mark + 2));
  }
  return Status(Code::Invalid, "environment variable " + std::string(name) + " is not set; ${" +
                                   std::string(name) + ":-default} gives a default");
}

}  // namespace

Result<std::string> read_secret(const std::string& text) {
  constexpr std::string_view kFile = "file:";
  if (text.rfind("file:/", 0) != 0 || text.rfind("file://", 0) == 0) {
    return text;
  }
  const std::string path = text.substr(kFile.size());
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return Status(Code::Invalid, "cannot read " + path + ": " + std::strerror(errno));
  }
  std::string contents(kMaxSecretBytes + 1, '\0');
  file.read(contents.data(), static_cast<std::streamsize>(contents.size()));
  if (file.bad() || (!file.eof() && file.gcount() == 0)) {
    return Status(Code::Invalid, "cannot read " + path);
  }
  contents.resize(static_cast<std::size_t>(file.gcount()));
  if (contents.size() > kMaxSecretBytes) {
    return Status(Code::Invalid, path + " is larger than 64 KB");
  }
  while (!contents.empty() && (contents.back() == '\n' || contents.back() == '\r')) {
    contents.pop_back();
  }
  if (!is_valid_utf8(contents) || contents.find('\0') != std::string::npos) {
    return Status(Code::Invalid, path + " is not UTF-8 text");
  }
  return contents;
}

Result<Interpolated> interpolate(std::string_view text, const Environment& environment) {
  Interpolated out;
  while (true) {
    const std::size_t dollar = text.find("${");
    if (dollar == std::string_view::npos) {
      out.text.append(text);
      break;
    }
    if (dollar > 0 && text[dollar - 1] == '$') {
      out.text.append(text.substr(0, dollar - 1)).append("${");
      text.remove_prefix(dollar + 2);
      continue;
    }
    const std::size_t close = text.find('}', dollar);
    if (close == std::string_view::npos) {
      return Status(Code::Invalid, "${ without }; write $${ for the characters themselves");
    }
    out.text.append(text.substr(0, dollar));
    WAX_TRY(const std::string value,
            lookup(text.substr(dollar + 2, close - dollar - 2), environment));
    out.text.append(value);
    out.changed = true;
    text.remove_prefix(close + 1);
  }
  if (!is_valid_utf8(out.text)) {
    return Status(Code::Invalid, "the value of a variable is not UTF-8 text");
  }
  if (out.text.rfind("file:/", 0) == 0 && out.text.rfind("file://", 0) != 0) {
    WAX_TRY(out.text, read_secret(out.text));
    out.changed = true;
  }
  return out;
}

}  // namespace waxwing::config
