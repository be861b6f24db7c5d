// SPDX-License-Identifier: Apache-2.0
// waE2E.Message between its octets and JSON, both ways, by the table of wire_schema.hpp.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "multidevice/base/bytes.hpp"
#include "multidevice/base/result.hpp"
#include "multidevice/content/wire_schema.hpp"

namespace waxwing::multidevice::content {

enum class Dialect : std::uint8_t {
  Plain,      // names as WhatsApp has them; all numbers as numbers; what encode() takes
  Baileys,    // numbers above 32 bits as text, enums by name
  Whatsmeow,  // its names; all numbers as numbers
};

// Fields that the table does not know are kept, octets in base64, under this name: nothing is lost
// on the way through encode(decode()).
inline constexpr char kUnknownFields[] = "unknownFields";

// Fault::Malformed for what is no protobuf, or is nested deeper than 32.
[[nodiscard]] Result<nlohmann::json> decode(ByteView octets, Dialect dialect,
                                            const Type& type = kMessage);
// The same as text, without a tree in between.
[[nodiscard]] Result<std::string> decode_text(ByteView octets, Dialect dialect,
                                              const Type& type = kMessage);
// Of JSON in Dialect::Plain that was built here or decoded; members of a wrong type are left out.
[[nodiscard]] Bytes encode(const nlohmann::json& message, const Type& type = kMessage);

}  // namespace waxwing::multidevice::content
