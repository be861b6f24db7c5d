// SPDX-License-Identifier: Apache-2.0
// wax.host.proxy/1.
#include <string>

#include "plugin/abi_answers.hpp"
#include "plugin/abi_events.hpp"

namespace waxwing::plugin_host {
namespace {

void resolve(const wax_host* host, wax_session* token, wax_str purpose, wax_proxy_fn answer,
             void* user) noexcept {
  if (const auto session = live_session(host, token, "proxy.resolve")) {
    session->resolve_proxy(std::string(view(purpose)), answer, user);
    return;
  }
  if (const GoneCallback callback; callback.allowed()) {
    answer_lease(answer, user, Status(Code::Cancelled, "the session is gone"));
  }
}

void report(const wax_host* host, wax_session* token, uint64_t lease_id, wax_proxy_outcome outcome,
            uint32_t latency_ms) noexcept {
  if (const auto session = live_session(host, token, "proxy.report")) {
    session->from_engine(
        [=](EngineSink& sink) { sink.on_report_proxy(lease_id, outcome, latency_ms); });
  }
}

}  // namespace

const wax_host_proxy* proxy_table() noexcept {
  static const wax_host_proxy table = {sizeof(wax_host_proxy), 0, &resolve, &report};
  return &table;
}

}  // namespace waxwing::plugin_host
