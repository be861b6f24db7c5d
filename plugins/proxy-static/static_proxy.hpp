// SPDX-License-Identifier: Apache-2.0
// The static proxy module: a session's own proxy, else one server for all, else a list.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <waxwing/plugin/proxy.hpp>

namespace proxy_static {

namespace wp = waxwing::plugin;

// JSON Schema of the module's config.
extern const char kConfigSchema[];

struct Config {
  std::string server;  // "host:port", "http://host:port", "socks5://host:port"
  std::string username;
  std::string password;
  std::vector<std::string> server_list;
  std::string index_prefix;
};

// Throws waxwing::plugin::Error(WAX_E_INVALID) with the field's name.
[[nodiscard]] Config parse_config(std::string_view json);

// The entry of a list that a session's name asks for: when the name contains the prefix, the digits
// at its end choose `digits % size`. Nothing when there is no prefix, no such digits, or they are
// 0.
[[nodiscard]] std::optional<std::size_t> index_by_name(std::string_view session,
                                                       std::string_view prefix, std::size_t size);

// [blocking-pool], any number of calls at once.
class StaticProxy final : public wp::ProxyModule {
 public:
  static constexpr const char* kId = "static";
  static constexpr const char* kName = "Static proxies";
  static constexpr const char* kDescription = "One proxy for all sessions, or a list.";
  static constexpr const char* kLicense = "Apache-2.0";
  static constexpr const char* kConfigSchema = proxy_static::kConfigSchema;

  StaticProxy(const wp::Host& host, std::string_view config_json);
  wp::Lease acquire(std::string_view session, std::string_view hint_json) override;
  void release(std::uint64_t lease_id) noexcept override;

 private:
  // An entry that was chosen by the number of running sessions stays with its session while a lease
  // of it is held: another count must not move it.
  struct Choice {
    std::size_t index = 0;
    std::size_t leases = 0;
  };
  std::size_t sticky_index(const std::string& session, std::uint64_t running,
                           std::uint64_t lease_id);

  const Config config_;
  std::mutex mutex_;
  std::uint64_t next_lease_id_ = 1;
  std::unordered_map<std::string, Choice> choices_;               // by session
  std::unordered_map<std::uint64_t, std::string> lease_holders_;  // lease -> session
};

}  // namespace proxy_static
