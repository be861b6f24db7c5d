// SPDX-License-Identifier: Apache-2.0
// What all connections of the process share: the resolver, TLS contexts, what is known of proxies.
#pragma once

#include <mutex>
#include <set>
#include <string>

#include "net/resolver.hpp"
#include "net/tls.hpp"
#include "net/url.hpp"

namespace waxwing::net {

// Outlives all connections. [any-thread]
class Network {
 public:
  explicit Network(Resolver::Lookup lookup = &Resolver::ask_system) : resolver_(lookup) {}

  [[nodiscard]] Resolver& resolver() noexcept { return resolver_; }
  [[nodiscard]] Result<std::shared_ptr<TlsContext>> tls(const std::string& ca_pem) {
    return contexts_.get(ca_pem);
  }

  // Proxies that asked for a password in clear get it at once from then on, which spares each later
  // connection another one.
  [[nodiscard]] bool takes_basic(const Route& route) const {
    const std::lock_guard lock(mutex_);
    return basic_proxies_.contains(key_of(route));
  }
  void remember_basic(const Route& route) {
    const std::lock_guard lock(mutex_);
    if (basic_proxies_.size() < kMostRemembered) {
      basic_proxies_.insert(key_of(route));
    }
  }

  // Ends the resolver's threads. [main-thread]
  void stop() { resolver_.stop(); }

 private:
  static constexpr std::size_t kMostRemembered = 10'000;
  static std::string key_of(const Route& route) {
    return route.host + ":" + std::to_string(route.port);
  }

  Resolver resolver_;
  TlsContexts contexts_;
  mutable std::mutex mutex_;  // guards basic_proxies_
  std::set<std::string> basic_proxies_;
};

}  // namespace waxwing::net
