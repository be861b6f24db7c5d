// SPDX-License-Identifier: Apache-2.0
// The fields of a protobuf message as they lie in its octets.
#pragma once

#include <cstdint>
#include <vector>

#include "multidevice/base/bytes.hpp"
#include "multidevice/base/result.hpp"
#include "multidevice/content/wire_schema.hpp"

namespace waxwing::multidevice::content {

// Wire types, protobuf.dev/programming-guides/encoding.
enum Wire : std::uint32_t { kVarint = 0, kFixed64 = 1, kLength = 2, kFixed32 = 5 };

// How a field of that kind is written.
[[nodiscard]] Wire wire_of(Kind kind) noexcept;

struct WireField {
  const Field* field;   // Never null.
  std::uint64_t value;  // Of all kinds but texts, octets and messages.
  ByteView octets;      // Of these; borrowed.
};
struct WireFields {
  std::vector<WireField> known;  // In their order.
  Bytes unknown;                 // All that the table does not know, as it came.
};

// Appends to `out`. Fault::Malformed for what is no protobuf.
[[nodiscard]] Status split_fields(ByteView octets, const Type& type, WireFields& out);

}  // namespace waxwing::multidevice::content
