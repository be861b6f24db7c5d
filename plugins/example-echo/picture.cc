// SPDX-License-Identifier: Apache-2.0
// An indexed PNG with two bits per pixel and stored (uncompressed) deflate blocks.
#include "picture.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "pairing.hpp"

namespace echo {
namespace {

constexpr std::size_t kSide = 256;
constexpr std::size_t kCells = 8;     // per side, mirrored left to right
constexpr std::size_t kBarTop = 240;  // the status bar below the pattern
constexpr std::size_t kRowOctets = kSide / 4;
constexpr std::size_t kMaxStored = 65535;  // octets in one stored deflate block

void put_u32(std::string& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) {
    out += static_cast<char>(value >> shift & 255U);
  }
}

std::uint32_t crc32(std::string_view data) {
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const char c : data) {
    crc ^= static_cast<std::uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) {
      crc = crc >> 1 ^ ((crc & 1U) != 0 ? 0xEDB88320U : 0U);
    }
  }
  return ~crc;
}

std::uint32_t adler32(std::string_view data) {
  std::uint32_t a = 1;
  std::uint32_t b = 0;
  for (const char c : data) {
    a = (a + static_cast<std::uint8_t>(c)) % 65521U;
    b = (b + a) % 65521U;
  }
  return b << 16 | a;
}

void put_chunk(std::string& png, std::string_view type, std::string_view data) {
  put_u32(png, static_cast<std::uint32_t>(data.size()));
  std::string body(type);
  body += data;
  png += body;
  put_u32(png, crc32(body));
}

std::string zlib_stored(std::string_view data) {
  std::string out("\x78\x01", 2);
  for (std::size_t at = 0; at < data.size(); at += kMaxStored) {
    const std::size_t n = std::min(kMaxStored, data.size() - at);
    out += at + n == data.size() ? '\1' : '\0';
    for (const std::size_t length : {n, ~n}) {
      out += static_cast<char>(length & 255U);
      out += static_cast<char>(length >> 8 & 255U);
    }
    out += data.substr(at, n);
  }
  put_u32(out, adler32(data));
  return out;
}

std::string palette(std::uint64_t hash, unsigned status_rgb) {
  // Paper, two inks of the session's own (kept dark enough to be seen on paper), status.
  const std::array<std::uint32_t, 4> colours = {
      0xF4F1EAU, static_cast<std::uint32_t>(hash >> 40) & 0xBFBFBFU,
      static_cast<std::uint32_t>(hash >> 16) & 0xBFBFBFU, status_rgb};
  std::string out;
  for (const std::uint32_t rgb : colours) {
    for (const int shift : {16, 8, 0}) {
      out += static_cast<char>(rgb >> shift & 255U);
    }
  }
  return out;
}

unsigned pixel(std::uint64_t hash, std::size_t x, std::size_t y) {
  constexpr unsigned kStatus = 3;
  if (y >= kBarTop) {
    return kStatus;
  }
  const std::size_t column = x * kCells / kSide;
  const std::size_t mirrored = std::min(column, kCells - 1 - column);
  const std::size_t cell = (y * kCells / kSide) * (kCells / 2) + mirrored;
  const std::uint64_t two_bits = hash >> (2 * cell % 64) & 3U;
  return two_bits == 3 ? 0U : static_cast<unsigned>(two_bits);  // half of the cells stay paper
}

}  // namespace

std::string draw_picture(std::string_view session, unsigned status_rgb) {
  const std::uint64_t hash = stable_hash(session);
  std::string rows;
  rows.reserve(kSide * (kRowOctets + 1));
  for (std::size_t y = 0; y < kSide; ++y) {
    rows += '\0';  // no filter
    for (std::size_t x = 0; x < kSide; x += 4) {
      unsigned octet = 0;
      for (std::size_t i = 0; i < 4; ++i) {
        octet = octet << 2 | pixel(hash, x + i, y);
      }
      rows += static_cast<char>(octet);
    }
  }

  std::string header;
  put_u32(header, kSide);
  put_u32(header, kSide);
  header += std::string("\2\3\0\0\0", 5);  // 2 bits, indexed, deflate, no interlace

  std::string png("\x89PNG\r\n\x1A\n", 8);
  put_chunk(png, "IHDR", header);
  put_chunk(png, "PLTE", palette(hash, status_rgb));
  put_chunk(png, "IDAT", zlib_stored(rows));
  put_chunk(png, "IEND", {});
  return png;
}

}  // namespace echo
