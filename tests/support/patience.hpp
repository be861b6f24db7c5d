// SPDX-License-Identifier: Apache-2.0
// How long tests wait for what must come: long enough for sanitizers and busy machines.
#pragma once

#include <chrono>

#ifndef WAX_TEST_TIME_SCALE
#define WAX_TEST_TIME_SCALE 1
#endif

namespace waxwing::testing {

using Millis = std::chrono::milliseconds;

inline constexpr int kTimeScale = WAX_TEST_TIME_SCALE;  // > 1 in builds with sanitizers

// A limit that only a failing test reaches.
inline constexpr Millis kPatience = std::chrono::seconds(20) * kTimeScale;

}  // namespace waxwing::testing
