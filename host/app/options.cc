// SPDX-License-Identifier: Apache-2.0
// The command line on top of CLI11; the only file that includes it.
#include "app/options.hpp"

#include <CLI/CLI.hpp>

#include "base/build_info.hpp"

namespace waxwing::app {

std::optional<Options> parse_options(int argc, char** argv, int& exit_code) {
  CLI::App cli("Waxwing: WhatsApp accounts over HTTP", "waxwing");
  Options options;
  cli.add_option("-c,--config", options.config_path, "YAML configuration")
      ->envname("WAXWING_CONFIG");
  cli.add_flag("--check-config", options.check_config,
               "Check the configuration and the plugins' parts of it, then exit");
  cli.add_flag("--print-config", options.print_config,
               "Print every option with its value and where it comes from, then exit");
  cli.add_flag("--allow-test-endpoint", options.allow_test_endpoint,
               "Let the configuration name another WhatsApp than the real one: for tests");
  cli.set_version_flag("--version", "waxwing " + std::string(kVersion));
  try {
    cli.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    exit_code = cli.exit(e) == 0 ? 0 : 2;
    return std::nullopt;
  }
  return options;
}

}  // namespace waxwing::app
