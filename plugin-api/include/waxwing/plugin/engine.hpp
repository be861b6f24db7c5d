// SPDX-License-Identifier: Apache-2.0
// Engine: the base class of an engine plugin, one object per session, and WAX_ENGINE_MODULE.
#pragma once

#include <exception>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "call.hpp"
#include "core.hpp"
#include "net.hpp"
#include "store.hpp"
#include "task.hpp"
#include "watch.hpp"

namespace waxwing::plugin {
inline namespace v1 {

namespace detail {
struct EngineTable;
}

// What an engine object is made from. The views are borrowed for the constructor.
struct Init {
  const Host& host;
  wax_session* session;
  std::string_view name;            // the session's name
  std::string_view config;          // the engine's own section, valid by kConfigSchema
  std::string_view session_config;  // the whole session config, for fields that engines share
  std::uint32_t stored_version;     // kStorageVersion the stored data was written with
};

// The account; fields that are not known stay empty.
struct Me {
  std::string_view id = {};  // "79111111@c.us"
  std::string_view push_name = {};
  std::string_view lid = {};  // "123@lid"
  std::string_view jid = {};  // "79111111:12@s.whatsapp.net"
};

// How to reach the network. `url` is empty for a direct connection. Borrowed for the callback.
struct ProxyLease {
  std::uint64_t id = 0;
  std::string_view url;
  std::string_view username;
  std::string_view password;
};

// One entry of kOps.
constexpr wax_op op(const char* name, std::uint32_t flags = 0, const char* request_schema = nullptr,
                    const char* response_schema = nullptr) {
  return {sizeof(wax_op), flags, 1, 0, name, request_schema, response_schema};
}

// Derive from it and hand the class to WAX_ENGINE_MODULE. All functions run on the session's loop,
// one at a time; none may block (offload() is for that). An exception becomes the answer of the
// call it was thrown under, or a log line where nobody waits.
//
// The class states:
//   static constexpr const char* kId = "ECHO";           what requests and YAML name
//   static constexpr const char* kName = "Echo engine";
//   static constexpr wax_op kOps[] = {op("messages.sendText"), …};
// and may state:
//   const char* kConfigSchema, kConfigSection; std::uint32_t kStorageVersion, kModuleFlags;
//   const char* kEvents[] (ends with nullptr); Metric kMetrics[]; const char* kVendor, kLicense,
//   kUrl, kDescription; wax_client_version kClientVersion;
//   static void probe(const Host& host, std::string_view config);  throws Error when this machine
//     lacks something, as wax_engine_factory.probe; on the blocking pool.
class Engine {
 public:
  explicit Engine(const Init& init)
      : life_(std::make_shared<detail::Life>(&init.host, init.session)), name_(init.name) {}
  virtual ~Engine() = default;
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Begin connecting; answer when the attempt is under way, report progress with state().
  virtual void start(Call&& call) = 0;
  // Leave the network, keep the credentials. After the answer nothing of this session may run.
  virtual void stop(Call&& call) {
    quiesce();
    call.ok();
  }
  // Unlink the device at the far end, then as stop(). The host erases the stored data.
  virtual void logout(Call&& call) { stop(std::move(call)); }
  // One of kOps; others are WAX_E_UNSUPPORTED.
  virtual void invoke(const Request& request, Call&& call) = 0;
  // The event queue has room again after emit() was refused.
  virtual void resume() {}
  // Take changed config. Throw Error(WAX_E_STATE) to ask for a restart instead.
  virtual void reconfigure(std::string_view config) {
    (void)config;
    throw Error(WAX_E_STATE, "changed settings need a restart");
  }
  // Bring stored data from that version to kStorageVersion; runs before start().
  virtual void migrate(std::uint32_t from, Call&& call) {
    call.fail(WAX_E_UNSUPPORTED, "no migration from storage version " + std::to_string(from));
  }
  // An extension of the engine's own, or nullptr.
  virtual const void* extension(std::string_view id) {
    (void)id;
    return nullptr;
  }

 protected:
  const std::string& name() const noexcept { return name_; }
  const Host& host() const noexcept { return *life_->host; }
  wax_session* session() const noexcept { return life_->session; }

  // What the session is ---------------------------------------------------------------------------

  // `reason` is a stable id such as "connection_lost", `text` is for people, `data_json` becomes
  // the `data` of the session.status event.
  void state(wax_session_state to, std::string_view reason = {}, std::string_view text = {},
             std::string_view data_json = {}) noexcept {
    wax_state_change change{};
    change.struct_size = sizeof change;
    change.state = to;
    change.reason = str(reason);
    change.text = str(text);
    change.data_json = str(data_json);
    if (host().session.set_state) {
      host().session.set_state(host().raw(), session(), &change);
    }
  }
  void failed(std::string_view reason, std::string_view text) noexcept {
    state(WAX_SESSION_FAILED, reason, text);
  }
  // Shows a code for that long and moves to SCAN_QR_CODE, which is announced for every code.
  void qr(std::string_view text, std::uint32_t valid_ms) noexcept {
    if (host().session.set_qr) {
      host().session.set_qr(host().raw(), session(), str(text), valid_ms);
    }
    state(WAX_SESSION_SCAN_QR_CODE);
  }
  void me(const Me& who) noexcept {
    wax_me raw{};
    raw.struct_size = sizeof raw;
    raw.id = str(who.id);
    raw.push_name = str(who.push_name);
    raw.lid = str(who.lid);
    raw.jid = str(who.jid);
    if (host().session.set_me) {
      host().session.set_me(host().raw(), session(), &raw);
    }
  }
  void forget_me() noexcept {
    if (host().session.set_me) {
      host().session.set_me(host().raw(), session(), nullptr);
    }
  }
  // A JSON object; its members stand beside {"engine": id} in the session's answer.
  void engine_info(std::string_view json) noexcept {
    if (host().session.set_engine_info) {
      host().session.set_engine_info(host().raw(), session(), str(json));
    }
  }
  void presence(bool online) noexcept { set_presence(online ? 1 : 0); }
  void presence_unknown() noexcept { set_presence(-1); }
  // Unix milliseconds of the last outgoing activity.
  void activity(std::int64_t timestamp_ms) noexcept {
    if (host().session.set_activity) {
      host().session.set_activity(host().raw(), session(), timestamp_ms);
    }
  }

  // Events and storage ----------------------------------------------------------------------------

  // False when the session's event queue is full: the event was not taken, stop reading until
  // resume(). Throws Error when the event itself is refused.
  [[nodiscard]] bool emit(const Event& event) { return emit_raw(event, nullptr, nullptr); }
  // Whether somebody would get an event of this type now; true on a host that cannot tell.
  [[nodiscard]] bool wanted(std::string_view type) const noexcept {
    return host().session.wanted == nullptr ||
           host().session.wanted(host().raw(), session(), str(type)) != 0;
  }
  // done(Outcome) once the event is durable; not called when emit() answers false or throws.
  template <class Done>
  [[nodiscard]] bool emit(const Event& event, Done&& done) {
    auto box = detail::boxed(life_, std::forward<Done>(done));
    const bool taken = emit_raw(event, &done_of<typename decltype(box)::element_type>, box.get());
    if (taken) {
      (void)box.release();
    }
    return taken;
  }

  // done(Outcome) once all of them are durable, or none of them is.
  template <class Done>
  void commit(const Changes& changes, Done&& done) {
    need(host().store.commit != nullptr, "storage");
    const std::vector<wax_kv> ops = changes.raw_ops();
    const std::vector<wax_event> events = changes.raw_events();
    auto box = detail::boxed(life_, std::forward<Done>(done));
    using Box = typename decltype(box)::element_type;
    host().store.commit(host().raw(), session(), ops.data(), static_cast<std::uint32_t>(ops.size()),
                        events.data(), static_cast<std::uint32_t>(events.size()), &done_of<Box>,
                        box.release());
  }
  // done(Outcome, Rows): missing keys are left out.
  template <class Done>
  void get(const std::vector<Key>& keys, Done&& done) {
    need(host().store.get != nullptr, "storage");
    std::vector<wax_kv> raw;
    raw.reserve(keys.size());
    for (const Key& key : keys) {
      raw.push_back({sizeof(wax_kv), 0, str(key.space), bytes(key.key), {}, 0, 0});
    }
    auto box = detail::boxed(life_, std::forward<Done>(done));
    using Box = typename decltype(box)::element_type;
    host().store.get(host().raw(), session(), raw.data(), static_cast<std::uint32_t>(raw.size()),
                     &rows_of<Box>, box.release());
  }
  // done(Outcome, Rows) with at most query.limit rows, in the order of their keys.
  template <class Done>
  void scan(const Query& query, Done&& done) {
    need(host().store.scan != nullptr, "storage");
    wax_scan raw{};
    raw.struct_size = sizeof raw;
    raw.limit = query.limit;
    raw.space = str(query.space);
    raw.prefix = bytes(query.prefix);
    raw.after = bytes(query.after);
    raw.flags = query.flags;
    auto box = detail::boxed(life_, std::forward<Done>(done));
    using Box = typename decltype(box)::element_type;
    host().store.scan(host().raw(), session(), &raw, &rows_of<Box>, box.release());
  }
  // Binary content for a Part.
  Blob blob(std::string_view content) const { return Blob::from(host(), content); }

  // Time, threads, network ------------------------------------------------------------------------

  // Runs fn() after that time unless the timer is cancelled or the engine is gone. The result may
  // be ignored, kept, or given to a ScopedTimer.
  template <class Fn>
  Timer after(std::uint32_t delay_ms, Fn&& fn) {
    need(host().executor.timer_start != nullptr, "timers");
    const std::uint64_t id = life_->next_timer_id++;
    auto box = detail::boxed(
        life_, [entry = detail::Registration(life_, id), f = std::forward<Fn>(fn)]() mutable {
          entry.end();
          f();
        });
    using Box = typename decltype(box)::element_type;
    life_->timers.push_back({id, nullptr});
    wax_timer* raw = host().executor.timer_start(host().raw(), session(), delay_ms, delay_ms / 20,
                                                 &Box::task, box.get());
    if (raw == nullptr) {
      return Timer();  // the session has ended, so fn goes unused
    }
    (void)box.release();
    life_->timers.back().raw = raw;
    return Timer(life_, id);
  }
  // Runs fn(ready) on the loop whenever the descriptor is ready for `interest` (WAX_FD_*), until
  // the result goes. Empty when the session has ended.
  ScopedWatch watch(int fd, std::uint32_t interest, std::function<void(std::uint32_t)> fn) {
    need(host().executor.fd_watch != nullptr, "descriptors");
    auto box = std::make_unique<detail::WatchBox>(
        detail::WatchBox{life_->host, life_->session, life_, std::move(fn)});
    wax_watch* raw = host().executor.fd_watch(host().raw(), session(), fd, interest,
                                              &detail::WatchBox::ready, box.get());
    if (raw != nullptr) {
      (void)box.release();
    }
    return ScopedWatch(&host(), raw);
  }
  // For stop(): cancels every timer, closes every WebSocket and drops every callback that was asked
  // for so far, so that nothing of what was under way goes on. The engine may be started again.
  void quiesce() {
    for (const std::weak_ptr<detail::Socket>& weak : std::exchange(life_->sockets, {})) {
      if (const std::shared_ptr<detail::Socket> socket = weak.lock()) {
        socket->close(1000, {});
      }
    }
    for (const detail::Life::Pending& timer : std::exchange(life_->timers, {})) {
      host().executor.timer_cancel(host().raw(), timer.raw);
    }
    life_ = std::make_shared<detail::Life>(life_->host, life_->session);
  }
  // Runs fn() on the loop after what is running now.
  template <class Fn>
  void post(Fn&& fn) {
    poster()(std::forward<Fn>(fn));
  }
  // To be kept by a thread of the plugin's own.
  Poster poster() const { return Poster(host(), session(), life_); }

  // Runs work() on the blocking pool, then then(std::future<what work returned>) on the loop: get()
  // gives the value, or throws what work threw, or Error(WAX_E_UNAVAILABLE) when the pool was too
  // busy to run it. `work` must not touch the engine.
  template <class Work, class Then>
  void offload(Work&& work, Then&& then) {
    need(host().executor.offload != nullptr, "a blocking pool");
    using Value = std::invoke_result_t<std::decay_t<Work>&>;
    auto box = detail::boxed(
        life_, Job<Value, std::decay_t<Then>>{std::packaged_task<Value()>(std::forward<Work>(work)),
                                              nullptr, std::forward<Then>(then)});
    using Box = typename decltype(box)::element_type;
    const wax_status status = host().executor.offload(
        host().raw(), session(), [](void* user) noexcept { static_cast<Box*>(user)->fn.task(); },
        &Box::task, box.get());
    if (status == WAX_E_CANCELLED) {
      return;  // the session has ended
    }
    if (status != WAX_OK) {
      box->fn.refused = std::make_exception_ptr(Error(status, "the server is too busy"));
      host().executor.post(host().raw(), session(), &Box::task, box.get());
    }
    (void)box.release();
  }

  // A test or an old server may offer none; open_websocket() throws then.
  [[nodiscard]] bool has_network() const noexcept { return host().net.ws_open != nullptr; }
  // Opens a WebSocket through the session's proxy; net.hpp shows how it is used.
  WebSocket open_websocket(const WebSocketOptions& options, WebSocketEvents on) {
    need(host().net.ws_open != nullptr, "network");
    return detail::open_websocket(life_, options, std::move(on));
  }
  // done(const NetEnd&, HttpResponse) once the whole answer is there, of whatever code, or when
  // there will be none: then end.ok() is false.
  template <class Done>
  HttpCall http(const HttpRequest& request, Done&& done) {
    need(host().net.http != nullptr, "network");
    return detail::http(life_, request, std::forward<Done>(done));
  }

  // For networking of the plugin's own: done(Outcome, ProxyLease) for purpose "websocket", "media"
  // or "http".
  template <class Done>
  void resolve_proxy(std::string_view purpose, Done&& done) {
    need(host().proxy.resolve != nullptr, "proxies");
    auto box = detail::boxed(life_, std::forward<Done>(done));
    using Box = typename decltype(box)::element_type;
    host().proxy.resolve(
        host().raw(), session(), str(purpose),
        [](void* user, wax_status status, const wax_proxy_lease* lease,
           const wax_error* err) noexcept {
          const auto l = detail::normalised<wax_proxy_lease>(lease);
          Box::end(user, status, Outcome(status, err),
                   ProxyLease{l.lease_id, view(l.url), view(l.username), view(l.password)});
        },
        box.release());
  }
  void report_proxy(std::uint64_t lease_id, wax_proxy_outcome outcome,
                    std::uint32_t latency_ms = 0) noexcept {
    if (host().proxy.report) {
      host().proxy.report(host().raw(), session(), lease_id, outcome, latency_ms);
    }
  }

  // Logs and metrics ------------------------------------------------------------------------------

  void log(std::int32_t level, std::string_view message,
           std::initializer_list<Field> fields = {}) const noexcept {
    host().log(session(), level, message, fields);
  }
  void record(std::size_t metric, double value = 1) const noexcept { host().record(metric, value); }

 private:
  friend struct detail::EngineTable;  // reads host() and session() to guard and to answer

  template <class Value, class Then>
  struct Job {
    std::packaged_task<Value()> task;
    std::exception_ptr refused;
    Then then;

    void operator()() {
      if (refused) {
        std::promise<Value> promise;
        promise.set_exception(refused);
        then(promise.get_future());
      } else {
        then(task.get_future());
      }
    }
  };

  static void need(bool there, const char* what) {
    if (!there) {
      throw Error(WAX_E_UNSUPPORTED, std::string("this server offers no ") + what);
    }
  }
  template <class Box>
  static void done_of(void* user, wax_status status, const wax_error* err) noexcept {
    Box::end(user, status, Outcome(status, err));
  }
  template <class Box>
  static void rows_of(void* user, wax_status status, const wax_kv* rows, std::uint32_t count,
                      const wax_error* err) noexcept {
    Box::end(user, status, Outcome(status, err), Rows(rows, status == WAX_OK ? count : 0));
  }
  void set_presence(std::int32_t value) noexcept {
    if (host().session.set_presence) {
      host().session.set_presence(host().raw(), session(), value);
    }
  }
  bool emit_raw(const Event& event, wax_done_fn done, void* user) {
    need(host().session.emit != nullptr, "events");
    std::vector<wax_part> parts;
    if (event.parts != nullptr) {
      parts = detail::raw_parts(*event.parts);
    }
    wax_event raw{};
    raw.struct_size = sizeof raw;
    raw.flags = event.flags;
    raw.type = str(event.type);
    raw.json = str(event.json);
    raw.order_key = str(event.order_key);
    raw.parts = parts.data();
    raw.parts_count = static_cast<std::uint32_t>(parts.size());
    raw.timestamp_ms = event.timestamp_ms;
    const wax_status status = host().session.emit(host().raw(), session(), &raw, done, user);
    if (status != WAX_OK && status != WAX_E_UNAVAILABLE) {
      throw Error(status, "the event " + std::string(event.type) + " was refused");
    }
    return status == WAX_OK;
  }

  std::shared_ptr<detail::Life> life_;
  std::string name_;
};

namespace detail {

// The C table in front of every Engine; wax_engine* is an Engine*.
struct EngineTable {
  static Engine& of(wax_engine* self) noexcept { return *reinterpret_cast<Engine*>(self); }
  template <class Fn>
  static void with_call(wax_engine* self, wax_call* raw, Fn&& fn) noexcept {
    guard_call(of(self).host().raw(), raw, std::forward<Fn>(fn));
  }

  static void start(wax_engine* self, wax_call* raw) noexcept {
    with_call(self, raw, [&](Call&& call) { of(self).start(std::move(call)); });
  }
  static void stop(wax_engine* self, wax_call* raw) noexcept {
    with_call(self, raw, [&](Call&& call) { of(self).stop(std::move(call)); });
  }
  static void logout(wax_engine* self, wax_call* raw) noexcept {
    with_call(self, raw, [&](Call&& call) { of(self).logout(std::move(call)); });
  }
  static void invoke(wax_engine* self, const wax_request* request, wax_call* raw) noexcept {
    with_call(self, raw, [&](Call&& call) {
      of(self).invoke(Request(normalised<wax_request>(request)), std::move(call));
    });
  }
  static void resume(wax_engine* self) noexcept {
    guard_log(of(self).host(), of(self).session(), [&] { of(self).resume(); });
  }
  static wax_status reconfigure(wax_engine* self, wax_str config, wax_error* err) noexcept {
    return guard_status(err, [&] { of(self).reconfigure(view(config)); });
  }
  static void migrate(wax_engine* self, std::uint32_t from, wax_call* raw) noexcept {
    with_call(self, raw, [&](Call&& call) { of(self).migrate(from, std::move(call)); });
  }
  static void destroy(wax_engine* self) noexcept { delete &of(self); }
  static const void* get_extension(wax_engine* self, const char* id) noexcept {
    const void* found = nullptr;
    guard_log(of(self).host(), of(self).session(), [&] { found = of(self).extension(id); });
    return found;
  }

  static constexpr wax_engine_vtable kTable = {sizeof(wax_engine_vtable),
                                               0,
                                               &start,
                                               &stop,
                                               &logout,
                                               &invoke,
                                               &resume,
                                               &reconfigure,
                                               &migrate,
                                               &destroy,
                                               &get_extension};
};

constexpr const char* kNoEvents[] = {nullptr};
template <class T>
constexpr auto events(int) -> decltype(&T::kEvents[0]) {
  static_assert(T::kEvents[std::size(T::kEvents) - 1] == nullptr, "kEvents must end with nullptr");
  return T::kEvents;
}
template <class T>
constexpr const char* const* events(...) {
  return kNoEvents;
}

template <class T>
constexpr auto has_probe(int)
    -> decltype(T::probe(std::declval<const Host&>(), std::string_view()), bool()) {
  return true;
}
template <class T>
constexpr bool has_probe(...) {
  return false;
}

template <class Traits>
struct EngineModule {
  using Impl = typename Traits::Impl;

  static constexpr wax_engine_desc kDesc = {sizeof(wax_engine_desc),
                                            0,
                                            Impl::kId,
                                            Impl::kName,
                                            Traits::kModuleVersion,
                                            config_schema<Impl>(0),
                                            Impl::kOps,
                                            std::size(Impl::kOps),
                                            storage_version<Impl>(0),
                                            events<Impl>(0),
                                            config_section<Impl>(0)};

  static const wax_engine_desc* describe(wax_module_ctx*, std::uint32_t index) noexcept {
    return index == 0 ? &kDesc : nullptr;
  }
  static wax_status create(wax_module_ctx* ctx, const char* engine_id,
                           const wax_session_params* raw, const wax_engine_vtable** vtable,
                           wax_engine** self, wax_error* err) noexcept {
    return guard_status(err, [&] {
      if (std::string_view(engine_id) != Impl::kId) {
        throw Error(WAX_E_NOT_FOUND, "this module has no engine " + std::string(engine_id));
      }
      const auto p = normalised<wax_session_params>(raw);
      const Init init{host_of(ctx),
                      p.session,
                      view(p.name),
                      view(p.config_json),
                      view(p.session_config_json),
                      p.stored_version};
      Engine* engine = new Impl(init);
      *vtable = &EngineTable::kTable;
      *self = reinterpret_cast<wax_engine*>(engine);
    });
  }

  static wax_status probe(wax_module_ctx* ctx, const char*, wax_str config,
                          wax_error* err) noexcept {
    return guard_status(err, [&] {
      if constexpr (has_probe<Impl>(0)) {
        Impl::probe(host_of(ctx), view(config));
      }
    });
  }

  static constexpr wax_engine_factory kFactory = {sizeof(wax_engine_factory), 1, &describe, &create,
                                                  has_probe<Impl>(0) ? &probe : nullptr};
  static const void* get_factory(wax_module_ctx*, const char* id) noexcept {
    const std::string_view wanted(id);
    if (wanted == WAX_CLIENT_VERSION) {
      return client_version<Impl>(0);
    }
    return wanted == WAX_ENGINE_FACTORY ? &kFactory : nullptr;
  }
  static constexpr wax_module kModule = make_module<Traits>(&get_factory);
};

}  // namespace detail
}  // namespace v1
}  // namespace waxwing::plugin

// Makes the file an engine module: WAX_ENGINE_MODULE(EchoEngine, "com.example.echo", "1.0.0");
#define WAX_ENGINE_MODULE(EngineClass, module_id, module_version) \
  WAX_DETAIL_MODULE(::waxwing::plugin::detail::EngineModule, EngineClass, module_id, module_version)
