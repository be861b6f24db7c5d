// SPDX-License-Identifier: Apache-2.0
// The options as --print-config shows them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/json_fwd.hpp"
#include "config/loader.hpp"

namespace waxwing::config {

// Every option of the complete document in the order of the schema, secrets masked. `sources` maps
// paths to where their values come from; what is not in it is a default.
[[nodiscard]] std::vector<Effective> effective_options(
    const Json& document, const std::map<std::string, std::string>& sources);

}  // namespace waxwing::config
