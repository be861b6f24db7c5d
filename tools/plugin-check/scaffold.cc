// SPDX-License-Identifier: Apache-2.0
// Filling in templates.
#include "scaffold.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <vector>

#include <waxwing/abi/types.h>

namespace waxwing::plugin_check {
namespace {

namespace fs = std::filesystem;

using Words = std::map<std::string, std::string>;

// "my-engine" -> "MyEngine", "my_engine", "MY-ENGINE".
Words words_of(const std::string& name) {
  Words words = {{"name", name},
                 {"abi", std::to_string(WAX_ABI_MAJOR) + "." + std::to_string(WAX_ABI_MINOR)}};
  bool capital = true;
  for (const char c : name) {
    const auto upper = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    words["ID"] += upper;
    words["file"] += c == '-' ? '_' : c;
    if (c == '-') {
      capital = true;
    } else {
      words["Class"] += capital ? upper : c;
      capital = false;
    }
  }
  return words;
}

// "@word@" for each word.
std::string filled(std::string text, const Words& words) {
  for (const auto& [word, value] : words) {
    const std::string mark = "@" + word + "@";
    for (auto at = text.find(mark); at != std::string::npos;
         at = text.find(mark, at + value.size())) {
      text.replace(at, mark.size(), value);
    }
  }
  return text;
}

}  // namespace

Status write_engine_project(const std::string& name, const std::string& dir,
                            const std::string& templates) {
  static const std::regex kName("[a-z][a-z0-9]*(-[a-z0-9]+)*");
  if (!std::regex_match(name, kName) || name.size() > 50) {
    return {Code::Invalid, "NAME must be of the form my-engine: small letters, digits and dashes"};
  }
  std::error_code error;
  if (fs::exists(dir, error) && !fs::is_empty(dir, error)) {
    return {Code::Conflict, dir + " exists and is not empty"};
  }
  const Words words = words_of(name);
  const std::vector<std::pair<std::string, std::string>> files = {
      {"CMakeLists.txt.in", "CMakeLists.txt"},
      {"engine.cc.in", words.at("file") + ".cc"},
      {"README.md.in", "README.md"}};
  fs::create_directories(dir, error);
  for (const auto& [from, to] : files) {
    std::ifstream in(templates + "/" + from, std::ios::binary);
    if (!in) {
      return {Code::NotFound, "the template " + templates + "/" + from + " is missing"};
    }
    const std::string text(std::istreambuf_iterator<char>(in), {});
    std::ofstream out(dir + "/" + to, std::ios::binary);
    out << filled(text, words);
    out.close();
    if (!out) {
      return {Code::Unavailable, "cannot write " + dir + "/" + to};
    }
  }
  return Status::ok();
}

}  // namespace waxwing::plugin_check
