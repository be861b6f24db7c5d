// SPDX-License-Identifier: Apache-2.0
// Secrets at boot: what is unset or weak is replaced by something random.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"

namespace waxwing::config {

// Empty, or one of the values that everybody tries first, also as sha512:<hex>.
[[nodiscard]] bool is_weak_secret(std::string_view secret);

// Puts 32 random hex digits where the API key or a password of the dashboard or of the API page is
// weak, unless its no_… switch says that there is none or the page is switched off. Returns lines
// such as "WAHA_API_KEY=…" for what it made, to be printed once on stderr: new at each start.
[[nodiscard]] std::vector<std::string> replace_weak_secrets(Config& config);

}  // namespace waxwing::config
