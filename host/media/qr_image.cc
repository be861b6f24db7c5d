// SPDX-License-Identifier: Apache-2.0
// Drawing QR codes: libqrencode makes the modules, libpng the picture.
#include "media/qr_image.hpp"

#include <png.h>
#include <qrencode.h>

#include <csetjmp>
#include <cstdint>
#include <memory>
#include <vector>

namespace waxwing::media {
namespace {

constexpr int kScale = 8;
constexpr int kMargin = 4;
constexpr int kCompression = 1;  // higher levels cost ten times as much for a kilobyte

// Rows of packed bits, 1 = white.
struct Bitmap {
  png_uint_32 side = 0;  // pixels
  std::vector<std::vector<png_byte>> rows;
};

Bitmap draw(const QRcode& code) {
  Bitmap bitmap;
  const int modules = code.width + 2 * kMargin;
  bitmap.side = static_cast<png_uint_32>(modules * kScale);
  const std::size_t row_bytes = (bitmap.side + 7) / 8;
  for (int y = 0; y < modules; ++y) {
    std::vector<png_byte> row(row_bytes, 0xFF);
    for (int x = 0; x < modules; ++x) {
      const int cx = x - kMargin;
      const int cy = y - kMargin;
      const bool inside = cx >= 0 && cy >= 0 && cx < code.width && cy < code.width;
      if (inside && (code.data[cy * code.width + cx] & 1U) != 0) {
        row[static_cast<std::size_t>(x)] = 0;  // a module is one octet wide: kScale is 8
      }
    }
    bitmap.rows.insert(bitmap.rows.end(), kScale, row);
  }
  return bitmap;
}
static_assert(kScale == 8, "draw() packs one module into one octet");

void append(png_structp png, png_bytep data, png_size_t size) {
  static_cast<std::string*>(png_get_io_ptr(png))->append(reinterpret_cast<const char*>(data), size);
}

void ignore_flush(png_structp) {}

// Holds no object with a destructor: libpng leaves it by longjmp on an error.
bool write_png(png_bytep* rows, png_uint_32 side, std::string* out) {
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png != nullptr ? png_create_info_struct(png) : nullptr;
  if (info == nullptr || setjmp(png_jmpbuf(png)) != 0) {
    png_destroy_write_struct(&png, &info);
    return false;
  }
  png_set_write_fn(png, out, append, ignore_flush);
  png_set_compression_level(png, kCompression);
  png_set_filter(png, 0, PNG_FILTER_NONE);
  png_set_IHDR(png, info, side, side, 1, PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_set_rows(png, info, rows);
  png_write_png(png, info, PNG_TRANSFORM_IDENTITY, nullptr);
  png_destroy_write_struct(&png, &info);
  return true;
}

using Code2d = std::unique_ptr<QRcode, decltype(&QRcode_free)>;

Result<Code2d> encode(std::string_view text) {
  Code2d code(
      QRcode_encodeData(static_cast<int>(text.size()),
                        reinterpret_cast<const unsigned char*>(text.data()), 0, QR_ECLEVEL_L),
      &QRcode_free);
  if (!code) {
    return Status(Code::Invalid, "the text does not fit into a QR code");
  }
  return code;
}

}  // namespace

Result<std::string> qr_png(std::string_view text) {
  WAX_TRY(const Code2d code, encode(text));
  Bitmap bitmap = draw(*code);
  std::vector<png_bytep> rows;
  rows.reserve(bitmap.rows.size());
  for (auto& row : bitmap.rows) {
    rows.push_back(row.data());
  }
  std::string png;
  if (!write_png(rows.data(), bitmap.side, &png)) {
    return Status(Code::Internal, "the QR code could not be drawn");
  }
  return png;
}

Result<std::string> qr_terminal(std::string_view text) {
  WAX_TRY(const Code2d code, encode(text));
  constexpr int kEdge = 2;
  const auto dark = [&](int x, int y) {
    return x >= 0 && y >= 0 && x < code->width && y < code->width &&
           (code->data[y * code->width + x] & 1U) != 0;
  };
  // Light on dark, as most terminals are; scanners read both. Two rows of modules to a line.
  std::string lines;
  for (int y = -kEdge; y < code->width + kEdge; y += 2) {
    for (int x = -kEdge; x < code->width + kEdge; ++x) {
      const bool upper = !dark(x, y);
      const bool lower = !dark(x, y + 1);
      lines += upper && lower ? "\u2588" : upper ? "\u2580" : lower ? "\u2584" : " ";
    }
    lines += '\n';
  }
  return lines;
}

}  // namespace waxwing::media
