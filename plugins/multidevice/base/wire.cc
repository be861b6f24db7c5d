// SPDX-License-Identifier: Apache-2.0
// Reading and writing of protobuf fields.
#include "multidevice/base/wire.hpp"

namespace waxwing::multidevice {
namespace {

constexpr std::uint32_t kVarint = 0;
constexpr std::uint32_t kFixed64 = 1;
constexpr std::uint32_t kLengthDelimited = 2;
constexpr std::uint32_t kFixed32 = 5;

void append_varint(Bytes& to, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7U) {
    to.push_back(static_cast<std::uint8_t>(value | 0x80U));
  }
  to.push_back(static_cast<std::uint8_t>(value));
}

}  // namespace

std::optional<std::uint64_t> WireReader::varint() noexcept {
  std::uint64_t value = 0;
  for (std::uint32_t shift = 0; shift < 64; shift += 7) {
    const auto octet = rest_.take_octet();
    if (!octet) {
      return std::nullopt;
    }
    value |= static_cast<std::uint64_t>(*octet & 0x7fU) << shift;
    if ((*octet & 0x80U) == 0) {
      return value;
    }
  }
  return std::nullopt;
}

std::optional<WireField> WireReader::next() noexcept {
  while (!broken_ && !rest_.empty()) {
    const auto tag = varint();
    WireField field;
    field.number = static_cast<std::uint32_t>(tag.value_or(0) >> 3U);
    broken_ = field.number == 0 || *tag > UINT32_MAX;
    if (broken_) {
      break;
    }
    std::optional<std::uint64_t> value;
    switch (static_cast<std::uint32_t>(*tag & 7U)) {
      case kVarint:
        value = varint();
        broken_ = !value;
        field.value = value.value_or(0);
        break;
      case kLengthDelimited:
        value = varint();
        field.octets = value ? rest_.take(static_cast<std::size_t>(*value)) : std::nullopt;
        broken_ = !field.octets;
        break;
      case kFixed64:
        broken_ = !rest_.take(8);
        continue;
      case kFixed32:
        broken_ = !rest_.take(4);
        continue;
      default:
        broken_ = true;
    }
    if (!broken_) {
      return field;
    }
  }
  return std::nullopt;
}

void append_field(Bytes& to, std::uint32_t number, ByteView octets) {
  append_varint(to, std::uint64_t{number} << 3U | kLengthDelimited);
  append_varint(to, octets.size());
  append(to, octets);
}

void append_field(Bytes& to, std::uint32_t number, std::uint64_t value) {
  append_varint(to, std::uint64_t{number} << 3U | kVarint);
  append_varint(to, value);
}

}  // namespace waxwing::multidevice
