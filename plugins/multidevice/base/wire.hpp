// SPDX-License-Identifier: Apache-2.0
// Protobuf's wire format, for the few messages that need no runtime, and for our own records.
#pragma once

#include <cstdint>
#include <optional>

#include "multidevice/base/bytes.hpp"

namespace waxwing::multidevice {

struct WireField {
  std::uint32_t number = 0;
  std::uint64_t value = 0;         // of a varint
  std::optional<ByteView> octets;  // of a length-delimited field; borrowed
};

// Reads one field after the other and steps over those of fixed width. Borrows the octets.
class WireReader {
 public:
  explicit WireReader(ByteView message) noexcept : rest_(message) {}

  // Nothing at the end, or where the octets are no message: then broken() says so.
  [[nodiscard]] std::optional<WireField> next() noexcept;
  [[nodiscard]] bool broken() const noexcept { return broken_; }

 private:
  [[nodiscard]] std::optional<std::uint64_t> varint() noexcept;

  Reader rest_;
  bool broken_ = false;
};

void append_field(Bytes& to, std::uint32_t number, ByteView octets);
void append_field(Bytes& to, std::uint32_t number, std::uint64_t value);

}  // namespace waxwing::multidevice
