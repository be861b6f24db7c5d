// SPDX-License-Identifier: Apache-2.0
// Files of plugin-api/schema with the types they refer to put in their place.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include <nlohmann/json.hpp>

namespace waxwing::testing {

inline nlohmann::json read_schema_file(const std::filesystem::path& path) {
  std::ifstream in(path);
  auto json = nlohmann::json::parse(in);
  const auto fill = [&path](auto& self, nlohmann::json& node) -> void {
    if (node.is_object() && node.contains("$ref")) {
      node = read_schema_file(path.parent_path() / node.at("$ref").get<std::string>());
    } else if (node.is_structured()) {
      for (auto& value : node) {
        self(self, value);
      }
    }
  };
  fill(fill, json);
  return json;
}

}  // namespace waxwing::testing
