// SPDX-License-Identifier: Apache-2.0
// Rows of any length over a store whose values are bounded.
//
// A long row lies in pieces in the space + ".parts", key = the row's and 4 octets of a count; the
// row's own place says how many there are. The pieces come first in a batch, so that a row that can
// be found is whole.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/store.hpp"

namespace waxwing::webhook {

// What every storage module takes, and little enough for a batch of some of them.
inline constexpr std::size_t kPieceBytes = 512 << 10;

[[nodiscard]] std::string parts_space(std::string_view space);

// Appends to `ops` what puts the row; `value` does not begin with the octet 0xFE.
void put_row(std::vector<storage::WriteOp>& ops, std::string_view space, std::string key,
             std::string value, std::int64_t expires_at_ms = 0);
// Appends what erases it. `bytes` is about its length: short rows have no pieces.
inline constexpr std::size_t kUnknownBytes = SIZE_MAX;
void erase_row(std::vector<storage::WriteOp>& ops, std::string_view space, std::string key,
               std::size_t bytes);

// Of what lies at a row's place: into how many pieces it was cut; nothing when it is the row
// itself.
[[nodiscard]] std::optional<std::uint32_t> pieces_of(std::string_view value);

}  // namespace waxwing::webhook
