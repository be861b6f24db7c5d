// SPDX-License-Identifier: Apache-2.0
// Protobuf's wire format (protobuf.dev/programming-guides/encoding) to JSON and back.
#include "multidevice/content/wire_json.hpp"

#include <bit>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "multidevice/content/json_writer.hpp"

namespace waxwing::multidevice::content {
namespace {

using Json = nlohmann::json;

constexpr int kMaxDepth = 32;
enum Wire : std::uint32_t { kVarint = 0, kFixed64 = 1, kLength = 2, kFixed32 = 5 };

Wire wire_of(Kind kind) {
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

// Reading -----------------------------------------------------------------------------------------

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

Json number_json(std::uint64_t value, Dialect dialect) {
  if (dialect == Dialect::Baileys && value > std::numeric_limits<std::uint32_t>::max()) {
    return std::to_string(value);
  }
  return value;
}

Json scalar(const Field& field, std::uint64_t value, Dialect dialect) {
  switch (field.kind) {
    case Kind::Bool:
      return value != 0;
    case Kind::Signed: {
      const auto number = static_cast<std::int64_t>(value);
      return number < 0 ? Json(number) : number_json(value, dialect);
    }
    case Kind::Enum:
      if (dialect == Dialect::Baileys) {
        for (const EnumName& known : field.names) {
          if (static_cast<std::uint64_t>(known.number) == value) {
            return known.name;
          }
        }
      }
      return value;
    case Kind::Double:
      return std::bit_cast<double>(value);
    case Kind::Float:
      return std::bit_cast<float>(static_cast<std::uint32_t>(value));
    default:
      return number_json(value, dialect);
  }
}

// A field of a message as it lies there.
struct Part {
  const Field* field;
  std::uint64_t value;  // Of all kinds but texts, octets and messages.
  ByteView octets;      // Of these.
};
struct Parts {
  std::vector<Part> known;
  Bytes unknown;
};

// What the table knows of it, and the rest.
Status split(ByteView octets, const Type& type, int depth, Parts& out) {
  if (depth > kMaxDepth) {
    return malformed("a message is nested too deep");
  }
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

std::string_view name_in(const Field& field, Dialect dialect) {
  return dialect == Dialect::Whatsmeow && !field.go_name.empty() ? field.go_name : field.name;
}

Result<Json> read(ByteView octets, Dialect dialect, const Type& type, int depth) {
  Parts parts;
  if (Status status = split(octets, type, depth, parts); !status) {
    return status;
  }
  Json out = Json::object();
  for (const Part& part : parts.known) {
    const Field& field = *part.field;
    Json value;
    if (field.kind == Kind::Message) {
      auto inner = read(part.octets, dialect, *field.type, depth + 1);
      if (!inner) {
        return inner;
      }
      value = std::move(*inner);
    } else if (field.kind == Kind::Text) {
      value = as_text(part.octets);
    } else if (field.kind == Kind::Octets) {
      value = to_base64(part.octets);
    } else {
      value = scalar(field, part.value, dialect);
    }
    Json& member = out[std::string(name_in(field, dialect))];
    if (field.repeated) {
      member.push_back(std::move(value));
    } else {
      member = std::move(value);  // the last one counts
    }
  }
  if (!parts.unknown.empty()) {
    out[kUnknownFields] = to_base64(parts.unknown);
  }
  return out;
}

// As text -----------------------------------------------------------------------------------------

Status write_text(JsonWriter& out, ByteView octets, Dialect dialect, const Type& type, int depth);

Status write_value(JsonWriter& out, const Part& part, Dialect dialect, int depth) {
  switch (part.field->kind) {
    case Kind::Message:
      return write_text(out, part.octets, dialect, *part.field->type, depth + 1);
    case Kind::Text:
      out.text(as_text(part.octets));
      return {};
    case Kind::Octets:
      out.text(to_base64(part.octets));
      return {};
    case Kind::Bool:
      out.boolean(part.value != 0);
      return {};
    default:
      out.raw(scalar(*part.field, part.value, dialect).dump());
      return {};
  }
}

Status write_text(JsonWriter& out, ByteView octets, Dialect dialect, const Type& type, int depth) {
  Parts parts;
  if (Status status = split(octets, type, depth, parts); !status) {
    return status;
  }
  // Where each field of the table lies first and last.
  struct Extent {
    std::size_t first = 0;
    std::size_t end = 0;
  };
  std::vector<Extent> extents(type.fields.size());
  const auto extent_of = [&](const Part& part) -> Extent& {
    return extents[static_cast<std::size_t>(part.field - type.fields.data())];
  };
  for (std::size_t i = 0; i < parts.known.size(); ++i) {
    Extent& extent = extent_of(parts.known[i]);
    extent.first = extent.end == 0 ? i : extent.first;
    extent.end = i + 1;
  }
  out.begin_object();
  for (std::size_t i = 0; i < parts.known.size(); ++i) {
    const Part& part = parts.known[i];
    const Extent& extent = extent_of(part);
    // Many are written where the first one is, of one the last one counts.
    if (i != (part.field->repeated ? extent.first : extent.end - 1)) {
      continue;
    }
    out.key(name_in(*part.field, dialect));
    if (!part.field->repeated) {
      if (Status status = write_value(out, part, dialect, depth); !status) {
        return status;
      }
      continue;
    }
    out.begin_array();
    for (std::size_t each = i; each < extent.end; ++each) {
      if (parts.known[each].field != part.field) {
        continue;
      }
      if (Status status = write_value(out, parts.known[each], dialect, depth); !status) {
        return status;
      }
    }
    out.end_array();
  }
  if (!parts.unknown.empty()) {
    out.member(kUnknownFields, to_base64(parts.unknown));
  }
  out.end_object();
  return {};
}

// Writing -----------------------------------------------------------------------------------------

void put_varint(Bytes& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<Bytes::value_type>(value | 0x80U));
    value >>= 7U;
  }
  out.push_back(static_cast<Bytes::value_type>(value));
}

void put_fixed(Bytes& out, std::uint64_t value, int size) {
  for (int i = 0; i < size; ++i) {
    out.push_back(static_cast<Bytes::value_type>(value >> (8 * i) & 0xFFU));
  }
}

void put_octets(Bytes& out, ByteView octets) {
  put_varint(out, octets.size());
  out.insert(out.end(), octets.begin(), octets.end());
}

void write_one(Bytes& out, const Field& field, const Json& value) {
  const std::uint64_t tag = std::uint64_t{field.number} << 3U | wire_of(field.kind);
  switch (field.kind) {
    case Kind::Text:
      if (value.is_string()) {
        put_varint(out, tag);
        put_octets(out, as_bytes(value.get_ref<const std::string&>()));
      }
      return;
    case Kind::Octets:
      if (const auto octets =
              value.is_string() ? from_base64(value.get_ref<const std::string&>()) : std::nullopt) {
        put_varint(out, tag);
        put_octets(out, *octets);
      }
      return;
    case Kind::Message:
      if (value.is_object()) {
        put_varint(out, tag);
        put_octets(out, encode(value, *field.type));
      }
      return;
    case Kind::Bool:
      if (value.is_boolean()) {
        put_varint(out, tag);
        put_varint(out, value.get<bool>() ? 1 : 0);
      }
      return;
    default:
      break;
  }
  if (!value.is_number()) {
    return;
  }
  put_varint(out, tag);
  switch (field.kind) {
    case Kind::Double:
      return put_fixed(out, std::bit_cast<std::uint64_t>(value.get<double>()), 8);
    case Kind::Float:
      return put_fixed(out, std::bit_cast<std::uint32_t>(value.get<float>()), 4);
    case Kind::Fixed:
      return put_fixed(out, value.get<std::uint32_t>(), 4);
    default:
      return put_varint(out, value.is_number_unsigned()
                                 ? value.get<std::uint64_t>()
                                 : static_cast<std::uint64_t>(value.get<std::int64_t>()));
  }
}

}  // namespace

Result<Json> decode(ByteView octets, Dialect dialect, const Type& type) {
  return read(octets, dialect, type, 0);
}

Result<std::string> decode_text(ByteView octets, Dialect dialect, const Type& type) {
  JsonWriter out;
  if (Status status = write_text(out, octets, dialect, type, 0); !status) {
    return status;
  }
  return out.take();
}

Bytes encode(const Json& message, const Type& type) {
  Bytes out;
  for (const Field& field : type.fields) {
    const auto it = message.find(field.name);
    if (it == message.end()) {
      continue;
    }
    if (!field.repeated) {
      write_one(out, field, *it);
    } else if (it->is_array()) {
      for (const Json& value : *it) {
        write_one(out, field, value);
      }
    }
  }
  if (const auto it = message.find(kUnknownFields); it != message.end() && it->is_string()) {
    if (const auto unknown = from_base64(it->get_ref<const std::string&>())) {
      out.insert(out.end(), unknown->begin(), unknown->end());
    }
  }
  return out;
}

}  // namespace waxwing::multidevice::content
