// SPDX-License-Identifier: Apache-2.0
// What a client sends before its first frame: where to route it, and what it speaks.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "multidevice/base/bytes.hpp"
#include "multidevice/base/result.hpp"

namespace waxwing::multidevice {

// "WA", the protocol's version 6, and the version of the token dictionary. It is the prologue of
// the handshake; the routing information is not.
using Header = std::array<std::uint8_t, 4>;
[[nodiscard]] constexpr Header make_header(std::uint8_t dictionary) noexcept {
  return {0x57, 0x41, 0x06, dictionary};
}

struct Intro {
  Bytes routing_info;  // as the server gave it on an earlier connection; may be empty
  Header header{};
};

[[nodiscard]] Bytes encode_intro(const Intro& intro);
// Takes an intro from the front of `input`, nothing while it is not whole (then `input` is as
// before). Fault::Malformed when it is none.
[[nodiscard]] Result<std::optional<Intro>> take_intro(Reader& input);

}  // namespace waxwing::multidevice
