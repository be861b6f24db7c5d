// SPDX-License-Identifier: Apache-2.0
// YAML and environment to Config: every problem at once, each with the place it comes from.
//
// Precedence, strongest first: environment, YAML file, default. Thread: any, but meant for main
// before other threads start, as the environment must not change meanwhile.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/config.hpp"

namespace waxwing::config {

// One option as --print-config shows it.
struct Effective {
  std::string path;    // "http.port"
  std::string value;   // JSON text; "***" for a secret that is set
  std::string source;  // "default", "waxwing.yaml:12" or "env WHATSAPP_API_PORT"
};

struct Loaded {
  Config config;
  std::vector<Effective> effective;   // every option, in the order of the schema
  std::vector<std::string> warnings;  // such as a WAHA_* variable that nobody reads
};

struct Sources {
  // Empty: no file, defaults and environment only.
  std::string yaml_path;
  // Every variable as "NAME=value"; empty = those of this process.
  std::optional<std::vector<std::string>> environment;
};

// Reads the file. Code::NotFound when it does not exist, Code::Invalid with one line per problem:
// "waxwing.yaml:7: http.port: must not be greater than 65535" or "env NAME: text".
[[nodiscard]] Result<Loaded> load(const Sources& sources);
// The same on text that was read already; `file_name` is for the messages.
[[nodiscard]] Result<Loaded> load_text(std::string_view yaml, std::string_view file_name,
                                       const Sources& sources);

// One line per option: path, value, source; secrets are masked.
[[nodiscard]] std::string print(const Loaded& loaded);
// The schema document itself, as it was embedded at build time.
[[nodiscard]] std::string_view schema_text();

}  // namespace waxwing::config
