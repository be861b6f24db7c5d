// SPDX-License-Identifier: Apache-2.0
// The pool's configuration, and the file that may hold its proxies.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pool.hpp"

namespace proxy_pool {

extern const char kConfigSchema[];

struct Settings {
  Rules rules;
  std::vector<Proxy> proxies;
  std::string file;  // empty = none
};

// These throw waxwing::plugin::Error(WAX_E_INVALID) that names the field or the line and never
// shows what may hold a password.
[[nodiscard]] Settings parse_settings(std::string_view json);
// A proxy for each line, "URL [tag=value ...]"; empty lines and those with # are left out.
[[nodiscard]] std::vector<Proxy> parse_list(std::string_view text);

}  // namespace proxy_pool
