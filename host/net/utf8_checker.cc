// SPDX-License-Identifier: Apache-2.0
// UTF-8 in pieces.
#include "net/utf8_checker.hpp"

#include <cstring>

namespace waxwing::net {

bool Utf8Checker::feed(std::string_view piece) noexcept {
  constexpr std::uint64_t kHighBits = 0x8080808080808080U;
  std::size_t at = 0;
  while (at < piece.size()) {
    // Most text is ASCII: eight octets at a time between two characters.
    std::uint64_t eight = 0;
    if (missing_ == 0 && piece.size() - at >= sizeof eight) {
      std::memcpy(&eight, piece.data() + at, sizeof eight);
      if ((eight & kHighBits) == 0) {
        at += sizeof eight;
        continue;
      }
    }
    if (!feed_octet(static_cast<std::uint8_t>(piece[at++]))) {
      return false;
    }
  }
  return true;
}

bool Utf8Checker::feed_octet(std::uint8_t octet) noexcept {
  if (missing_ > 0) {
    if (octet < lowest_ || octet > highest_) {
      return false;
    }
    --missing_;
    lowest_ = 0x80;
    highest_ = 0xBF;
    return true;
  }
  if (octet < 0x80) {
    return true;
  }
  if (octet < 0xC2 || octet > 0xF4) {
    return false;  // a continuation without a start, an overlong form, above U+10FFFF
  }
  missing_ = octet < 0xE0 ? 1 : octet < 0xF0 ? 2 : 3;
  // The second octet tells the rest of what is overlong, a surrogate or too large.
  switch (octet) {
    case 0xE0:
      lowest_ = 0xA0;
      break;
    case 0xED:
      highest_ = 0x9F;
      break;
    case 0xF0:
      lowest_ = 0x90;
      break;
    case 0xF4:
      highest_ = 0x8F;
      break;
    default:
      break;
  }
  return true;
}

}  // namespace waxwing::net
