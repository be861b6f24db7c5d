// SPDX-License-Identifier: Apache-2.0
// JSON text written piece by piece, for payloads of which there are thousands a second.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace waxwing::multidevice::content {

// Puts commas where they belong; that every begin has its end, and every member its value, is the
// caller's care. Octets that are no UTF-8 become U+FFFD.
class JsonWriter {
 public:
  JsonWriter() { out_.reserve(1024); }

  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }
  // Its value follows. A name of ours, with nothing in it that needs an escape.
  JsonWriter& key(std::string_view name);

  JsonWriter& text(std::string_view value);
  JsonWriter& text_or_null(std::string_view value) { return value.empty() ? null() : text(value); }
  JsonWriter& boolean(bool value) { return raw(value ? "true" : "false"); }
  JsonWriter& null() { return raw("null"); }
  JsonWriter& number(std::int64_t value);
  JsonWriter& number(std::uint64_t value);
  // A value that is JSON already.
  JsonWriter& raw(std::string_view json);

  // "name": value
  JsonWriter& member(std::string_view name, std::string_view value) {
    return key(name).text(value);
  }
  JsonWriter& member(std::string_view name, const char* value) { return key(name).text(value); }
  JsonWriter& member(std::string_view name, bool value) { return key(name).boolean(value); }
  template <std::integral Number>
  JsonWriter& member(std::string_view name, Number value) {
    if constexpr (std::signed_integral<Number>) {
      return key(name).number(std::int64_t{value});
    } else {
      return key(name).number(std::uint64_t{value});
    }
  }

  [[nodiscard]] const std::string& json() const noexcept { return out_; }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  void separate();
  void quote(std::string_view text);

  std::string out_;
};

}  // namespace waxwing::multidevice::content
