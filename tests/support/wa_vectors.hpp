// SPDX-License-Identifier: Apache-2.0
// tests/data/wa-vectors.json: protocol vectors with made-up keys, made by other implementations.
#pragma once

#include <string_view>

#include "multidevice/base/bytes.hpp"
#include "support/value.hpp"

namespace waxwing::testing {

// What stands at the path, such as "noise.header"; a test fails where nothing does.
[[nodiscard]] Value wa_vector(std::string_view path);
// The hexadecimal text at the path as octets.
[[nodiscard]] multidevice::Bytes wa_octets(std::string_view path);

}  // namespace waxwing::testing
