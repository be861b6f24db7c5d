// SPDX-License-Identifier: Apache-2.0
// Secrets in a session's config: never shown, and kept when what was shown comes back.
#pragma once

#include <string>

#include "base/json_fwd.hpp"

namespace waxwing::session {

// The config with "***" for `proxy.password` and every webhook's `hmac.key` that is set.
[[nodiscard]] Json masked(Json config);
// A client that edits a session sends back what it was shown: "***" stands for the secret in
// `before` (a webhook's is found by its url). Both are JSON texts of a config.
[[nodiscard]] std::string unmasked(std::string config_json, const std::string& before);

}  // namespace waxwing::session
