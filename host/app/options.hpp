// SPDX-License-Identifier: Apache-2.0
// The command line.
#pragma once

#include <optional>
#include <string>

namespace waxwing::app {

struct Options {
  std::string config_path;  // empty = none
  bool check_config = false;
  bool print_config = false;
  bool allow_test_endpoint = false;
};

// Nothing, and `exit_code` set, when the line asks for help or is wrong; the text was printed.
[[nodiscard]] std::optional<Options> parse_options(int argc, char** argv, int& exit_code);

}  // namespace waxwing::app
