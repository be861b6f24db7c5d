// SPDX-License-Identifier: Apache-2.0
// [ "ED" 0 1, 3 octets of length, routing information ] "WA" 6 dictionary.
#include "multidevice/noise/intro.hpp"

namespace waxwing::multidevice {
namespace {

constexpr std::array<std::uint8_t, 4> kEdge = {0x45, 0x44, 0x00, 0x01};
// What servers send is a dozen octets.
constexpr std::size_t kMaxRoutingInfoBytes = 4096;

bool starts_like(ByteView octets, ByteView prefix) {
  const std::size_t size = std::min(octets.size(), prefix.size());
  return std::equal(octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(size),
                    prefix.begin());
}

}  // namespace

Bytes encode_intro(const Intro& intro) {
  Bytes out;
  if (!intro.routing_info.empty()) {
    append(out, kEdge);
    append_be(out, intro.routing_info.size(), 3);
    append(out, intro.routing_info);
  }
  append(out, intro.header);
  return out;
}

Result<std::optional<Intro>> take_intro(Reader& input) {
  Reader reader = input;
  Intro intro;
  if (!reader.empty() && starts_like(reader.rest(), kEdge)) {
    if (reader.remaining() < kEdge.size() + 3) {
      return std::optional<Intro>();
    }
    (void)reader.take(kEdge.size());
    const auto size = static_cast<std::size_t>(reader.take_be(3).value_or(0));
    if (size > kMaxRoutingInfoBytes) {
      return malformed("routing information that is too long");
    }
    const auto info = reader.take(size);
    if (!info) {
      return std::optional<Intro>();
    }
    intro.routing_info = to_bytes(*info);
  }
  const Header expected = make_header(0);
  if (!starts_like(reader.rest(), ByteView(expected).first(3))) {
    return malformed("the connection does not start with the protocol's header");
  }
  const auto header = reader.take(intro.header.size());
  if (!header) {
    return std::optional<Intro>();
  }
  std::copy(header->begin(), header->end(), intro.header.begin());
  input = reader;
  return std::optional(std::move(intro));
}

}  // namespace waxwing::multidevice
