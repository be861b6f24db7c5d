// SPDX-License-Identifier: Apache-2.0
// Structured log: a stable dotted event name plus fields, written by a thread of its own.
//
// Levels: error = someone must act; warn = degraded or misbehaving; info = state changes; debug and
// trace = developers. Message bodies, phone numbers and credentials never stand above debug.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.hpp"

namespace waxwing::log {

enum class Level : std::uint8_t { Trace, Debug, Info, Warn, Error, Off };
enum class Format : std::uint8_t { Pretty, Json };

// "error", "warn", "info", "debug", "trace", "silent"; any case.
[[nodiscard]] Result<Level> parse_level(std::string_view text);

struct Field {
  using Value = std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool>;

  // string_view first: a `const char*` must not become a bool.
  Field(std::string_view k, std::string_view v) : key(k), value(v) {}
  Field(std::string_view k, const std::string& v) : key(k), value(std::string_view(v)) {}
  Field(std::string_view k, const char* v) : key(k), value(std::string_view(v)) {}
  template <std::same_as<bool> B>
  Field(std::string_view k, B v) : key(k), value(v) {}
  template <std::floating_point F>
  Field(std::string_view k, F v) : key(k), value(static_cast<double>(v)) {}
  template <std::signed_integral I>
  Field(std::string_view k, I v) : key(k), value(static_cast<std::int64_t>(v)) {}
  template <std::unsigned_integral U>
  requires(!std::same_as<U, bool>) Field(std::string_view k, U v)
      : key(k), value(static_cast<std::uint64_t>(v)) {}

  std::string_view key;
  Value value;
};
using Fields = std::initializer_list<Field>;

// Starts the writer; before this and after stop() lines go to stderr directly. [main-thread]
void start(Level level, Format format);
// Writes out what is queued. [main-thread]
void stop();

[[nodiscard]] bool enabled(Level level) noexcept;
// Writes whatever the level says: for sessions with `debug` set. [any-thread]
void write(Level level, std::string_view event, std::span<const Field> fields);

inline void write_if(Level level, std::string_view event, Fields fields) {
  if (enabled(level)) {
    write(level, event, std::span<const Field>(fields.begin(), fields.size()));
  }
}
inline void trace(std::string_view event, Fields fields = {}) {
  write_if(Level::Trace, event, fields);
}
inline void debug(std::string_view event, Fields fields = {}) {
  write_if(Level::Debug, event, fields);
}
inline void info(std::string_view event, Fields fields = {}) {
  write_if(Level::Info, event, fields);
}
inline void warn(std::string_view event, Fields fields = {}) {
  write_if(Level::Warn, event, fields);
}
inline void error(std::string_view event, Fields fields = {}) {
  write_if(Level::Error, event, fields);
}

}  // namespace waxwing::log
