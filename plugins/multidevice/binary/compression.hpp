// SPDX-License-Identifier: Apache-2.0
// zlib streams (RFC 1950), with a bound on what comes out.
#pragma once

#include <cstddef>

#include "multidevice/base/bytes.hpp"
#include "multidevice/base/result.hpp"

namespace waxwing::multidevice {

// Fault::Malformed when the stream is broken or incomplete, Fault::Limit when more than `max_bytes`
// would come out. Memory grows with what really comes out.
[[nodiscard]] Result<Bytes> inflate(ByteView stream, std::size_t max_bytes);
[[nodiscard]] Result<Bytes> deflate(ByteView octets);

}  // namespace waxwing::multidevice
