// SPDX-License-Identifier: Apache-2.0
// From the validated, complete document to the structs.
#pragma once

#include "base/json_fwd.hpp"
#include "base/result.hpp"
#include "config/config.hpp"

namespace waxwing::config {

// `document` must have passed the schema with its defaults filled in. Code::Internal when the
// schema and this function do not agree, which a test would show.
[[nodiscard]] Result<Config> bind(const Json& document);

}  // namespace waxwing::config
