// SPDX-License-Identifier: Apache-2.0
// Protobuf's fields to JSON and back.
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
#include "multidevice/content/wire_fields.hpp"

namespace waxwing::multidevice::content {
namespace {

using Json = nlohmann::json;

constexpr int kMaxDepth = 32;
// Reading -----------------------------------------------------------------------------------------

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

std::string_view name_in(const Field& field, Dialect dialect) {
  return dialect == Dialect::Whatsmeow && !field.go_name.empty() ? field.go_name : field.name;
}

Status split(ByteView octets, const Type& type, int depth, WireFields& out) {
  return depth > kMaxDepth ? malformed("a message is nested too deep")
                           : split_fields(octets, type, out);
}

Result<Json> read(ByteView octets, Dialect dialect, const Type& type, int depth) {
  WireFields parts;
  if (Status status = split(octets, type, depth, parts); !status) {
    return status;
  }
  Json out = Json::object();
  for (const WireField& part : parts.known) {
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

Status write_value(JsonWriter& out, const WireField& part, Dialect dialect, int depth) {
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
  WireFields parts;
  if (Status status = split(octets, type, depth, parts); !status) {
    return status;
  }
  // Where each field of the table lies first and last.
  struct Extent {
    std::size_t first = 0;
    std::size_t end = 0;
  };
  std::vector<Extent> extents(type.fields.size());
  const auto extent_of = [&](const WireField& part) -> Extent& {
    return extents[static_cast<std::size_t>(part.field - type.fields.data())];
  };
  for (std::size_t i = 0; i < parts.known.size(); ++i) {
    Extent& extent = extent_of(parts.known[i]);
    extent.first = extent.end == 0 ? i : extent.first;
    extent.end = i + 1;
  }
  out.begin_object();
  for (std::size_t i = 0; i < parts.known.size(); ++i) {
    const WireField& part = parts.known[i];
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
