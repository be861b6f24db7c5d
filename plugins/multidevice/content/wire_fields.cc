// SPDX-License-Identifier: Apache-2.0
// Protobuf's wire format, read by a table.
#include "multidevice/content/wire_fields.hpp"

#include <optional>
#include <string>

namespace waxwing::multidevice::content {
namespace {

class Reader {
 public:
  explicit Reader(ByteView octets) : rest_(octets) {}

  [[nodiscard]] bool done() const { return rest_.empty(); }
  [[nodiscard]] ByteView rest() const { return rest_; }

  std::optional<std::uint64_t> varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
      if (rest_.empty()) {
        return std::nullopt;
      }
      const auto octet = static_cast<std::uint8_t>(rest_[0]);
      rest_ = rest_.subspan(1);
      if (shift < 64) {
        value |= std::uint64_t{octet & 0x7FU} << shift;
      }
      if ((octet & 0x80U) == 0) {
        return value;
      }
    }
    return std::nullopt;
  }
  std::optional<std::uint64_t> fixed(std::size_t size) {
    const auto octets = take(size);
    if (!octets) {
      return std::nullopt;
    }
    std::uint64_t value = 0;
    for (std::size_t i = size; i-- > 0;) {
      value = value << 8U | static_cast<std::uint8_t>((*octets)[i]);
    }
    return value;
  }
  std::optional<ByteView> take(std::uint64_t size) {
    if (size > rest_.size()) {
      return std::nullopt;
    }
    const ByteView out = rest_.first(static_cast<std::size_t>(size));
    rest_ = rest_.subspan(static_cast<std::size_t>(size));
    return out;
  }
  std::optional<ByteView> with_length() {
    const auto size = varint();
    return size ? take(*size) : std::nullopt;
  }

 private:
  ByteView rest_;
};

}  // namespace

Wire wire_of(Kind kind) noexcept {
  switch (kind) {
    case Kind::Text:
    case Kind::Octets:
    case Kind::Message:
      return kLength;
    case Kind::Double:
      return kFixed64;
    case Kind::Float:
    case Kind::Fixed:
      return kFixed32;
    default:
      return kVarint;
  }
}

Status split_fields(ByteView octets, const Type& type, WireFields& out) {
  out.known.reserve(4);
  Reader reader(octets);
  const auto cut = [&type] { return malformed(std::string(type.name) + ": cut off"); };
  while (!reader.done()) {
    const ByteView begin = reader.rest();
    const auto tag = reader.varint();
    if (!tag || (*tag >> 3U) == 0 || (*tag >> 3U) > 0x1FFFFFFFU) {
      return malformed(std::string(type.name) + ": not a field");
    }
    const Field* field = type.find(static_cast<std::uint32_t>(*tag >> 3U));
    const auto wire = static_cast<std::uint32_t>(*tag & 7U);
    if (wire == kLength) {
      const auto value = reader.with_length();
      if (!value) {
        return cut();
      }
      if (field != nullptr && wire_of(field->kind) == kLength) {
        out.known.push_back({field, 0, *value});
        continue;
      }
      if (field != nullptr && field->repeated && wire_of(field->kind) == kVarint) {  // packed
        for (Reader packed(*value); !packed.done();) {
          const auto item = packed.varint();
          if (!item) {
            return cut();
          }
          out.known.push_back({field, *item, {}});
        }
        continue;
      }
    } else {
      const auto value = wire == kVarint    ? reader.varint()
                         : wire == kFixed64 ? reader.fixed(8)
                         : wire == kFixed32 ? reader.fixed(4)
                                            : std::nullopt;
      if (!value) {
        return cut();
      }
      if (field != nullptr && wire_of(field->kind) == wire) {
        out.known.push_back({field, *value, {}});
        continue;
      }
    }
    const ByteView whole = begin.first(begin.size() - reader.rest().size());
    out.unknown.insert(out.unknown.end(), whole.begin(), whole.end());
  }
  return {};
}

}  // namespace waxwing::multidevice::content
