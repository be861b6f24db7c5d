// SPDX-License-Identifier: Apache-2.0
// A proxy source of a plugin, in C++ types: blocking calls over its C table.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <waxwing/abi/proxy.h>

#include "base/result.hpp"
#include "plugin/engine_sink.hpp"

namespace waxwing::plugin_host {

// Every call may block and belongs on a thread that may; concurrent calls are allowed.
class ProxyModule {
 public:
  // As StorageModule::adopt.
  static Result<std::unique_ptr<ProxyModule>> adopt(const wax_proxy_vtable& table, wax_proxy* self,
                                                    std::string id,
                                                    std::shared_ptr<const void> keep_alive);
  ~ProxyModule();
  ProxyModule(const ProxyModule&) = delete;
  ProxyModule& operator=(const ProxyModule&) = delete;

  [[nodiscard]] const std::string& id() const noexcept { return id_; }

  // hint_json as wax_proxy_vtable.acquire says.
  [[nodiscard]] Result<Lease> acquire(std::string_view session, std::string_view hint_json);
  void report(std::uint64_t lease, wax_proxy_outcome outcome, std::uint32_t latency_ms) noexcept;
  void release(std::uint64_t lease) noexcept;
  // Code::Unsupported when the module has no choice, Code::Unavailable when there is no other one.
  Status rotate(std::string_view session);

 private:
  ProxyModule(const wax_proxy_vtable& table, wax_proxy* self, std::string id,
              std::shared_ptr<const void> keep_alive);

  std::shared_ptr<const void> keep_alive_;  // first member: unmapped last
  wax_proxy_vtable table_;
  wax_proxy* self_;
  std::string id_;
};

}  // namespace waxwing::plugin_host
