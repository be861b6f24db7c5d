// SPDX-License-Identifier: Apache-2.0
// How answers look on the wire, and the small texts that go with them.
#pragma once

#include <string>
#include <string_view>

#include "http/response.hpp"

namespace waxwing::http {

struct WireOptions {
  int version = 11;
  bool keep_alive = true;
  std::string_view request_id;  // "" leaves the header out
};

// Status line and header fields with the blank line. Announces the length of the body whether or
// not it will follow. Control characters in values become spaces, so that no value ends its line.
[[nodiscard]] std::string serialise_head(const Response& response, const WireOptions& options);
// False for answers that never have a body.
[[nodiscard]] bool status_has_body(int status) noexcept;

// What the client sent, when it is 1 to 128 harmless characters; else 16 random hex digits.
[[nodiscard]] std::string request_id_for(std::string_view sent);
// A path that may stand in JSON: octets beyond ASCII and control characters as %XX.
[[nodiscard]] std::string printable_path(std::string_view path);

}  // namespace waxwing::http
