// SPDX-License-Identifier: Apache-2.0
// Stands between the host and the plugin: lends arguments that vanish, hides extensions, counts.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <set>
#include <string>

#include <waxwing/abi.h>

namespace waxwing::plugin_check {

// There is one, as there is one plugin in a process.
class Shim {
 public:
  // An entry that behaves as `real` does, seen through the shim.
  static wax_module_v1_fn around(wax_module_v1_fn real);

  // Extensions that the plugin does not find. Set before the module is initialised.
  static std::set<std::string>& hidden();

  // emit() calls so far, and those that were refused with WAX_E_UNAVAILABLE.
  static std::atomic<std::uint64_t> emits;
  static std::atomic<std::uint64_t> refused_emits;
};

}  // namespace waxwing::plugin_check
