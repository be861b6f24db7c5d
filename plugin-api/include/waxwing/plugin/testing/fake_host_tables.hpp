// SPDX-License-Identifier: Apache-2.0
// The host tables of a FakeHost. Included by testing.hpp.
#pragma once

#include "../testing.hpp"

namespace waxwing::plugin {
inline namespace v1 {
namespace testing {

inline FakeSession* FakeHost::find(wax_session* token, const char* what) {
  const auto id = reinterpret_cast<std::uint64_t>(token);
  FakeSession* session = id >= 1 && id <= sessions_.size() ? sessions_[id - 1].get() : nullptr;
  if (session == nullptr || session->engine_ == nullptr) {
    // create() is the one time when an engine may know its token and not be known itself.
    if (session == nullptr || session != sessions_.back().get() || session->table_.destroy) {
      problem(std::string(what) + " for a session that has ended");
      return nullptr;
    }
  }
  return session;
}

inline FakeSession* FakeHost::find_running(wax_session* token, const char* what) {
  FakeSession* session = find(token, what);
  if (session != nullptr && session->quiet_) {
    problem(*session, std::string(what) + " while the session is stopped");
  }
  return session;
}

inline std::vector<PartRecord> FakeHost::copy_parts(const wax_part* parts, std::uint32_t count) {
  std::vector<PartRecord> copies;
  const detail::Strided<wax_part> list(parts, count);
  for (std::uint32_t i = 0; i < list.size(); ++i) {
    const wax_part p = list[i];
    const StoredBlob* found = blob(p.blob, "a part");
    if (found != nullptr && !found->sealed) {
      problem("a part holds a blob that is not sealed");
    }
    copies.push_back({std::string(view(p.name)), std::string(view(p.mimetype)),
                      std::string(view(p.filename)), found ? found->content : std::string()});
  }
  return copies;
}

inline EventRecord FakeHost::copy_event(const wax_event& e) {
  return {std::string(view(e.type)),
          std::string(view(e.json)),
          std::string(view(e.order_key)),
          e.flags,
          e.timestamp_ms,
          copy_parts(e.parts, e.parts_count)};
}

inline wax_blob* FakeHost::add_blob(std::string content) {
  const std::uint64_t id = ++last_id_;
  blobs_[id] = {std::move(content), true, 1};
  return reinterpret_cast<wax_blob*>(id);
}

inline FakeHost::StoredBlob* FakeHost::blob(wax_blob* handle, const char* what) {
  const auto it = blobs_.find(reinterpret_cast<std::uint64_t>(handle));
  if (it == blobs_.end()) {
    problem(std::string(what) + " names a blob that does not exist");
    return nullptr;
  }
  return &it->second;
}

inline void FakeHost::answer_rows(FakeSession* session, std::vector<FakeStore::Found> found,
                                  wax_rows_fn rows, void* user) {
  const wax_status status = store_status;
  post(session, [found = std::move(found), rows, user, status](wax_status how) {
    wax_error err{};
    err.struct_size = sizeof err;
    const wax_status end = how != WAX_OK ? how : status;
    if (end != WAX_OK) {
      detail::fill(&err, end, "the fake store refuses");
      rows(user, end, nullptr, 0, &err);
      return;
    }
    std::vector<wax_kv> raw;
    for (const FakeStore::Found& f : found) {
      raw.push_back({sizeof(wax_kv), 0, str(f.key.first), bytes(f.key.second), bytes(f.value.value),
                     f.value.version, f.value.expires_at_ms});
    }
    rows(user, WAX_OK, raw.data(), static_cast<std::uint32_t>(raw.size()), nullptr);
  });
}

inline void FakeHost::make_tables() {
  make_state_tables();
  make_store_tables();
  make_executor_table();
  make_blob_table();
  make_log_tables();
  make_net_table();
  // The module gets copies on the heap, as long as the options want them, so that a read beyond
  // the end of a table is found by AddressSanitizer.
  const auto offer = [this](const char* id, const void* table, std::size_t size) {
    if (std::find(options_.without.begin(), options_.without.end(), id) != options_.without.end()) {
      return;
    }
    const auto other = options_.table_bytes.find(id);
    const auto length =
        static_cast<std::uint32_t>(other == options_.table_bytes.end() ? size : other->second);
    std::vector<unsigned char>& copy = extensions_[id];
    copy.assign(length, 0xAB);
    std::memcpy(copy.data(), table, std::min<std::size_t>(length, size));
    std::memcpy(copy.data(), &length, sizeof length);
  };
  offer(WAX_HOST_SESSION, &session_table_, sizeof session_table_);
  offer(WAX_HOST_STORE, &store_table_, sizeof store_table_);
  offer(WAX_HOST_PROXY, &proxy_table_, sizeof proxy_table_);
  offer(WAX_HOST_EXECUTOR, &executor_table_, sizeof executor_table_);
  offer(WAX_HOST_BLOB, &blob_table_, sizeof blob_table_);
  offer(WAX_HOST_LOG, &log_table_, sizeof log_table_);
  offer(WAX_HOST_METRICS, &metrics_table_, sizeof metrics_table_);
  offer(WAX_HOST_NET, &net_table_, sizeof net_table_);

  host_.struct_size = sizeof host_;
  host_.abi_major = WAX_ABI_MAJOR;
  host_.abi_minor = WAX_ABI_MINOR;
  host_.name = "fake";
  host_.version = "0.0.0";
  host_.impl = this;
  host_.get_extension = [](const wax_host* h, const char* id) noexcept -> const void* {
    const auto it = of(h).extensions_.find(id);
    return it == of(h).extensions_.end() ? nullptr : it->second.data();
  };
  host_.call_finish = [](const wax_host* h, wax_call* call, const wax_response* raw) noexcept {
    FakeHost& self = of(h);
    const auto it = self.calls_.find(reinterpret_cast<std::uint64_t>(call));
    if (it == self.calls_.end()) {
      self.problem("a call was answered twice, or after the session had ended");
      return;
    }
    const PendingCall pending = it->second;
    self.calls_.erase(it);
    const auto r = detail::normalised<wax_response>(raw);
    Answer& answer = *pending.answer;
    answer.done = true;
    answer.status = r.status;
    answer.json = view(r.json);
    answer.message = view(r.message);
    answer.retry_after_ms = r.retry_after_ms;
    answer.parts = self.copy_parts(r.parts, r.parts_count);
    if (pending.is_stop) {
      pending.session->quiet_ = true;
      pending.session->state_ = WAX_SESSION_STOPPED;
      for (const PendingTimer& timer : self.timers_) {
        if (timer.session == pending.session && !timer.is_network) {
          self.problem(*pending.session, "a timer goes on after " + answer.what + " was answered");
        }
      }
      for (const auto& far : self.net.sockets) {
        if (&far->owner_ == pending.session && !far->over_) {
          self.problem(*pending.session,
                       "a WebSocket stays open after " + answer.what + " was answered");
        }
      }
    }
  };
  host_.call_cancelled = [](const wax_host* h, wax_call* call) noexcept -> std::int32_t {
    return of(h).calls_.count(reinterpret_cast<std::uint64_t>(call)) == 0 ? 1 : 0;
  };
}

inline void FakeHost::make_state_tables() {
  wax_host_session& t = session_table_;
  t.struct_size = sizeof t;
  t.set_state = [](const wax_host* h, wax_session* token, const wax_state_change* raw) noexcept {
    FakeSession* s = of(h).find_running(token, "set_state");
    if (s == nullptr) {
      return;
    }
    const auto change = detail::normalised<wax_state_change>(raw);
    if (!legal_move(s->state_, change.state)) {
      of(h).problem(*s, "an illegal move from state " + std::to_string(s->state_) + " to " +
                            std::to_string(change.state));
    }
    if (change.state == WAX_SESSION_FAILED && change.reason.size == 0) {
      of(h).problem(*s, "FAILED without a reason");
    }
    s->state_ = change.state;
    s->states.push_back({change.state, std::string(view(change.reason)),
                         std::string(view(change.text)), std::string(view(change.data_json)),
                         of(h).now_ms_});
  };
  t.set_qr = [](const wax_host* h, wax_session* token, wax_str text, std::uint32_t ms) noexcept {
    if (FakeSession* s = of(h).find_running(token, "set_qr")) {
      s->qrs.push_back({std::string(view(text)), ms, of(h).now_ms_});
    }
  };
  t.set_me = [](const wax_host* h, wax_session* token, const wax_me* raw) noexcept {
    if (FakeSession* s = of(h).find(token, "set_me")) {
      const auto me = detail::normalised<wax_me>(raw);
      s->me =
          raw ? std::optional(MeRecord{std::string(view(me.id)), std::string(view(me.push_name)),
                                       std::string(view(me.lid)), std::string(view(me.jid))})
              : std::nullopt;
    }
  };
  t.set_engine_info = [](const wax_host* h, wax_session* token, wax_str json) noexcept {
    if (FakeSession* s = of(h).find(token, "set_engine_info")) {
      s->engine_info = view(json);
    }
  };
  t.set_presence = [](const wax_host* h, wax_session* token, std::int32_t online) noexcept {
    if (FakeSession* s = of(h).find(token, "set_presence")) {
      s->presence = online;
    }
  };
  t.set_activity = [](const wax_host* h, wax_session* token, std::int64_t ms) noexcept {
    if (FakeSession* s = of(h).find(token, "set_activity")) {
      s->activity_ms = ms;
    }
  };
  t.wanted = [](const wax_host* h, wax_session* token, wax_str type) noexcept -> std::int32_t {
    FakeSession* s = of(h).find(token, "wanted");
    return s != nullptr && s->unwanted_events.count(std::string(view(type))) == 0 ? 1 : 0;
  };
  t.emit = [](const wax_host* h, wax_session* token, const wax_event* raw, wax_done_fn done,
              void* user) noexcept -> wax_status {
    FakeSession* s = of(h).find_running(token, "emit");
    if (s == nullptr) {
      return WAX_E_CANCELLED;
    }
    if (s->event_room == 0) {
      if (s->refused_) {
        of(h).problem(*s, "emit again although the queue is full and resume() has not come");
      }
      s->refused_ = true;
      return WAX_E_UNAVAILABLE;
    }
    --s->event_room;
    s->events.push_back(of(h).copy_event(detail::normalised<wax_event>(raw)));
    if (done != nullptr) {
      of(h).post(s, [done, user](wax_status how) { done(user, how, nullptr); });
    }
    return WAX_OK;
  };
}

inline void FakeHost::make_store_tables() {
  wax_host_store& t = store_table_;
  t.struct_size = sizeof t;
  t.get = [](const wax_host* h, wax_session* token, const wax_kv* keys, std::uint32_t count,
             wax_rows_fn rows, void* user) noexcept {
    FakeHost& self = of(h);
    FakeSession* s = self.find(token, "store.get");
    self.answer_rows(s, self.store.get(s ? s->name_ : "", keys, count), rows, user);
  };
  t.scan = [](const wax_host* h, wax_session* token, const wax_scan* query, wax_rows_fn rows,
              void* user) noexcept {
    FakeHost& self = of(h);
    FakeSession* s = self.find(token, "store.scan");
    self.answer_rows(s, self.store.scan(s ? s->name_ : "", detail::normalised<wax_scan>(query)),
                     rows, user);
  };
  t.commit = [](const wax_host* h, wax_session* token, const wax_kv* ops, std::uint32_t count,
                const wax_event* events, std::uint32_t events_count, wax_done_fn done,
                void* user) noexcept {
    FakeHost& self = of(h);
    FakeSession* s = self.find_running(token, "store.commit");
    wax_status status = s == nullptr ? WAX_E_CANCELLED : self.store_status;
    if (status == WAX_OK && s->event_room < events_count) {
      s->refused_ = true;
      status = WAX_E_UNAVAILABLE;
    }
    if (status == WAX_OK) {
      status = self.store.apply(s->name_, ops, count);
    }
    if (status == WAX_OK) {
      s->event_room -= events_count;
      const detail::Strided<wax_event> list(events, events_count);
      for (std::uint32_t i = 0; i < list.size(); ++i) {
        s->events.push_back(self.copy_event(list[i]));
      }
    }
    if (done != nullptr) {
      self.post(s, [done, user, status](wax_status how) {
        wax_error err{};
        err.struct_size = sizeof err;
        const wax_status end = how != WAX_OK ? how : status;
        detail::fill(&err, end, "the fake store refuses");
        done(user, end, end == WAX_OK ? nullptr : &err);
      });
    }
  };

  wax_host_proxy& p = proxy_table_;
  p.struct_size = sizeof p;
  p.resolve = [](const wax_host* h, wax_session* token, wax_str, wax_proxy_fn answer,
                 void* user) noexcept {
    FakeSession* s = of(h).find_running(token, "proxy.resolve");
    of(h).post(s, [&self = of(h), answer, user](wax_status how) {
      wax_proxy_lease lease{};
      lease.struct_size = sizeof lease;
      lease.lease_id = ++self.last_id_;
      lease.url = str(self.proxy_url);
      lease.username = str(self.proxy_username);
      lease.password = str(self.proxy_password);
      wax_error err{};
      err.struct_size = sizeof err;
      const wax_status end = how != WAX_OK ? how : self.proxy_status;
      detail::fill(&err, end, "the fake proxy module refuses");
      answer(user, end, end == WAX_OK ? &lease : nullptr, end == WAX_OK ? nullptr : &err);
    });
  };
  p.report = [](const wax_host* h, wax_session* token, std::uint64_t lease,
                wax_proxy_outcome outcome, std::uint32_t) noexcept {
    if (of(h).find(token, "proxy.report")) {
      of(h).proxy_reports.emplace_back(lease, outcome);
    }
  };
}

inline void FakeHost::make_executor_table() {
  wax_host_executor& t = executor_table_;
  t.struct_size = sizeof t;
  t.post = [](const wax_host* h, wax_session* token, wax_task_fn fn, void* user) noexcept {
    FakeSession* s = of(h).find(token, "post");
    of(h).post(s, [fn, user](wax_status how) { fn(user, how); });
  };
  t.offload = [](const wax_host* h, wax_session* token, wax_work_fn work, wax_task_fn then,
                 void* user) noexcept -> wax_status {
    FakeHost& self = of(h);
    FakeSession* s = self.find(token, "offload");
    if (s == nullptr || self.offload_status != WAX_OK) {
      return s == nullptr ? WAX_E_CANCELLED : self.offload_status;
    }
    self.post(s, [&self, s, work, then, user](wax_status how) {
      if (how != WAX_OK) {
        then(user, how);
        return;
      }
      work(user);
      self.post(s, [then, user](wax_status end) { then(user, end); });
    });
    return WAX_OK;
  };
  t.timer_start = [](const wax_host* h, wax_session* token, std::uint32_t delay_ms, std::uint32_t,
                     wax_task_fn fn, void* user) noexcept -> wax_timer* {
    FakeHost& self = of(h);
    FakeSession* s = self.find_running(token, "timer_start");
    if (s == nullptr) {
      return nullptr;
    }
    const std::uint64_t id = ++self.last_id_;
    self.timers_.push_back({self.now_ms_ + delay_ms, id, s, fn, user, false});
    return reinterpret_cast<wax_timer*>(id);
  };
  t.timer_cancel = [](const wax_host* h, wax_timer* handle) noexcept {
    FakeHost& self = of(h);
    const auto id = reinterpret_cast<std::uint64_t>(handle);
    const auto it = std::find_if(self.timers_.begin(), self.timers_.end(),
                                 [&](const PendingTimer& t2) { return t2.id == id; });
    if (it == self.timers_.end()) {
      self.problem("timer_cancel of a timer that is over");
      return;
    }
    const PendingTimer timer = *it;
    self.timers_.erase(it);
    self.post(timer.session, [timer](wax_status) { timer.fn(timer.user, WAX_E_CANCELLED); });
  };
  t.on_loop = [](const wax_host*, wax_session*) noexcept -> std::int32_t { return 1; };
  t.now_ms = [](const wax_host* h) noexcept -> std::int64_t { return of(h).now_ms_; };
}

inline void FakeHost::make_blob_table() {
  wax_host_blob& t = blob_table_;
  t.struct_size = sizeof t;
  t.create = [](const wax_host* h, std::uint64_t) noexcept -> wax_blob* {
    wax_blob* handle = of(h).add_blob({});
    of(h).blob(handle, "create")->sealed = false;
    return handle;
  };
  t.write = [](const wax_host* h, wax_blob* handle, wax_bytes data) noexcept -> wax_status {
    StoredBlob* b = of(h).blob(handle, "write");
    if (b == nullptr || b->sealed) {
      return WAX_E_INVALID;
    }
    b->content += view(data);
    return WAX_OK;
  };
  t.seal = [](const wax_host* h, wax_blob* handle) noexcept -> wax_status {
    StoredBlob* b = of(h).blob(handle, "seal");
    if (b == nullptr) {
      return WAX_E_INVALID;
    }
    b->sealed = true;
    return WAX_OK;
  };
  t.read = [](const wax_host* h, wax_blob* handle, std::uint64_t offset, std::uint8_t* buffer,
              std::uint64_t size) noexcept -> std::int64_t {
    const StoredBlob* b = of(h).blob(handle, "read");
    if (b == nullptr || offset > b->content.size()) {
      return -1;
    }
    const std::size_t n = std::min<std::size_t>(size, b->content.size() - offset);
    std::memcpy(buffer, b->content.data() + offset, n);
    return static_cast<std::int64_t>(n);
  };
  t.size = [](const wax_host* h, wax_blob* handle) noexcept -> std::uint64_t {
    const StoredBlob* b = of(h).blob(handle, "size");
    return b ? b->content.size() : 0;
  };
  t.view = [](const wax_host* h, wax_blob* handle) noexcept -> wax_bytes {
    const StoredBlob* b = of(h).blob(handle, "view");
    return b ? bytes(b->content) : wax_bytes{};
  };
  t.dup_fd = [](const wax_host*, wax_blob*) noexcept -> std::int32_t { return -1; };
  t.retain = [](const wax_host* h, wax_blob* handle) noexcept {
    if (StoredBlob* b = of(h).blob(handle, "retain")) {
      ++b->references;
    }
  };
  t.release = [](const wax_host* h, wax_blob* handle) noexcept {
    StoredBlob* b = of(h).blob(handle, "release");
    if (b != nullptr && --b->references == 0) {
      of(h).blobs_.erase(reinterpret_cast<std::uint64_t>(handle));
    }
  };
}

inline void FakeHost::make_log_tables() {
  log_table_.struct_size = sizeof log_table_;
  log_table_.enabled = [](const wax_host* h, wax_session*,
                          std::int32_t level) noexcept -> std::int32_t {
    return level >= of(h).log_level ? 1 : 0;
  };
  log_table_.write = [](const wax_host* h, wax_session* token, std::int32_t level, wax_str message,
                        const wax_field* fields, std::uint32_t count) noexcept {
    FakeSession* s = token ? of(h).find(token, "log") : nullptr;
    LogRecord record{level, s ? s->name_ : "", std::string(view(message)), {}};
    for (std::uint32_t i = 0; i < count; ++i) {
      record.fields.emplace_back(view(fields[i].key), view(fields[i].value));
    }
    of(h).logs.push_back(std::move(record));
  };
  metrics_table_.struct_size = sizeof metrics_table_;
  metrics_table_.define = [](const wax_host* h, std::int32_t, const char* name, const char*,
                             const char*) noexcept -> std::int32_t {
    if (!of(h).initialising_) {
      of(h).problem("a metric was defined after init()");
      return WAX_E_STATE;
    }
    of(h).metric_names_.emplace_back(name);
    of(h).metrics[name] = 0;
    return static_cast<std::int32_t>(of(h).metric_names_.size()) - 1;
  };
  metrics_table_.record = [](const wax_host* h, std::int32_t id, double value) noexcept {
    if (id < 0 || static_cast<std::size_t>(id) >= of(h).metric_names_.size()) {
      of(h).problem("a metric was recorded that was not defined");
      return;
    }
    of(h).metrics[of(h).metric_names_[static_cast<std::size_t>(id)]] += value;
  };
}

}  // namespace testing
}  // namespace v1
}  // namespace waxwing::plugin
