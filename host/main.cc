// SPDX-License-Identifier: Apache-2.0
// The program: command line in, exit code out.
#include "app/app.hpp"
#include "app/options.hpp"

int main(int argc, char** argv) {
  int exit_code = 0;
  const auto options = waxwing::app::parse_options(argc, argv, exit_code);
  return options.has_value() ? waxwing::app::run(*options) : exit_code;
}
