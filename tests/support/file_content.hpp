// SPDX-License-Identifier: Apache-2.0
// A whole file as text, by the block: plugins with debug information are long.
#pragma once

#include <fstream>
#include <sstream>
#include <string>
#include <utility>

namespace waxwing::testing {

// Empty when it cannot be read.
[[nodiscard]] inline std::string file_content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return std::move(out).str();
}

}  // namespace waxwing::testing
