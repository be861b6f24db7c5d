// SPDX-License-Identifier: Apache-2.0
// One thing that is wrong with the configuration, and where.
#pragma once

#include <string>
#include <vector>

namespace waxwing::config {

struct Problem {
  std::string where;  // "waxwing.yaml:7" or "env WHATSAPP_API_PORT"
  std::string text;   // "http.port: must not be greater than 65535"

  [[nodiscard]] std::string line() const { return where + ": " + text; }
};
using Problems = std::vector<Problem>;

}  // namespace waxwing::config
