// SPDX-License-Identifier: Apache-2.0
// One loaded plugin file: its descriptors, its tables, its misbehaviour.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <waxwing/abi.h>

#include "base/result.hpp"

namespace waxwing {
class Metrics;
}

namespace waxwing::plugin_host {

class VerifiedFile;
struct Services;

struct OpInfo {
  std::string name;         // "messages.sendText"
  std::uint32_t flags = 0;  // WAX_OP_*
  std::uint32_t revision = 1;
  std::uint32_t max_concurrency = 0;
  std::string request_schema;  // empty = the standard one
  std::string response_schema;
};

struct EngineInfo {
  std::string id;  // "NOWEB"
  std::string name;
  std::string version;
  std::string config_section;
  std::string config_schema;  // JSON text, empty = takes no config
  std::vector<OpInfo> ops;
  std::uint32_t storage_version = 0;
  std::vector<std::string> events;

  [[nodiscard]] const OpInfo* find_op(std::string_view op) const;
};

// A storage or proxy that a module offers.
struct BackendInfo {
  std::string id;
  std::string name;
  std::string version;
  std::string config_schema;
};

// Counted by the border, shown by GET /api/plugins and in the metrics.
enum class Misbehaviour : std::uint8_t {
  LateAnswer,    // after the deadline
  DoubleAnswer,  // a call answered twice, or a call that never was
  NoAnswer,      // the deadline passed
  WrongThread,   // a [session-loop] function called elsewhere
  IllegalState,  // a move that the state machine refuses
  LateCall,      // for a session that is gone
  Count,
};
[[nodiscard]] std::string_view to_string(Misbehaviour what) noexcept;

// Made by load(); never unmapped, because a library that was once mapped may have left threads,
// thread-locals or unique symbols behind. Shared by everything that was made from it. [any-thread]
class Module : public std::enable_shared_from_this<Module> {
 public:
  // Verifies, maps, negotiates and initialises. The message of a refusal is for the operator.
  // `expected_sha256` as in verify(). [main-thread]
  static Result<std::shared_ptr<Module>> load(const std::string& path,
                                              const std::string& expected_sha256,
                                              Services& services);
  // The same for a module that is linked into the program, for tests.
  static Result<std::shared_ptr<Module>> adopt(wax_module_v1_fn entry, std::string path,
                                               Services& services);
  ~Module();
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;

  // All objects of the module are gone. [main-thread]
  void shutdown();

  [[nodiscard]] const std::string& id() const noexcept { return id_; }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const std::string& version() const noexcept { return version_; }
  [[nodiscard]] const std::string& vendor() const noexcept { return vendor_; }
  [[nodiscard]] const std::string& license() const noexcept { return license_; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] const std::string& sha256() const noexcept { return sha256_; }
  [[nodiscard]] std::string abi() const;
  [[nodiscard]] const std::vector<EngineInfo>& engines() const noexcept { return engines_; }
  [[nodiscard]] const std::vector<BackendInfo>& storages() const noexcept { return storages_; }
  [[nodiscard]] const std::vector<BackendInfo>& proxies() const noexcept { return proxies_; }

  [[nodiscard]] const wax_host* host() const noexcept { return &host_; }
  [[nodiscard]] wax_module_ctx* context() const noexcept { return context_; }
  [[nodiscard]] const wax_engine_factory& engine_factory() const noexcept {
    return engine_factory_;
  }
  [[nodiscard]] const wax_storage_factory& storage_factory() const noexcept {
    return storage_factory_;
  }
  [[nodiscard]] const wax_proxy_factory& proxy_factory() const noexcept { return proxy_factory_; }
  // Null slots when the module has no such table.
  [[nodiscard]] const wax_client_version& client_version() const noexcept {
    return client_version_;
  }
  [[nodiscard]] Services& services() const noexcept { return services_; }

  // Counts, and logs the first of each kind with `detail`.
  void misbehaved(Misbehaviour what, std::string_view detail) noexcept;
  [[nodiscard]] std::uint64_t misbehaviour(Misbehaviour what) const noexcept {
    return misbehaviour_[static_cast<std::size_t>(what)];
  }
  std::atomic<std::uint64_t> calls{0};
  std::atomic<std::uint64_t> failed_calls{0};

  // wax.host.metrics/1 may define only while init() runs.
  [[nodiscard]] bool initialising() const noexcept { return initialising_; }
  struct MetricSlots;
  [[nodiscard]] MetricSlots& metric_slots() noexcept { return *metric_slots_; }

 private:
  Module(std::string path, std::string sha256, Services& services);
  Status start(wax_module_v1_fn entry);
  Status describe();

  std::string path_;
  std::string sha256_;
  Services& services_;
  wax_host host_{};
  wax_module module_{};
  wax_module_ctx* context_ = nullptr;
  bool initialising_ = false;
  bool initialised_ = false;
  std::string id_, name_, version_, vendor_, license_;
  wax_engine_factory engine_factory_{};
  wax_storage_factory storage_factory_{};
  wax_proxy_factory proxy_factory_{};
  wax_client_version client_version_{};
  std::vector<EngineInfo> engines_;
  std::vector<BackendInfo> storages_;
  std::vector<BackendInfo> proxies_;
  std::unique_ptr<MetricSlots> metric_slots_;
  std::array<std::atomic<std::uint64_t>, static_cast<std::size_t>(Misbehaviour::Count)>
      misbehaviour_{};
};

}  // namespace waxwing::plugin_host
