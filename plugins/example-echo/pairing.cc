// SPDX-License-Identifier: Apache-2.0
// Random texts in the form that phones expect.
#include "pairing.hpp"

#include <unistd.h>

#include <waxwing/plugin.hpp>

namespace echo {
namespace {

constexpr std::size_t kKeyOctets = 32;
constexpr std::size_t kReferenceOctets = 66;

std::string base64(std::string_view octets) {
  static constexpr char kAlphabet[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((octets.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < octets.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      group = group << 8 | (i + j < octets.size() ? static_cast<std::uint8_t>(octets[i + j]) : 0U);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      out += i + j <= octets.size() ? kAlphabet[group >> (18 - 6 * j) & 63U] : '=';
    }
  }
  return out;
}

}  // namespace

std::string random_octets(std::size_t count) {
  std::string out(count, '\0');
  if (getentropy(out.data(), out.size()) != 0) {
    throw waxwing::plugin::Error(WAX_E_INTERNAL, "no random numbers from the system");
  }
  return out;
}

std::string random_hex(std::size_t octets) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : random_octets(octets)) {
    const auto octet = static_cast<std::uint8_t>(c);
    out += kDigits[octet >> 4];
    out += kDigits[octet & 15U];
  }
  return out;
}

std::uint64_t stable_hash(std::string_view text) {
  std::uint64_t hash = 14695981039346656037U;
  for (const char c : text) {
    hash = (hash ^ static_cast<std::uint8_t>(c)) * 1099511628211U;
  }
  return hash;
}

QrTexts::QrTexts() {
  for (int i = 0; i < 3; ++i) {
    keys_ += ',' + base64(random_octets(kKeyOctets));
  }
  keys_ += ",1";
}

std::string QrTexts::next() const {
  return "2@" + base64(random_octets(kReferenceOctets)) + keys_;
}

std::string make_pairing_code() {
  static constexpr char kLetters[] = "123456789ABCDEFGHJKLMNPQRSTVWXYZ";  // 32 of them
  std::string code;
  for (const char c : random_octets(8)) {
    if (code.size() == 4) {
      code += '-';
    }
    code += kLetters[static_cast<std::uint8_t>(c) & 31U];
  }
  return code;
}

}  // namespace echo
