// SPDX-License-Identifier: Apache-2.0
// Asking proxy modules without blocking a loop.
#include "proxy/proxy_service.hpp"

#include <utility>

#include "runtime/blocking_pool.hpp"

namespace waxwing::proxy {

void ProxyService::add(std::unique_ptr<plugin_host::ProxyModule> module) {
  const std::string id = module->id();
  modules_[id] = std::move(module);
}

bool ProxyService::has(std::string_view module_id) const {
  return modules_.find(module_id) != modules_.end();
}

std::shared_ptr<plugin_host::ProxyModule> ProxyService::find(const std::string& id) const {
  const auto it = modules_.find(id);
  return it == modules_.end() ? nullptr : it->second;
}

void ProxyService::acquire(const std::string& module_id, std::string session, std::string hint_json,
                           Post post, LeaseFn answer) {
  auto module = find(module_id);
  if (!module) {
    post([answer = std::move(answer), module_id] {
      answer(Status(Code::NotFound, "no proxy module '" + module_id + "' is loaded"));
    });
    return;
  }
  // Shared, because a refused task is dropped and the answer must be given all the same.
  auto shared = std::make_shared<LeaseFn>(std::move(answer));
  const Status status = pool_.submit([module = std::move(module), session = std::move(session),
                                      hint_json = std::move(hint_json), post, shared] {
    auto lease = module->acquire(session, hint_json);
    post([shared, lease = std::move(lease)]() mutable { (*shared)(std::move(lease)); });
  });
  if (!status.is_ok()) {
    post([shared, status] { (*shared)(status); });
  }
}

void ProxyService::report(const std::string& module_id, std::uint64_t lease,
                          wax_proxy_outcome outcome, std::uint32_t latency_ms) {
  if (auto module = find(module_id)) {
    pool_
        .submit([module = std::move(module), lease, outcome, latency_ms] {
          module->report(lease, outcome, latency_ms);
        })
        .ignore();  // a lost report only delays the module's judgement
  }
}

void ProxyService::release(const std::string& module_id, std::uint64_t lease) {
  if (auto module = find(module_id)) {
    pool_.submit([module = std::move(module), lease] { module->release(lease); }).ignore();
  }
}

void ProxyService::rotate(const std::string& module_id, std::string session, Post post,
                          UniqueFunction<void(Status)> answer) {
  auto shared = std::make_shared<UniqueFunction<void(Status)>>(std::move(answer));
  auto module = find(module_id);
  Status status = Status(Code::NotFound, "no proxy module '" + module_id + "' is loaded");
  if (module) {
    status = pool_.submit([module = std::move(module), session = std::move(session), post, shared] {
      post([shared, result = module->rotate(session)] { (*shared)(result); });
    });
  }
  if (!status.is_ok()) {
    post([shared, status] { (*shared)(status); });
  }
}

}  // namespace waxwing::proxy
