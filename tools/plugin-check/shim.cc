// SPDX-License-Identifier: Apache-2.0
// Wrapped tables, in both directions. A slot that the other side lacks stays missing.
#include "shim.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "guarded.hpp"
#include "plugin/table.hpp"

namespace waxwing::plugin_check {

using plugin_host::for_each_element;
using plugin_host::normalised;

std::atomic<std::uint64_t> Shim::emits{0};
std::atomic<std::uint64_t> Shim::refused_emits{0};

std::set<std::string>& Shim::hidden() {
  static std::set<std::string> ids;
  return ids;
}

namespace {

constexpr std::size_t kPiece = 16;  // what alignment may cost

// What the plugin is, and what the host is; set once each.
struct State {
  wax_module real{};
  wax_module shown{};
  wax_host host{};
  const wax_host* real_host = nullptr;
  wax_host_store store{};
  wax_host_store real_store{};
  wax_host_proxy proxy{};
  wax_host_proxy real_proxy{};
  wax_host_session session{};
  wax_host_session real_session{};
  wax_engine_factory factory{};
  wax_engine_factory real_factory{};
  std::mutex mutex;  // guards tables and shown_tables
  std::map<wax_engine*, wax_engine_vtable> tables;
  std::map<const wax_engine_vtable*, std::unique_ptr<wax_engine_vtable>> shown_tables;
};

State& state() {
  static State s;
  return s;
}

// From the host to the plugin's callbacks
// -----------------------------------------------------------

struct RowsBox {
  wax_rows_fn fn;
  void* user;
};

void lend_rows(void* user, wax_status status, const wax_kv* rows, std::uint32_t count,
               const wax_error* err) noexcept {
  const std::unique_ptr<RowsBox> box(static_cast<RowsBox*>(user));
  std::size_t bytes = sizeof(wax_error) + kPiece * 2 + count * (sizeof(wax_kv) + 3 * kPiece);
  for_each_element(rows, count,
                   [&](const wax_kv& kv) { bytes += kv.space.size + kv.key.size + kv.value.size; });
  Guarded guarded(bytes);
  auto* copies = guarded.room<wax_kv>(count);
  std::uint32_t i = 0;
  for_each_element(rows, count, [&](const wax_kv& kv) {
    copies[i] = kv;
    copies[i].space = guarded.copy(kv.space);
    copies[i].key = guarded.copy(kv.key);
    copies[i].value = guarded.copy(kv.value);
    ++i;
  });
  wax_error* error = nullptr;
  if (err != nullptr) {
    error = guarded.room<wax_error>(1);
    *error = *err;
  }
  box->fn(box->user, status, rows != nullptr ? copies : nullptr, count, error);
}

void store_get(const wax_host*, wax_session* session, const wax_kv* keys, std::uint32_t count,
               wax_rows_fn rows, void* user) noexcept {
  state().real_store.get(state().real_host, session, keys, count, &lend_rows,
                         new RowsBox{rows, user});
}

void store_scan(const wax_host*, wax_session* session, const wax_scan* query, wax_rows_fn rows,
                void* user) noexcept {
  state().real_store.scan(state().real_host, session, query, &lend_rows, new RowsBox{rows, user});
}

struct LeaseBox {
  wax_proxy_fn fn;
  void* user;
};

void lend_lease(void* user, wax_status status, const wax_proxy_lease* lease,
                const wax_error* err) noexcept {
  const std::unique_ptr<LeaseBox> box(static_cast<LeaseBox*>(user));
  if (lease == nullptr) {
    box->fn(box->user, status, nullptr, err);
    return;
  }
  Guarded guarded(sizeof *lease + lease->url.size + lease->username.size + lease->password.size +
                  4 * kPiece);
  auto* copy = guarded.room<wax_proxy_lease>(1);
  *copy = *lease;
  copy->url = guarded.copy(lease->url);
  copy->username = guarded.copy(lease->username);
  copy->password = guarded.copy(lease->password);
  box->fn(box->user, status, copy, err);
}

void proxy_resolve(const wax_host*, wax_session* session, wax_str purpose, wax_proxy_fn answer,
                   void* user) noexcept {
  state().real_proxy.resolve(state().real_host, session, purpose, &lend_lease,
                             new LeaseBox{answer, user});
}

wax_status session_emit(const wax_host*, wax_session* session, const wax_event* event,
                        wax_done_fn done, void* user) noexcept {
  ++Shim::emits;
  const wax_status status =
      state().real_session.emit(state().real_host, session, event, done, user);
  if (status == WAX_E_UNAVAILABLE) {
    ++Shim::refused_emits;
  }
  return status;
}

const void* get_extension(const wax_host*, const char* id) noexcept {
  State& s = state();
  const std::string_view wanted = id != nullptr ? id : "";
  if (Shim::hidden().contains(std::string(wanted))) {
    return nullptr;
  }
  const void* real = s.real_host->get_extension(s.real_host, id);
  if (real == nullptr) {
    return nullptr;
  }
  if (wanted == WAX_HOST_STORE) {
    s.store = s.real_store = normalised(static_cast<const wax_host_store*>(real));
    s.store.get = &store_get;
    s.store.scan = &store_scan;
    return &s.store;
  }
  if (wanted == WAX_HOST_PROXY) {
    s.proxy = s.real_proxy = normalised(static_cast<const wax_host_proxy*>(real));
    s.proxy.resolve = &proxy_resolve;
    return &s.proxy;
  }
  if (wanted == WAX_HOST_SESSION) {
    s.session = s.real_session = normalised(static_cast<const wax_host_session*>(real));
    s.session.emit = &session_emit;
    return &s.session;
  }
  return real;
}

// From the host into the plugin
// ---------------------------------------------------------------------

wax_engine_vtable real_table(wax_engine* self) {
  const std::lock_guard lock(state().mutex);
  return state().tables.at(self);
}

void engine_invoke(wax_engine* self, const wax_request* request, wax_call* call) noexcept {
  std::size_t bytes = sizeof *request + 4 * kPiece + request->op.size + request->json.size +
                      request->request_id.size +
                      request->parts_count * (sizeof(wax_part) + 4 * kPiece);
  for_each_element(request->parts, request->parts_count, [&](const wax_part& part) {
    bytes += part.name.size + part.mimetype.size + part.filename.size;
  });
  Guarded guarded(bytes);
  auto* copy = guarded.room<wax_request>(1);
  *copy = *request;
  copy->op = guarded.copy(request->op);
  copy->json = guarded.copy(request->json);
  copy->request_id = guarded.copy(request->request_id);
  auto* parts = guarded.room<wax_part>(request->parts_count);
  std::uint32_t i = 0;
  for_each_element(request->parts, request->parts_count, [&](const wax_part& part) {
    parts[i] = part;
    parts[i].name = guarded.copy(part.name);
    parts[i].mimetype = guarded.copy(part.mimetype);
    parts[i].filename = guarded.copy(part.filename);
    ++i;
  });
  copy->parts = request->parts_count != 0 ? parts : nullptr;
  real_table(self).invoke(self, copy, call);
}

wax_status engine_reconfigure(wax_engine* self, wax_str config, wax_error* err) noexcept {
  Guarded guarded(config.size + kPiece);
  return real_table(self).reconfigure(self, guarded.copy(config), err);
}

void engine_destroy(wax_engine* self) noexcept {
  const wax_engine_vtable real = real_table(self);
  {
    const std::lock_guard lock(state().mutex);
    state().tables.erase(self);
  }
  real.destroy(self);
}

wax_status engine_create(wax_module_ctx* ctx, const char* engine_id,
                         const wax_session_params* params, const wax_engine_vtable** vtable,
                         wax_engine** self, wax_error* err) noexcept {
  State& s = state();
  wax_status status = WAX_OK;
  {
    Guarded guarded(sizeof *params + 4 * kPiece + params->name.size + params->config_json.size +
                    params->session_config_json.size);
    auto* copy = guarded.room<wax_session_params>(1);
    *copy = *params;
    copy->name = guarded.copy(params->name);
    copy->config_json = guarded.copy(params->config_json);
    copy->session_config_json = guarded.copy(params->session_config_json);
    status = s.real_factory.create(ctx, engine_id, copy, vtable, self, err);
  }
  if (status != WAX_OK || *vtable == nullptr || *self == nullptr) {
    return status;
  }
  const std::lock_guard lock(s.mutex);
  s.tables[*self] = normalised(*vtable);
  auto& shown = s.shown_tables[*vtable];
  if (!shown) {
    shown = std::make_unique<wax_engine_vtable>(normalised(*vtable));
    shown->invoke = shown->invoke != nullptr ? &engine_invoke : nullptr;
    shown->reconfigure = shown->reconfigure != nullptr ? &engine_reconfigure : nullptr;
    shown->destroy = shown->destroy != nullptr ? &engine_destroy : nullptr;
  }
  *vtable = shown.get();
  return WAX_OK;
}

wax_status engine_probe(wax_module_ctx* ctx, const char* engine_id, wax_str config,
                        wax_error* err) noexcept {
  Guarded guarded(config.size + kPiece);
  return state().real_factory.probe(ctx, engine_id, guarded.copy(config), err);
}

const void* get_factory(wax_module_ctx* ctx, const char* id) noexcept {
  State& s = state();
  const void* real = s.real.get_factory(ctx, id);
  if (real == nullptr || std::string_view(id) != WAX_ENGINE_FACTORY) {
    return real;
  }
  s.factory = s.real_factory = normalised(static_cast<const wax_engine_factory*>(real));
  s.factory.create = s.factory.create != nullptr ? &engine_create : nullptr;
  s.factory.probe = s.factory.probe != nullptr ? &engine_probe : nullptr;
  return &s.factory;
}

wax_status init(const wax_host* host, wax_module_ctx** out, wax_error* err) noexcept {
  State& s = state();
  s.real_host = host;
  s.host = *host;
  s.host.get_extension = &get_extension;
  return s.real.init(&s.host, out, err);
}

const wax_module* entry() noexcept {
  return &state().shown;
}

}  // namespace

wax_module_v1_fn Shim::around(wax_module_v1_fn real) {
  State& s = state();
  const wax_module* module = real();
  if (module == nullptr) {
    return real;
  }
  s.real = normalised(module);
  s.shown = s.real;
  s.shown.struct_size = module->struct_size;
  s.shown.init = s.real.init != nullptr ? &init : nullptr;
  s.shown.get_factory = s.real.get_factory != nullptr ? &get_factory : nullptr;
  return &entry;
}

}  // namespace waxwing::plugin_check
