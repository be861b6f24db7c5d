// SPDX-License-Identifier: Apache-2.0
// HTTP Digest authentication (RFC 7616) as a client of a proxy.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace waxwing::net {

// One challenge of a Proxy-Authenticate header. A value.
struct DigestChallenge {
  std::string realm;
  std::string nonce;
  std::string opaque;
  std::string algorithm;  // as it was given; empty = MD5
  bool has_opaque = false;
  bool qop_auth = false;  // else the form of RFC 2069
  bool stale = false;     // the nonce was too old, the credentials were not looked at
};

// Nothing for another scheme, an algorithm that is not MD5 or SHA-256 (each also as "-sess"), or a
// protection that is not `auth`.
[[nodiscard]] std::optional<DigestChallenge> parse_digest_challenge(std::string_view header);

// The value of Proxy-Authorization. `cnonce` is fresh and random; the nonce is used once only.
[[nodiscard]] std::string digest_response(const DigestChallenge& challenge,
                                          std::string_view username, std::string_view password,
                                          std::string_view method, std::string_view uri,
                                          std::string_view cnonce);

}  // namespace waxwing::net
