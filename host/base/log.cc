// SPDX-License-Identifier: Apache-2.0
// The log on top of spdlog; the only file that includes it.
#include "base/log.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <memory>
#include <mutex>
#include <spdlog/async.h>
#include <spdlog/fmt/chrono.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace waxwing::log {
namespace {

constexpr std::size_t kQueueLines = 8192;  // the oldest line goes when the writer cannot keep up

std::atomic<Level> g_level{Level::Info};
std::atomic<Format> g_format{Format::Pretty};
std::mutex g_logger_mutex;                       // guards g_logger
std::shared_ptr<spdlog::async_logger> g_logger;  // null: write to stderr directly

std::string_view name_of(Level level) {
  switch (level) {
    case Level::Trace:
      return "trace";
    case Level::Debug:
      return "debug";
    case Level::Info:
      return "info";
    case Level::Warn:
      return "warn";
    default:
      return "error";
  }
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (u < 0x20) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", u);
    } else {
      out += c;
    }
  }
  out += '"';
}

void append_value(std::string& out, const Field::Value& value, Format format) {
  std::visit(
      [&](const auto& v) {
        using V = std::decay_t<decltype(v)>;
        if constexpr (std::is_same_v<V, std::string_view>) {
          const bool plain =
              format == Format::Pretty && !v.empty() &&
              std::all_of(v.begin(), v.end(), [](char c) { return c > 0x20 && c != '"'; });
          if (plain) {
            out += v;
          } else {
            append_json_string(out, v);
          }
        } else if constexpr (std::is_same_v<V, double>) {
          fmt::format_to(std::back_inserter(out), "{}", std::isfinite(v) ? v : 0.0);
        } else {
          fmt::format_to(std::back_inserter(out), "{}", v);
        }
      },
      value);
}

std::string render(Level level, std::string_view event, std::span<const Field> fields) {
  const auto now = std::chrono::system_clock::now();
  const auto ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  std::string line;
  line.reserve(160);
  const Format format = g_format.load(std::memory_order_relaxed);
  if (format == Format::Json) {
    fmt::format_to(std::back_inserter(line), R"({{"time":{},"level":"{}","event":)", ms,
                   name_of(level));
    append_json_string(line, event);
    for (const Field& field : fields) {
      line += ',';
      append_json_string(line, field.key);
      line += ':';
      append_value(line, field.value, format);
    }
    line += '}';
  } else {
    fmt::format_to(std::back_inserter(line), "{:%Y-%m-%d %H:%M:%S}.{:03} {:<5} {}",
                   fmt::localtime(seconds), ms % 1000, name_of(level), event);
    for (const Field& field : fields) {
      line += ' ';
      line += field.key;
      line += '=';
      append_value(line, field.value, format);
    }
  }
  return line;
}

}  // namespace

Result<Level> parse_level(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (lower == "trace") {
    return Level::Trace;
  }
  if (lower == "debug") {
    return Level::Debug;
  }
  if (lower == "info") {
    return Level::Info;
  }
  if (lower == "warn" || lower == "warning") {
    return Level::Warn;
  }
  if (lower == "error" || lower == "fatal") {
    return Level::Error;
  }
  if (lower == "silent") {
    return Level::Off;
  }
  return Status(Code::Invalid, "must be one of: error, warn, info, debug, trace, silent");
}

void start(Level level, Format format) {
  g_level = level;
  g_format = format;
  const std::lock_guard lock(g_logger_mutex);
  if (g_logger) {
    return;
  }
  spdlog::init_thread_pool(kQueueLines, 1);
  g_logger = std::make_shared<spdlog::async_logger>(
      "waxwing", std::make_shared<spdlog::sinks::stdout_sink_mt>(), spdlog::thread_pool(),
      spdlog::async_overflow_policy::overrun_oldest);
  g_logger->set_pattern("%v");
  g_logger->set_level(spdlog::level::trace);
  g_logger->flush_on(spdlog::level::info);
}

void stop() {
  std::shared_ptr<spdlog::async_logger> logger;
  {
    const std::lock_guard lock(g_logger_mutex);
    logger = std::move(g_logger);
    g_logger = nullptr;
  }
  if (logger) {
    logger->flush();
    logger.reset();
    spdlog::shutdown();
  }
}

bool enabled(Level level) noexcept {
  return level >= g_level.load(std::memory_order_relaxed);
}

void write(Level level, std::string_view event, std::span<const Field> fields) {
  const std::string line = render(level, event, fields);
  std::shared_ptr<spdlog::async_logger> logger;
  {
    const std::lock_guard lock(g_logger_mutex);
    logger = g_logger;
  }
  if (logger) {
    logger->log(level >= Level::Info ? spdlog::level::info : spdlog::level::debug, line);
  } else {
    std::fprintf(stderr, "%s\n", line.c_str());
  }
}

}  // namespace waxwing::log
