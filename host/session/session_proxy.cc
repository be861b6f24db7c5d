// SPDX-License-Identifier: Apache-2.0
// The proxies of a session: leased when its engine asks, held one for each purpose, given back.
#include "base/json.hpp"
#include "proxy/proxy_service.hpp"
#include "session/session.hpp"

namespace waxwing::session {

void Session::on_resolve_proxy(std::string purpose, LeaseFn done) {
  const auto config = json::parse(record_.config_json);
  const Json* proxy = config.has_value() ? json::find(*config, "proxy") : nullptr;
  const Json* metadata = config.has_value() ? json::find(*config, "metadata") : nullptr;
  const Json hint = {{"proxy", proxy != nullptr ? *proxy : Json()},
                     {"metadata", metadata != nullptr ? *metadata : Json()},
                     {"purpose", purpose},
                     {"running", env_.running_count()}};
  env_.proxies.acquire(record_.proxy, name_, json::dump(hint), post_to_loop(),
                       [self = shared_from_this(), purpose,
                        done = std::move(done)](Result<plugin_host::Lease> lease) {
                         if (lease.has_value()) {
                           self->hold_lease(purpose, *lease);
                         }
                         done(std::move(lease));
                       });
}

// One for each purpose: the new one is held before the old one is given back, so that a module
// which keeps a session with its proxy sees no gap.
void Session::hold_lease(std::string_view purpose, const plugin_host::Lease& lease) {
  const bool known = purpose == "websocket" || purpose == "media" || purpose == "http";
  const std::string key(known ? purpose : "other");
  const auto old = leases_.find(key);
  const std::uint64_t unneeded = engine_ == nullptr     ? lease.id
                                 : old != leases_.end() ? old->second.id
                                                        : 0;
  if (engine_ != nullptr) {
    leases_[key] = {lease.id, lease.url, lease.expires_at_ms};
  }
  if (unneeded != 0) {
    env_.proxies.release(record_.proxy, unneeded);
  }
}

void Session::list_leases(UniqueFunction<void(Leases)> answer) {
  loop_.post([self = shared_from_this(), answer = std::move(answer)] {
    answer({self->record_.proxy, self->leases_});
  });
}

void Session::rotate_proxy(Done done) {
  loop_.post([self = shared_from_this(), done = std::move(done)]() mutable {
    self->env_.proxies.rotate(self->record_.proxy, self->name_, self->post_to_loop(),
                              [self, done = std::move(done)](const Status& status) {
                                if (status.is_ok() && self->engine_) {
                                  self->engine_->drop_proxied_connections();
                                }
                                done(status);
                              });
  });
}

void Session::on_report_proxy(std::uint64_t lease, wax_proxy_outcome outcome,
                              std::uint32_t latency_ms) {
  env_.proxies.report(record_.proxy, lease, outcome, latency_ms);
}

}  // namespace waxwing::session
