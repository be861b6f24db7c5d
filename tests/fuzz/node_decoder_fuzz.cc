// SPDX-License-Identifier: Apache-2.0
// Stanza frames: the first octet picks the dictionary, the rest is the frame.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "multidevice/binary/codec.hpp"

using namespace waxwing::multidevice;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const auto version = data[0] == 2 ? DictionaryVersion::V2 : DictionaryVersion::V3;
  DecodeLimits limits;
  limits.max_inflated_bytes = std::size_t{1} << 20U;
  const Result<Node> node = decode({data + 1, size - 1}, version, limits);
  if (!node) {
    return 0;
  }
  (void)to_text(*node);
  // Whatever was read can be written, and reads the same again: addresses may have been unusual.
  const Result<Bytes> written = encode(*node, version);
  if (!written) {
    std::abort();
  }
  const Result<Node> again = decode(*written, version);
  if (!again) {
    std::abort();
  }
  const Result<Bytes> twice = encode(*again, version);
  if (!twice || *twice != *written) {
    std::abort();
  }
  return 0;
}
