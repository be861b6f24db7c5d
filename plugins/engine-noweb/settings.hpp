// SPDX-License-Identifier: Apache-2.0
// Settings of NOWEB: their JSON Schema and what a valid section becomes.
#pragma once

#include <string_view>

#include "multidevice/engine/native_settings.hpp"

namespace noweb {

namespace md = waxwing::multidevice;

// JSON Schema of config.noweb and of the server's engines.NOWEB.config.
extern const char kConfigSchema[];

struct Settings {
  md::NativeSettings native;
  md::DeviceName device{"Ubuntu", "Chrome"};
  bool mark_online = true;
  bool full_sync = false;
};

// Throws waxwing::plugin::Error(WAX_E_INVALID) with the field's name.
[[nodiscard]] Settings parse_settings(std::string_view json, std::string_view session_config);

}  // namespace noweb
