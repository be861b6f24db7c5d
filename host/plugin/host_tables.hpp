// SPDX-License-Identifier: Apache-2.0
// The C tables that the host offers to modules; inside of host/plugin only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <waxwing/abi.h>

#include "base/result.hpp"

namespace waxwing::plugin_host {

class Module;

// A wax_host whose functions find their way back through impl = &module.
[[nodiscard]] wax_host make_host(Module& module);

[[nodiscard]] inline Module& module_of(const wax_host* host) noexcept {
  return *static_cast<Module*>(host->impl);
}
inline constexpr std::uint64_t kMaxOctets = PTRDIFF_MAX;
// An octet count beyond what can exist counts as empty rather than being read.
[[nodiscard]] inline std::string_view view(wax_str s) noexcept {
  return s.data == nullptr || s.size > kMaxOctets ? std::string_view()
                                                  : std::string_view(s.data, s.size);
}
[[nodiscard]] inline std::string_view view(wax_bytes b) noexcept {
  return view(wax_str{reinterpret_cast<const char*>(b.data), b.size});
}
[[nodiscard]] inline wax_str to_abi(std::string_view s) noexcept {
  return {s.data(), s.size()};
}
[[nodiscard]] inline wax_bytes bytes_to_abi(std::string_view s) noexcept {
  return {reinterpret_cast<const uint8_t*>(s.data()), s.size()};
}
// The status a plugin returned, with the text it left in `error`.
[[nodiscard]] Status status_from_abi(wax_status status, const wax_error& error,
                                     std::string_view fallback);
[[nodiscard]] wax_error error_to_abi(const Status& status) noexcept;
[[nodiscard]] inline wax_error empty_error() noexcept {
  wax_error error{};
  error.struct_size = sizeof error;
  return error;
}

// One per extension; each file ext_*.cc defines its own.
[[nodiscard]] const wax_host_session* session_table() noexcept;
[[nodiscard]] const wax_host_executor* executor_table() noexcept;
[[nodiscard]] const wax_host_store* store_table() noexcept;
[[nodiscard]] const wax_host_proxy* proxy_table() noexcept;
[[nodiscard]] const wax_host_blob* blob_table() noexcept;
[[nodiscard]] const wax_host_log* log_table() noexcept;
[[nodiscard]] const wax_host_metrics* metrics_table() noexcept;
[[nodiscard]] const wax_host_net* net_table() noexcept;
[[nodiscard]] const wax_host_paths* paths_table() noexcept;

}  // namespace waxwing::plugin_host
