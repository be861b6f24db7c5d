// SPDX-License-Identifier: Apache-2.0
// Random bytes and ids.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace waxwing {

// From the operating system; never fails, aborts when the system has none. [any-thread]
void random_bytes(std::span<std::uint8_t> out);
[[nodiscard]] std::string random_hex(std::size_t bytes);

// 26 lower-case Crockford base32 characters: 48 bits of time, 80 of randomness, growing strictly
// within one process. [any-thread]
[[nodiscard]] std::string ulid(std::int64_t unix_ms);

}  // namespace waxwing
