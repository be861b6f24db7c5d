// SPDX-License-Identifier: Apache-2.0
// The browser's command line: ours, and the user's arguments merged into it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace webjs {

struct BrowserOptions {
  std::string profile;     // --user-data-dir
  std::string user_agent;  // empty: the browser's own
  std::string proxy;       // "http://host:port", without credentials; empty: direct
  bool no_sandbox = false;
  bool small_shm = false;  // /dev/shm has little room
};

// By spaces or commas between arguments. Throws waxwing::plugin::Error(WAX_E_INVALID), naming the
// argument, when one is no argument or would take away the browser's protection (web security,
// certificates, processes) or the engine's hold on it (pipe, profile, proxy, user agent).
[[nodiscard]] std::vector<std::string> split_arguments(std::string_view text);

// `extra` come from split_arguments(); lists of features are joined, because only the last one of
// each name counts for the browser.
[[nodiscard]] std::vector<std::string> command_line(const BrowserOptions& options,
                                                    const std::vector<std::string>& extra);

// What a page is told instead of the name that gives a headless browser away.
// `version` is that of `browser --version`: "Chromium 156.0.8078.79 …".
[[nodiscard]] std::string user_agent(std::string_view version);

}  // namespace webjs
