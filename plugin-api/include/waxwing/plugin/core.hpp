// SPDX-License-Identifier: Apache-2.0
// Ground of the C++ SDK: views, Error, Outcome, Host (the host's tables) and the module entry.
//
// Header-only C++17 over the C ABI, no dependencies. All of it is compiled into the plugin and
// hidden there, so its layout is no part of the ABI.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <initializer_list>
#include <iterator>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../abi.h"

namespace waxwing::plugin {
inline namespace v1 {

// Views ------------------------------------------------------------------------------------------
// Octets travel as std::string_view too: C++17 has no span, and stores and blobs do not mind.

inline wax_str str(std::string_view s) noexcept {
  return {s.data(), s.size()};
}
inline wax_bytes bytes(std::string_view s) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(s.data()), s.size()};
}
inline std::string_view view(wax_str s) noexcept {
  return s.data ? std::string_view(s.data, static_cast<std::size_t>(s.size)) : std::string_view();
}
inline std::string_view view(wax_bytes b) noexcept {
  return b.data ? std::string_view(reinterpret_cast<const char*>(b.data),
                                   static_cast<std::size_t>(b.size))
                : std::string_view();
}

// Errors -----------------------------------------------------------------------------------------

// Throw it inside a plugin to fail the call in progress with a chosen status. The message is shown
// to the caller of the API: no secrets.
class Error : public std::exception {
 public:
  Error(wax_status code, std::string message, std::uint32_t retry_after_ms = 0)
      : code_(code), retry_after_ms_(retry_after_ms), message_(std::move(message)) {}
  const char* what() const noexcept override { return message_.c_str(); }
  wax_status code() const noexcept { return code_; }
  std::uint32_t retry_after_ms() const noexcept { return retry_after_ms_; }

 private:
  wax_status code_;
  std::uint32_t retry_after_ms_;
  std::string message_;
};

// How an asynchronous request ended. `message` is borrowed for the callback.
struct Outcome {
  wax_status status = WAX_OK;
  std::string_view message;
  std::uint32_t retry_after_ms = 0;

  Outcome() = default;
  Outcome(wax_status code, const wax_error* err) noexcept : status(code) {
    if (code != WAX_OK && err != nullptr) {
      message = err->message;
      retry_after_ms = err->retry_after_ms;
    }
  }
  bool ok() const noexcept { return status == WAX_OK; }
  // For callers that would rather throw than branch.
  void check() const {
    if (!ok()) {
      throw Error(status, std::string(message), retry_after_ms);
    }
  }
};

// Host -------------------------------------------------------------------------------------------

// One `key: value` of a log line; borrowed until log() returns.
struct Field {
  std::string_view key;
  std::string_view value;
};

// A metric that a module declares in its kMetrics array. kind: WAX_METRIC_*.
struct Metric {
  std::int32_t kind;
  const char* name;
  const char* unit;
  const char* help;
};

namespace detail {

// Copies a table of the other side into a zeroed struct of our size: a slot that the other side
// does not have reads as nullptr, and a slot that we do not know is left out.
template <class Table>
Table normalised(const void* raw) noexcept {
  Table table{};
  if (raw != nullptr) {
    std::uint32_t size = 0;
    std::memcpy(&size, raw, sizeof size);
    std::memcpy(&table, raw, size < sizeof table ? size : sizeof table);
  }
  return table;
}

}  // namespace detail

// The host's tables. One object per module, alive from init() to shutdown(); every member function
// may be called from any thread. Test an optional slot before using it: `if (host.blob.create)`.
class Host {
 public:
  explicit Host(const wax_host* raw) noexcept
      : session(load<wax_host_session>(raw, WAX_HOST_SESSION)),
        executor(load<wax_host_executor>(raw, WAX_HOST_EXECUTOR)),
        logger(load<wax_host_log>(raw, WAX_HOST_LOG)),
        metrics(load<wax_host_metrics>(raw, WAX_HOST_METRICS)),
        store(load<wax_host_store>(raw, WAX_HOST_STORE)),
        proxy(load<wax_host_proxy>(raw, WAX_HOST_PROXY)),
        blob(load<wax_host_blob>(raw, WAX_HOST_BLOB)),
        net(load<wax_host_net>(raw, WAX_HOST_NET)),
        paths(load<wax_host_paths>(raw, WAX_HOST_PATHS)),
        raw_(raw) {}
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  // For an extension this SDK has no member for.
  template <class Table>
  static Table load(const wax_host* raw, const char* extension_id) noexcept {
    return detail::normalised<Table>(raw->get_extension(raw, extension_id));
  }
  const wax_host* raw() const noexcept { return raw_; }

  // A directory of the session's own (abi/ext/paths.h). May wait for a disk: from offload(), with
  // `this` of the Host and not of the engine. Throws Error.
  std::string session_dir(wax_session* about) const {
    if (paths.session_dir == nullptr) {
      throw Error(WAX_E_UNSUPPORTED, "this server offers no directories");
    }
    return path_of([&](char* path, std::uint64_t size, wax_error* err) {
      return paths.session_dir(raw_, about, path, size, err);
    });
  }
  // Where the module's file lies; empty when the server does not say.
  std::string module_dir() const {
    return paths.module_dir == nullptr
               ? std::string()
               : path_of([&](char* path, std::uint64_t size, wax_error* err) {
                   return paths.module_dir(raw_, path, size, err);
                 });
  }

  // `message` is a stable dotted event name such as "connection.lost"; facts go into the fields.
  void log(wax_session* about, std::int32_t level, std::string_view message,
           std::initializer_list<Field> fields = {}) const noexcept {
    if (logger.write == nullptr ||
        (logger.enabled != nullptr && logger.enabled(raw_, about, level) == 0)) {
      return;
    }
    constexpr std::size_t kMaxFields = 16;
    wax_field raw_fields[kMaxFields];
    std::uint32_t count = 0;
    for (const Field& f : fields) {
      if (count < kMaxFields) {
        raw_fields[count++] = {str(f.key), str(f.value)};
      }
    }
    logger.write(raw_, about, level, str(message), raw_fields, count);
  }

  // Adds to a counter, sets a gauge, observes a histogram: `index` counts through kMetrics.
  void record(std::size_t index, double value) const noexcept {
    if (metrics.record != nullptr && index < metric_ids_.size() && metric_ids_[index] >= 0) {
      metrics.record(raw_, metric_ids_[index], value);
    }
  }
  // Only inside wax_module.init(); the module entry below calls it.
  void define_metrics(const Metric* list, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const Metric& m = list[i];
      metric_ids_.push_back(metrics.define ? metrics.define(raw_, m.kind, m.name, m.unit, m.help)
                                           : -1);
    }
  }

  const wax_host_session session;
  const wax_host_executor executor;
  const wax_host_log logger;
  const wax_host_metrics metrics;
  const wax_host_store store;
  const wax_host_proxy proxy;
  const wax_host_blob blob;
  const wax_host_net net;
  const wax_host_paths paths;

 private:
  template <class Ask>
  static std::string path_of(Ask&& ask) {
    std::string path(4096, '\0');
    wax_error err{};
    err.struct_size = sizeof err;
    const wax_status status = ask(path.data(), path.size(), &err);
    if (status != WAX_OK) {
      throw Error(status, err.message);
    }
    path.resize(std::strlen(path.c_str()));
    return path;
  }

  const wax_host* raw_;
  std::vector<std::int32_t> metric_ids_;
};

namespace detail {

// The border: nothing thrown passes these --------------------------------------------------------

inline void fill(wax_error* err, wax_status code, std::string_view what,
                 std::uint32_t retry_after_ms = 0) noexcept {
  if (err == nullptr) {
    return;
  }
  err->code = code;
  err->retry_after_ms = retry_after_ms;
  const std::size_t n =
      what.size() < sizeof err->message - 1 ? what.size() : sizeof err->message - 1;
  if (n > 0) {
    std::memcpy(err->message, what.data(), n);
  }
  err->message[n] = '\0';
}

// Must be called from a catch block: hands the current exception to
// report(code, text, retry_after_ms), whatever it is.
template <class Report>
void with_current_exception(Report&& report) noexcept {
  try {
    throw;
  } catch (const Error& e) {
    report(e.code(), std::string_view(e.what()), e.retry_after_ms());
  } catch (const std::bad_alloc&) {
    report(WAX_E_NO_MEMORY, std::string_view("out of memory"), std::uint32_t{0});
  } catch (const std::exception& e) {
    report(WAX_E_INTERNAL, std::string_view(e.what()), std::uint32_t{0});
  } catch (...) {
    report(WAX_E_INTERNAL, std::string_view("unknown exception"), std::uint32_t{0});
  }
}

// Runs fn; what it throws becomes the returned status and the text in *err.
template <class Fn>
wax_status guard_status(wax_error* err, Fn&& fn) noexcept {
  wax_status result = WAX_OK;
  try {
    fn();
  } catch (...) {
    with_current_exception([&](wax_status code, std::string_view what, std::uint32_t retry) {
      fill(err, code, what, retry);
      result = code;
    });
  }
  return result;
}

// Runs fn where nobody waits for an answer; what it throws is logged.
template <class Fn>
void guard_log(const Host& host, wax_session* session, Fn&& fn) noexcept {
  try {
    fn();
  } catch (...) {
    with_current_exception([&](wax_status, std::string_view what, std::uint32_t) {
      host.log(session, WAX_LOG_ERROR, "plugin.exception", {{"what", what}});
    });
  }
}

// Optional statics of an implementation class, found by name ------------------------------------
// Each pair reads T::kX when there is one and gives the fallback otherwise.

struct MetricList {
  const Metric* data;
  std::size_t size;
};

// clang-format off
template <class T> constexpr auto config_schema(int) -> decltype(static_cast<const char*>(T::kConfigSchema)) { return T::kConfigSchema; }
template <class T> constexpr const char* config_schema(...) { return nullptr; }
template <class T> constexpr auto config_section(int) -> decltype(static_cast<const char*>(T::kConfigSection)) { return T::kConfigSection; }
template <class T> constexpr const char* config_section(...) { return nullptr; }
template <class T> constexpr auto storage_version(int) -> decltype(static_cast<std::uint32_t>(T::kStorageVersion)) { return T::kStorageVersion; }
template <class T> constexpr std::uint32_t storage_version(...) { return 1; }
template <class T> constexpr auto module_flags(int) -> decltype(static_cast<std::uint32_t>(T::kModuleFlags)) { return T::kModuleFlags; }
template <class T> constexpr std::uint32_t module_flags(...) { return WAX_MODULE_UNLOADABLE; }
template <class T> constexpr auto vendor(int) -> decltype(static_cast<const char*>(T::kVendor)) { return T::kVendor; }
template <class T> constexpr const char* vendor(...) { return ""; }
template <class T> constexpr auto license(int) -> decltype(static_cast<const char*>(T::kLicense)) { return T::kLicense; }
template <class T> constexpr const char* license(...) { return ""; }
template <class T> constexpr auto url(int) -> decltype(static_cast<const char*>(T::kUrl)) { return T::kUrl; }
template <class T> constexpr const char* url(...) { return ""; }
template <class T> constexpr auto description(int) -> decltype(static_cast<const char*>(T::kDescription)) { return T::kDescription; }
template <class T> constexpr const char* description(...) { return ""; }
template <class T> constexpr auto metrics(int) -> decltype(MetricList{T::kMetrics, std::size(T::kMetrics)}) { return {T::kMetrics, std::size(T::kMetrics)}; }
template <class T> constexpr MetricList metrics(...) { return {nullptr, 0}; }
template <class T> constexpr auto client_version(int) -> decltype(static_cast<const wax_client_version*>(&T::kClientVersion)) { return &T::kClientVersion; }
template <class T> constexpr const wax_client_version* client_version(...) { return nullptr; }
// clang-format on

// The module entry -------------------------------------------------------------------------------
// What every module kind shares. Traits is made by the WAX_*_MODULE macros:
//   using Impl = the author's class; static constexpr const char *kModuleId, *kModuleVersion;
// wax_module_ctx* is a Host*, so one file may be initialised more than once.

inline const Host& host_of(wax_module_ctx* ctx) noexcept {
  return *reinterpret_cast<Host*>(ctx);
}

template <class Traits>
wax_status init_module(const wax_host* raw, wax_module_ctx** out, wax_error* err) noexcept {
  return guard_status(err, [&] {
    Host* host = new Host(raw);
    *out = reinterpret_cast<wax_module_ctx*>(host);
    constexpr MetricList kList = metrics<typename Traits::Impl>(0);
    try {
      host->define_metrics(kList.data, kList.size);
    } catch (...) {
      delete host;
      *out = nullptr;
      throw;
    }
  });
}

inline void shutdown_module(wax_module_ctx* ctx) noexcept {
  delete reinterpret_cast<Host*>(ctx);
}

template <class Traits>
constexpr wax_module make_module(const void* (*get_factory)(wax_module_ctx*,
                                                            const char*) noexcept) {
  using Impl = typename Traits::Impl;
  return {sizeof(wax_module),
          WAX_ABI_MAJOR,
          WAX_ABI_MINOR,
          WAX_ABI_MINOR,  // while the ABI is 0.x a module needs the minor it was built with
          0,
          module_flags<Impl>(0),
          Traits::kModuleId,
          Impl::kName,
          Traits::kModuleVersion,
          vendor<Impl>(0),
          license<Impl>(0),
          url<Impl>(0),
          description<Impl>(0),
          &init_module<Traits>,
          &shutdown_module,
          get_factory};
}

}  // namespace detail
}  // namespace v1
}  // namespace waxwing::plugin

// Defines the file's one exported symbol for a Binding<Traits> with a `static constexpr wax_module
// kModule`. The WAX_*_MODULE macros of engine.hpp, proxy.hpp and storage.hpp are made of it.
#define WAX_DETAIL_MODULE(Binding, Class, module_id, module_version)     \
  namespace {                                                            \
  struct WaxModuleTraits {                                               \
    using Impl = Class;                                                  \
    static constexpr const char* kModuleId = module_id;                  \
    static constexpr const char* kModuleVersion = module_version;        \
  };                                                                     \
  }                                                                      \
  extern "C" WAX_EXPORT const wax_module* wax_module_v1(void) noexcept { \
    return &Binding<WaxModuleTraits>::kModule;                           \
  }                                                                      \
  static_assert(true, "require a semicolon")
