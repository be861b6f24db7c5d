// SPDX-License-Identifier: Apache-2.0
// Settings of GOWS: their JSON Schema and what a valid section becomes.
#pragma once

#include <string_view>

#include "multidevice/engine/native_settings.hpp"

namespace gows {

namespace md = waxwing::multidevice;

// JSON Schema of config.gows and of the server's engines.GOWS.config.
extern const char kConfigSchema[];

struct Settings {
  md::NativeSettings native;
  md::DeviceName device{"Linux", "Chrome"};
  bool full_sync = false;
};

// Throws waxwing::plugin::Error(WAX_E_INVALID) with the field's name.
[[nodiscard]] Settings parse_settings(std::string_view json);

}  // namespace gows
