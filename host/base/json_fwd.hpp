// SPDX-License-Identifier: Apache-2.0
// Json by name only, for headers.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace waxwing {
using Json = nlohmann::json;
}  // namespace waxwing
