// SPDX-License-Identifier: Apache-2.0
// Leases of proxies for sessions, over the configured proxy modules.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/unique_function.hpp"
#include "plugin/proxy_module.hpp"

namespace waxwing::runtime {
class BlockingPool;
}

namespace waxwing::proxy {

// Modules are added at start; everything else is [any-thread].
class ProxyService {
 public:
  using LeaseFn = UniqueFunction<void(Result<plugin_host::Lease>)>;
  // Runs a task on the caller's executor.
  using Post = std::function<void(Task)>;

  explicit ProxyService(runtime::BlockingPool& pool) : pool_(pool) {}

  void add(std::unique_ptr<plugin_host::ProxyModule> module);  // [main-thread]
  [[nodiscard]] bool has(std::string_view module_id) const;

  // Asks the module on the blocking pool and answers through `post`. hint_json as
  // wax_proxy_vtable.acquire says.
  void acquire(const std::string& module_id, std::string session, std::string hint_json, Post post,
               LeaseFn answer);
  void report(const std::string& module_id, std::uint64_t lease, wax_proxy_outcome outcome,
              std::uint32_t latency_ms);
  void release(const std::string& module_id, std::uint64_t lease);
  // As acquire; ProxyModule::rotate says what may come of it.
  void rotate(const std::string& module_id, std::string session, Post post,
              UniqueFunction<void(Status)> answer);
  // No call may follow; the pool has been stopped. [main-thread]
  void close() { modules_.clear(); }

 private:
  [[nodiscard]] std::shared_ptr<plugin_host::ProxyModule> find(const std::string& id) const;

  runtime::BlockingPool& pool_;
  std::map<std::string, std::shared_ptr<plugin_host::ProxyModule>, std::less<>> modules_;
};

}  // namespace waxwing::proxy
