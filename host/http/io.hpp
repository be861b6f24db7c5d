// SPDX-License-Identifier: Apache-2.0
// The two places where octets enter and leave a socket; wire_io.hpp puts TLS in front of them.
#pragma once

#include <cstddef>
#include <span>
#include <sys/uio.h>

namespace waxwing::http {

struct IoResult {
  enum class Kind { Some, WouldBlock, End, Broken };
  Kind kind = Kind::Broken;
  std::size_t bytes = 0;  // for Some
};

// Never blocks. End: the other side will send nothing more. [worker]
[[nodiscard]] IoResult receive(int descriptor, std::span<char> into) noexcept;
// Never blocks, never raises SIGPIPE. [worker]
[[nodiscard]] IoResult transmit(int descriptor, std::span<iovec> pieces) noexcept;
// Closes our half.
void shut_down(int descriptor) noexcept;

}  // namespace waxwing::http
