// SPDX-License-Identifier: Apache-2.0
// ProxyModule: the base class of a proxy plugin, one object per configuration, and
// WAX_PROXY_MODULE.
#pragma once

#include <string>
#include <string_view>

#include "core.hpp"

namespace waxwing::plugin {
inline namespace v1 {

// What a proxy module answers. An empty url is a direct connection. Credentials are secrets: they
// go nowhere but here.
struct Lease {
  std::uint64_t id = 0;
  std::string url;
  std::string username;
  std::string password;
  std::int64_t expires_at_ms = 0;  // unix time; 0 = never
};

// Derive from it and hand the class to WAX_PROXY_MODULE. Needs a constructor
// `(const Host&, std::string_view config_json)` and the statics kId and kName; kConfigSchema and
// the module statics of core.hpp are optional. All functions are [blocking-pool]: they may block,
// and several may run at once, so members that change need a mutex. An exception becomes the
// answer.
class ProxyModule {
 public:
  ProxyModule() = default;
  virtual ~ProxyModule() = default;
  ProxyModule(const ProxyModule&) = delete;
  ProxyModule& operator=(const ProxyModule&) = delete;

  // `hint_json` is {"proxy": the session's `config.proxy` or null, "purpose": "websocket"…,
  // "running": number of running sessions, "metadata": the session's or null}. The same session
  // gets the same proxy until that one is reported bad.
  virtual Lease acquire(std::string_view session, std::string_view hint_json) = 0;
  // How the connection through a lease went.
  virtual void report(std::uint64_t lease_id, wax_proxy_outcome outcome,
                      std::uint32_t latency_ms) noexcept {
    (void)lease_id;
    (void)outcome;
    (void)latency_ms;
  }
  virtual void release(std::uint64_t lease_id) noexcept { (void)lease_id; }
  // Somebody asks for another proxy for that session: the next acquire() is to give one. Throws
  // Error(WAX_E_UNAVAILABLE) when there is no other one.
  virtual void rotate(std::string_view session) {
    (void)session;
    throw Error(WAX_E_UNSUPPORTED, "this proxy module has no choice of proxies");
  }
};

namespace detail {

struct ProxyTable {
  static ProxyModule& of(wax_proxy* self) noexcept { return *reinterpret_cast<ProxyModule*>(self); }

  static wax_status acquire(wax_proxy* self, wax_str session, wax_str hint_json,
                            wax_proxy_fn answer, void* user, wax_error* err) noexcept {
    return guard_status(err, [&] {
      const Lease lease = of(self).acquire(view(session), view(hint_json));
      wax_proxy_lease raw{};
      raw.struct_size = sizeof raw;
      raw.lease_id = lease.id;
      raw.url = str(lease.url);
      raw.username = str(lease.username);
      raw.password = str(lease.password);
      raw.expires_at_ms = lease.expires_at_ms;
      answer(user, WAX_OK, &raw, nullptr);
    });
  }
  static void report(wax_proxy* self, std::uint64_t lease_id, wax_proxy_outcome outcome,
                     std::uint32_t latency_ms) noexcept {
    of(self).report(lease_id, outcome, latency_ms);
  }
  static void release(wax_proxy* self, std::uint64_t lease_id) noexcept {
    of(self).release(lease_id);
  }
  static void destroy(wax_proxy* self) noexcept { delete &of(self); }
  static const void* get_extension(wax_proxy*, const char*) noexcept { return nullptr; }

  static wax_status rotate(wax_proxy* self, wax_str session, wax_error* err) noexcept {
    return guard_status(err, [&] { of(self).rotate(view(session)); });
  }

  static constexpr wax_proxy_vtable kTable = {
      sizeof(wax_proxy_vtable), 0, &acquire, &report, &release, &destroy, &get_extension, &rotate};
};

template <class Traits>
struct ProxyBinding {
  using Impl = typename Traits::Impl;

  static constexpr wax_proxy_desc kDesc = {
      sizeof(wax_proxy_desc), 0, Impl::kId, Impl::kName, Traits::kModuleVersion,
      config_schema<Impl>(0)};

  static const wax_proxy_desc* describe(wax_module_ctx*, std::uint32_t index) noexcept {
    return index == 0 ? &kDesc : nullptr;
  }
  static wax_status create(wax_module_ctx* ctx, const char* proxy_id, wax_str config_json,
                           const wax_proxy_vtable** vtable, wax_proxy** self,
                           wax_error* err) noexcept {
    return guard_status(err, [&] {
      if (std::string_view(proxy_id) != Impl::kId) {
        throw Error(WAX_E_NOT_FOUND, "this module has no proxy " + std::string(proxy_id));
      }
      ProxyModule* proxy = new Impl(host_of(ctx), view(config_json));
      *vtable = &ProxyTable::kTable;
      *self = reinterpret_cast<wax_proxy*>(proxy);
    });
  }

  static constexpr wax_proxy_factory kFactory = {sizeof(wax_proxy_factory), 1, &describe, &create};
  static const void* get_factory(wax_module_ctx*, const char* id) noexcept {
    return std::string_view(id) == WAX_PROXY_FACTORY ? &kFactory : nullptr;
  }
  static constexpr wax_module kModule = make_module<Traits>(&get_factory);
};

}  // namespace detail
}  // namespace v1
}  // namespace waxwing::plugin

// Makes the file a proxy module: WAX_PROXY_MODULE(StaticProxy, "com.example.proxy", "1.0.0");
#define WAX_PROXY_MODULE(ProxyClass, module_id, module_version) \
  WAX_DETAIL_MODULE(::waxwing::plugin::detail::ProxyBinding, ProxyClass, module_id, module_version)
