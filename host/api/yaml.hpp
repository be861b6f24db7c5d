// SPDX-License-Identifier: Apache-2.0
// JSON written as YAML 1.2.
#pragma once

#include <string>

#include "base/json.hpp"

namespace waxwing::api {

// In block style; texts are in double quotes, where both languages mean the same. [any-thread]
[[nodiscard]] std::string to_yaml(const Json& value);

}  // namespace waxwing::api
