// SPDX-License-Identifier: Apache-2.0
// The environment as a configuration source: WAHA's names, mapped by `x-env` of the schema.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.hpp"
#include "config/problem.hpp"

namespace waxwing::config {

// A copy of the variables. Value type, no thread rule.
class Environment final {
 public:
  // Each "NAME=value"; what has no "=" is left out.
  explicit Environment(const std::vector<std::string>& variables);
  [[nodiscard]] static Environment of_this_process();

  [[nodiscard]] const std::string* find(std::string_view name) const;
  [[nodiscard]] const std::map<std::string, std::string, std::less<>>& all() const {
    return values_;
  }

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

// Writes the options that the environment sets into `document`. An empty variable counts as not
// set. `sources` maps paths of options to "file:line" or "env NAME".
void apply_environment(const Environment& environment, const Json& schema, Json& document,
                       std::map<std::string, std::string>& sources, Problems& problems);

// One line for each WAHA_* or WHATSAPP_* variable that has no meaning here (yet).
[[nodiscard]] std::vector<std::string> environment_warnings(const Environment& environment,
                                                            const Json& schema);

}  // namespace waxwing::config
