// SPDX-License-Identifier: Apache-2.0
// What this program is, in words that go out.
#pragma once

#include <string_view>

namespace waxwing {

extern const std::string_view kVersion;   // "0.1.0"
extern const std::string_view kPlatform;  // "linux/x64"
// The WAHA whose API we speak.
inline constexpr std::string_view kWahaVersion = "2026.7.1";

}  // namespace waxwing
