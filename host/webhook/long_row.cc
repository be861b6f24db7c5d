// SPDX-License-Identifier: Apache-2.0
// Cutting rows.
#include "webhook/long_row.hpp"

#include <utility>

namespace waxwing::webhook {
namespace {

constexpr char kInPieces = '\xFE';  // where other rows have the version of their form

std::string big_endian(std::uint32_t number) {
  std::string octets;
  for (int shift = 24; shift >= 0; shift -= 8) {
    octets += static_cast<char>(number >> shift & 0xff);
  }
  return octets;
}

}  // namespace

std::string parts_space(std::string_view space) {
  return std::string(space) + ".parts";
}

void put_row(std::vector<storage::WriteOp>& ops, std::string_view space, std::string key,
             std::string value, std::int64_t expires_at_ms) {
  if (value.size() > kPieceBytes) {
    std::uint32_t count = 0;
    for (std::size_t at = 0; at < value.size(); at += kPieceBytes) {
      ops.push_back(storage::WriteOp::put(parts_space(space), key + big_endian(count++),
                                          value.substr(at, kPieceBytes), expires_at_ms));
    }
    value = kInPieces + big_endian(count);
  }
  ops.push_back(
      storage::WriteOp::put(std::string(space), std::move(key), std::move(value), expires_at_ms));
}

void erase_row(std::vector<storage::WriteOp>& ops, std::string_view space, std::string key,
               std::size_t bytes) {
  // What goes around an event is small against half a piece.
  if (bytes > kPieceBytes / 2) {
    ops.push_back(storage::WriteOp::erase_prefix(parts_space(space), key));
  }
  ops.push_back(storage::WriteOp::erase(std::string(space), std::move(key)));
}

std::optional<std::uint32_t> pieces_of(std::string_view value) {
  constexpr std::size_t kSize = 5;
  if (value.size() != kSize || value.front() != kInPieces) {
    return std::nullopt;
  }
  std::uint32_t count = 0;
  for (const char octet : value.substr(1)) {
    count = count << 8 | static_cast<unsigned char>(octet);
  }
  return count;
}

}  // namespace waxwing::webhook
