// SPDX-License-Identifier: Apache-2.0
// YAML text to a JSON tree that remembers the line of every value. The only user of yaml-cpp.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "config/environment.hpp"
#include "config/problem.hpp"

namespace waxwing::config {

struct YamlTree {
  Json value;                                  // null for an empty document
  std::map<std::string, std::string> sources;  // "http.port" -> "waxwing.yaml:7"
  // Unquoted values that a variable or a file took part in: their text, before it was typed.
  std::map<std::string, std::string> replaced;
  std::set<std::string> unreadable;  // values that could not be interpolated; null in the tree
};

inline constexpr std::size_t kMaxYamlBytes = 4 * 1024 * 1024;
inline constexpr std::size_t kMaxYamlNodes = 200'000;  // aliases count with all they bring
inline constexpr std::size_t kMaxYamlText = 16 * 1024 * 1024;

// Reads one document and interpolates its values. What cannot be parsed at all is one problem;
// duplicate keys and values that cannot be interpolated are reported together.
[[nodiscard]] YamlTree parse_yaml(std::string_view text, std::string_view file_name,
                                  const Environment& environment, Problems& problems);

}  // namespace waxwing::config
