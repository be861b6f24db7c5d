// SPDX-License-Identifier: Apache-2.0
// Hexadecimal, base64 and joining of octets.
#include "multidevice/base/bytes.hpp"

namespace waxwing::multidevice {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::optional<std::uint32_t> hex_digit(char c) noexcept {
  const char lower = c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
  const std::size_t at = kHex.find(lower);
  return at == std::string_view::npos ? std::nullopt
                                      : std::optional(static_cast<std::uint32_t>(at));
}

}  // namespace

Bytes concat(std::initializer_list<ByteView> parts) {
  std::size_t size = 0;
  for (const ByteView part : parts) {
    size += part.size();
  }
  Bytes out;
  out.reserve(size);
  for (const ByteView part : parts) {
    append(out, part);
  }
  return out;
}

std::string to_hex(ByteView octets) {
  std::string text;
  text.reserve(octets.size() * 2);
  for (const std::uint8_t octet : octets) {
    text += kHex[octet >> 4U];
    text += kHex[octet & 15U];
  }
  return text;
}

std::optional<Bytes> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) {
    return std::nullopt;
  }
  Bytes out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const auto high = hex_digit(text[i]);
    const auto low = hex_digit(text[i + 1]);
    if (!high || !low) {
      return std::nullopt;
    }
    out.push_back(static_cast<std::uint8_t>(*high << 4U | *low));
  }
  return out;
}

std::string to_base64(ByteView octets) {
  std::string text;
  text.reserve((octets.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < octets.size(); i += 3) {
    const ByteView group = octets.subspan(i, std::min<std::size_t>(3, octets.size() - i));
    const std::uint64_t bits = from_be(group) << (8 * (3 - group.size()));
    for (std::size_t k = 0; k < 4; ++k) {
      text += k <= group.size() ? kBase64[(bits >> (18 - 6 * k)) & 63U] : '=';
    }
  }
  return text;
}

std::optional<Bytes> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) {
    return std::nullopt;
  }
  std::size_t digits = text.size();
  while (digits > 0 && text.size() - digits < 2 && text[digits - 1] == '=') {
    --digits;
  }
  Bytes out;
  out.reserve(text.size() / 4 * 3);
  std::uint32_t bits = 0;
  std::uint32_t held = 0;
  for (const char c : text.substr(0, digits)) {
    const std::size_t digit = kBase64.find(c);
    if (digit == std::string_view::npos) {
      return std::nullopt;
    }
    bits = bits << 6U | static_cast<std::uint32_t>(digit);
    held += 6;
    if (held >= 8) {
      held -= 8;
      out.push_back(static_cast<std::uint8_t>(bits >> held));
      bits &= (1U << held) - 1;
    }
  }
  // Bits that no octet has taken must be zero, or one text would have several spellings.
  return bits == 0 ? std::optional(std::move(out)) : std::nullopt;
}

}  // namespace waxwing::multidevice
