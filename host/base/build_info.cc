// SPDX-License-Identifier: Apache-2.0
// What the build says of itself; the one file that a new version number compiles again.
#include "base/build_info.hpp"

#ifndef WAXWING_VERSION
#error "the build defines WAXWING_VERSION"
#endif

namespace waxwing {

const std::string_view kVersion = WAXWING_VERSION;
#if defined(__x86_64__)
const std::string_view kPlatform = "linux/x64";
#else
const std::string_view kPlatform = "linux/arm64";
#endif

}  // namespace waxwing
