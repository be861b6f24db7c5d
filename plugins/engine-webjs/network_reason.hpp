// SPDX-License-Identifier: Apache-2.0
// What an error of the browser's network means to people who run the server.
#pragma once

#include <string_view>

namespace webjs {

// `error` is Chromium's ("net::ERR_…"); the reason is one of docs/reasons.md.
[[nodiscard]] std::string_view network_reason(std::string_view error);

}  // namespace webjs
