// SPDX-License-Identifier: Apache-2.0
// Names, numbers and types of the fields of waE2E.Message, as data.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace waxwing::multidevice::content {

enum class Kind : std::uint8_t {
  Text,
  Octets,  // base64 in JSON
  Bool,
  Number,  // unsigned varint, at most 64 bits
  Signed,  // varint of a two's complement number
  Enum,    // a number, or its name
  Double,  // 64 bits
  Float,   // 32 bits
  Fixed,   // unsigned, 32 bits
  Message,
};

struct EnumName {
  std::int32_t number;
  std::string_view name;
};

struct Type;

struct Field {
  std::uint32_t number;
  std::string_view name;  // as in WhatsApp's own and Baileys' JSON
  Kind kind;
  bool repeated = false;
  const Type* type = nullptr;            // of a Message
  std::span<const EnumName> names = {};  // of an Enum
  std::string_view go_name = {};         // as in whatsmeow's JSON where that differs
};

struct Type {
  std::string_view name;
  std::span<const Field> fields;

  [[nodiscard]] const Field* find(std::uint32_t number) const;
  [[nodiscard]] const Field* find(std::string_view name) const;
};

// waE2E.Message.
extern const Type kMessage;

}  // namespace waxwing::multidevice::content
