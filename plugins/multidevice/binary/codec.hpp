// SPDX-License-Identifier: Apache-2.0
// Nodes as octets: what stands in a frame once it is decrypted.
#pragma once

#include <cstddef>

#include "multidevice/base/bytes.hpp"
#include "multidevice/base/result.hpp"
#include "multidevice/binary/dictionary.hpp"
#include "multidevice/binary/node.hpp"

namespace waxwing::multidevice {

// What a frame of the other side may cost us.
struct DecodeLimits {
  std::size_t max_inflated_bytes = std::size_t{64} << 20U;
  // Nodes and attributes together; each takes about 100 octets of memory, and as few as 2 of a
  // frame.
  std::size_t max_items = std::size_t{1} << 19U;
  std::size_t max_depth = 64;
};

// Peculiarities of a frame that are no reason to refuse it.
struct DecodeNotes {
  bool compressed = false;
  std::size_t trailing_bytes = 0;  // Behind the node.
};

// A whole frame: the flag octet (0) and the node. An address goes out in its typed form, text never
// does, whatever it looks like; an address with device 0 goes out without a device. Fault::Argument
// for an empty tag, for more than 65535 items in one list, and for 4 GiB of content.
[[nodiscard]] Result<Bytes> encode(const Node& node, DictionaryVersion version);

// The same frame with its node compressed (flag 2), as servers send large ones.
[[nodiscard]] Result<Bytes> compress(ByteView frame);

// Reads a whole frame. Fault::Malformed for octets that are no node, Fault::Limit beyond the
// limits. Never reads outside the frame, and its memory is bounded by the limits.
[[nodiscard]] Result<Node> decode(ByteView frame, DictionaryVersion version,
                                  const DecodeLimits& limits = {}, DecodeNotes* notes = nullptr);

}  // namespace waxwing::multidevice
