// SPDX-License-Identifier: Apache-2.0
// Is a text that arrives in pieces UTF-8? Told at the first octet that cannot be.
#pragma once

#include <cstdint>
#include <string_view>

namespace waxwing::net {

// RFC 3629: no surrogates, no overlong forms, nothing above U+10FFFF. A value type.
class Utf8Checker {
 public:
  // False once any octet so far is impossible at its place, whatever may follow.
  [[nodiscard]] bool feed(std::string_view piece) noexcept;
  // True between two characters: the text may end here.
  [[nodiscard]] bool complete() const noexcept { return missing_ == 0; }
  void reset() noexcept { *this = Utf8Checker(); }

 private:
  [[nodiscard]] bool feed_octet(std::uint8_t octet) noexcept;

  std::uint8_t missing_ = 0;    // continuation octets of the character under way
  std::uint8_t lowest_ = 0x80;  // what the next one may be
  std::uint8_t highest_ = 0xBF;
};

}  // namespace waxwing::net
