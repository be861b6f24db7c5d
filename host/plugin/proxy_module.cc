// SPDX-License-Identifier: Apache-2.0
// Proxy calls over the C table.
#include "plugin/proxy_module.hpp"

#include <optional>
#include <utility>

#include "plugin/host_tables.hpp"
#include "plugin/table.hpp"

namespace waxwing::plugin_host {

Result<std::unique_ptr<ProxyModule>> ProxyModule::adopt(const wax_proxy_vtable& table,
                                                        wax_proxy* self, std::string id,
                                                        std::shared_ptr<const void> keep_alive) {
  if (self == nullptr || table.acquire == nullptr || table.destroy == nullptr) {
    if (self != nullptr && table.destroy != nullptr) {
      table.destroy(self);
    }
    return Status(Code::Abi, "the proxy table of '" + id + "' lacks acquire or destroy");
  }
  return std::unique_ptr<ProxyModule>(
      new ProxyModule(table, self, std::move(id), std::move(keep_alive)));
}

ProxyModule::ProxyModule(const wax_proxy_vtable& table, wax_proxy* self, std::string id,
                         std::shared_ptr<const void> keep_alive)
    : keep_alive_(std::move(keep_alive)), table_(table), self_(self), id_(std::move(id)) {}

ProxyModule::~ProxyModule() {
  table_.destroy(self_);
}

Result<Lease> ProxyModule::acquire(std::string_view session, std::string_view hint_json) {
  std::optional<Result<Lease>> answer;
  const auto take = [](void* user, wax_status status, const wax_proxy_lease* lease,
                       const wax_error* error) noexcept {
    auto& to = *static_cast<std::optional<Result<Lease>>*>(user);
    if (status != WAX_OK || lease == nullptr) {
      to = status_from_abi(status == WAX_OK ? WAX_E_INTERNAL : status,
                           error != nullptr ? *error : empty_error(), "no proxy");
      return;
    }
    const wax_proxy_lease raw = normalised(lease);
    to = Lease{raw.lease_id, std::string(view(raw.url)), std::string(view(raw.username)),
               std::string(view(raw.password)), raw.expires_at_ms};
  };
  wax_error error = empty_error();
  const wax_status status =
      table_.acquire(self_, to_abi(session), to_abi(hint_json), take, &answer, &error);
  if (status != WAX_OK) {
    return status_from_abi(status, error, "no proxy");
  }
  if (!answer.has_value()) {
    return Status(Code::Internal, "the proxy module '" + id_ + "' gave no answer");
  }
  return std::move(*answer);
}

void ProxyModule::report(std::uint64_t lease, wax_proxy_outcome outcome,
                         std::uint32_t latency_ms) noexcept {
  if (table_.report != nullptr) {
    table_.report(self_, lease, outcome, latency_ms);
  }
}

void ProxyModule::release(std::uint64_t lease) noexcept {
  if (table_.release != nullptr) {
    table_.release(self_, lease);
  }
}

Status ProxyModule::rotate(std::string_view session) {
  if (table_.rotate == nullptr) {
    return {Code::Unsupported, "the proxy module '" + id_ + "' has no choice of proxies"};
  }
  wax_error error = empty_error();
  return status_from_abi(table_.rotate(self_, to_abi(session), &error), error,
                         "there is no other proxy");
}

}  // namespace waxwing::plugin_host
