// SPDX-License-Identifier: Apache-2.0
// What this machine offers: a browser, wa-js, memory, and turns to start.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "settings.hpp"

namespace webjs {

// The browser and the script for its page. Found once for each pair of settings, then shared.
struct Kit {
  std::string browser;       // path
  std::string version;       // "Chromium 156.0.8078.79 …"
  std::string library;       // the script wa-js as a JSON text
  bool own_library = false;  // not the one that came with the plugin
};

// Blocks: runs the browser once. Throws waxwing::plugin::Error(WAX_E_UNAVAILABLE) that says what is
// missing and how to get it.
[[nodiscard]] std::shared_ptr<const Kit> find_kit(const Settings& settings,
                                                  const std::string& module_dir);

// Memory that may still be taken, of the machine and of the control group, in MB.
[[nodiscard]] std::uint64_t free_memory_mb();
[[nodiscard]] bool has_small_shm();

// The turn of one browser that is starting; nothing when too many do already. [any-thread]
class StartTurn {
 public:
  // `most` 0: one for each core.
  [[nodiscard]] static std::unique_ptr<StartTurn> take(std::size_t most);
  ~StartTurn();
  StartTurn(const StartTurn&) = delete;
  StartTurn& operator=(const StartTurn&) = delete;

 private:
  StartTurn() = default;
};

}  // namespace webjs
