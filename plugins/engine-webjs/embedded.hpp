// SPDX-License-Identifier: Apache-2.0
// Files that the build put into the plugin.
#pragma once

#include <string_view>

namespace webjs::embedded {

[[nodiscard]] std::string_view keeper();     // the program of keeper.c
[[nodiscard]] std::string_view driver();     // driver.js
[[nodiscard]] std::string_view messaging();  // messaging.js
[[nodiscard]] std::string_view groups();     // groups.js

}  // namespace webjs::embedded
