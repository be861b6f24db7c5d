// SPDX-License-Identifier: Apache-2.0
// The border of one session: calls in, callbacks out, and their orderly end.
#include "plugin/engine_session.hpp"

#include <algorithm>
#include <utility>

#include "plugin/blob.hpp"
#include "plugin/engine_net.hpp"
#include "plugin/host_tables.hpp"
#include "plugin/services.hpp"
#include "plugin/table.hpp"
#include "runtime/blocking_pool.hpp"

namespace waxwing::plugin_host {
namespace {

constexpr unsigned kIdBits = 40;
constexpr std::size_t kRememberedExpiries = 16;
// An engine, or a thread of its, that goes on asking must not keep its session from ending: from
// then on nobody hears it any more.
constexpr int kPatientRounds = 100;
constexpr Millis kPatience(100);
constexpr Millis kQuietPoll(2);

const Status& cancelled() {
  static const Status status(Code::Cancelled, "the session is stopping");
  return status;
}

wax_status to_abi(const Status& status) noexcept {
  return static_cast<wax_status>(status.code());
}

// Hands rows to a C callback as borrowed views.
void call_rows(wax_rows_fn fn, void* user, const std::vector<Row>& rows) {
  std::vector<wax_kv> views;
  views.reserve(rows.size());
  for (const Row& row : rows) {
    wax_kv kv{};
    kv.struct_size = sizeof kv;
    kv.space = plugin_host::to_abi(row.space);
    kv.key = bytes_to_abi(row.key);
    kv.value = bytes_to_abi(row.value);
    kv.version = row.version;
    kv.expires_at_ms = row.expires_at_ms;
    views.push_back(kv);
  }
  fn(user, WAX_OK, views.data(), static_cast<std::uint32_t>(views.size()), nullptr);
}

}  // namespace

std::uint64_t next_id() noexcept {
  static std::atomic<std::uint64_t> last{0};
  return ++last & ((std::uint64_t{1} << kIdBits) - 1);
}
std::uint64_t make_handle(const EngineSession& session, std::uint64_t id) noexcept {
  return session.slot() << kIdBits | id;
}
std::uint64_t handle_id(std::uint64_t handle) noexcept {
  return handle & ((std::uint64_t{1} << kIdBits) - 1);
}
std::uint64_t handle_slot(std::uint64_t handle) noexcept {
  return handle >> kIdBits;
}

EngineSession::EngineSession(std::shared_ptr<Module> module, const EngineInfo& info, Params params,
                             runtime::Loop& loop, EngineSink& sink)
    : module_(std::move(module)),
      info_(info),
      name_(std::move(params.name)),
      max_events_(params.max_events),
      max_event_bytes_(params.max_event_bytes),
      debug_(params.debug),
      loop_(loop),
      sink_(&sink) {}

EngineSession::~EngineSession() = default;

Result<std::shared_ptr<EngineSession>> EngineSession::create(std::shared_ptr<Module> module,
                                                             const EngineInfo& info, Params params,
                                                             runtime::Loop& loop,
                                                             EngineSink& sink) {
  const std::string config = params.config_json;
  const std::string session_config = params.session_config_json;
  const std::uint32_t stored_version = params.stored_version;
  auto session = std::shared_ptr<EngineSession>(
      new EngineSession(std::move(module), info, std::move(params), loop, sink));
  Module& owner = *session->module_;
  auto& sessions = owner.services().sessions;
  session->token_ = sessions.insert(session);

  wax_session_params raw{};
  raw.struct_size = sizeof raw;
  raw.session = reinterpret_cast<wax_session*>(session->token_);
  raw.name = plugin_host::to_abi(session->name_);
  raw.config_json = plugin_host::to_abi(config);
  raw.stored_version = stored_version;
  raw.session_config_json = plugin_host::to_abi(session_config);
  const wax_engine_vtable* vtable = nullptr;
  wax_error error = empty_error();
  const wax_status status = owner.engine_factory().create(owner.context(), info.id.c_str(), &raw,
                                                          &vtable, &session->engine_, &error);
  if (status != WAX_OK) {
    session->end_pending();
    sessions.erase(session->token_);
    return status_from_abi(status, error, "the engine refused to start");
  }
  session->vtable_ = normalised(vtable);
  const wax_engine_vtable& table = session->vtable_;
  if (session->engine_ == nullptr || table.start == nullptr || table.stop == nullptr ||
      table.invoke == nullptr || table.destroy == nullptr) {
    session->end_pending();
    sessions.erase(session->token_);
    if (session->engine_ != nullptr && table.destroy != nullptr) {
      table.destroy(session->engine_);
    }
    return Status(Code::Abi, "the engine's table lacks start, stop, invoke or destroy");
  }
  return session;
}

std::uint64_t EngineSession::slot() const noexcept {
  return token_ & HandleTable<std::shared_ptr<EngineSession>>::kSlotMask;
}

EngineNet* EngineSession::net() {
  if (!net_ && module_->services().network != nullptr) {
    net_ = std::make_unique<EngineNet>(*this, *module_->services().network);
  }
  return net_.get();
}

void EngineSession::drop_proxied_connections() {
  if (net_) {
    net_->drop_proxied();
  }
}

// Calls ------------------------------------------------------------------------------------------

wax_call* EngineSession::open_call(std::string what, Millis deadline, AnswerFn answer) {
  const std::uint64_t id = next_id();
  const auto timer = loop_.start_timer(deadline, [weak = weak_from_this(), id] {
    if (const auto self = weak.lock()) {
      self->call_deadline(id);
    }
  });
  module_->calls.fetch_add(1, std::memory_order_relaxed);
  const std::lock_guard lock(calls_mutex_);
  calls_.emplace(id, Call{std::move(answer), timer, std::move(what)});
  return reinterpret_cast<wax_call*>(make_handle(*this, id));
}

void EngineSession::call_deadline(std::uint64_t id) {
  std::optional<Call> call;
  {
    const std::lock_guard lock(calls_mutex_);
    const auto it = calls_.find(id);
    if (it == calls_.end()) {
      return;
    }
    call = std::move(it->second);
    calls_.erase(it);
    if (expired_calls_.size() == kRememberedExpiries) {
      expired_calls_.erase(expired_calls_.begin());
    }
    expired_calls_.push_back(id);
  }
  module_->failed_calls.fetch_add(1, std::memory_order_relaxed);
  module_->misbehaved(Misbehaviour::NoAnswer, call->what);
  call->answer(
      {Status(Code::Timeout, "the engine did not answer " + call->what + " in time"), "", {}});
}

void EngineSession::finish_call(std::uint64_t id, Answer answer) {
  std::optional<Call> call;
  {
    const std::lock_guard lock(calls_mutex_);
    const auto it = calls_.find(id);
    if (it != calls_.end()) {
      call = std::move(it->second);
      calls_.erase(it);
    } else {
      const bool expired =
          std::find(expired_calls_.begin(), expired_calls_.end(), id) != expired_calls_.end();
      // What close() answered itself may be answered again, as wax_host.call_cancelled says.
      if (!closing_) {
        module_->misbehaved(expired ? Misbehaviour::LateAnswer : Misbehaviour::DoubleAnswer, name_);
      }
      return;
    }
  }
  if (!answer.status.is_ok()) {
    module_->failed_calls.fetch_add(1, std::memory_order_relaxed);
  }
  enqueue([this, call = std::move(*call), answer = std::move(answer)]() mutable {
    loop_.cancel_timer(call.deadline);
    call.answer(std::move(answer));
  });
}

bool EngineSession::call_cancelled(std::uint64_t id) const {
  const std::lock_guard lock(calls_mutex_);
  return !calls_.contains(id);
}

void EngineSession::start(Millis deadline, AnswerFn answer) {
  enter([&] { vtable_.start(engine_, open_call("start", deadline, std::move(answer))); });
}

void EngineSession::stop(Millis deadline, AnswerFn answer) {
  enter([&] { vtable_.stop(engine_, open_call("stop", deadline, std::move(answer))); });
}

void EngineSession::logout(Millis deadline, AnswerFn answer) {
  const auto logout = vtable_.logout != nullptr ? vtable_.logout : vtable_.stop;
  enter([&] { logout(engine_, open_call("logout", deadline, std::move(answer))); });
}

void EngineSession::migrate(std::uint32_t from, Millis deadline, AnswerFn answer) {
  enter([&] { vtable_.migrate(engine_, from, open_call("migrate", deadline, std::move(answer))); });
}

void EngineSession::invoke(const Request& request, Millis deadline, AnswerFn answer) {
  std::vector<wax_part> parts;
  std::vector<std::uint64_t> handles;
  auto& blobs = module_->services().blobs;
  for (const Part& part : request.parts) {
    const auto handle = blobs.insert({part.blob, std::make_shared<std::atomic<int>>(1)});
    handles.push_back(handle);
    wax_part raw{};
    raw.struct_size = sizeof raw;
    raw.name = plugin_host::to_abi(part.name);
    raw.mimetype = plugin_host::to_abi(part.mimetype);
    raw.filename = plugin_host::to_abi(part.filename);
    raw.blob = reinterpret_cast<wax_blob*>(handle);
    parts.push_back(raw);
  }
  wax_request raw{};
  raw.struct_size = sizeof raw;
  raw.op = plugin_host::to_abi(request.op);
  raw.json = plugin_host::to_abi(request.json);
  raw.parts = parts.data();
  raw.parts_count = static_cast<std::uint32_t>(parts.size());
  raw.deadline_ms = static_cast<std::uint32_t>(deadline.count());
  raw.request_id = plugin_host::to_abi(request.request_id);
  enter([&] { vtable_.invoke(engine_, &raw, open_call(request.op, deadline, std::move(answer))); });
  for (const std::uint64_t handle : handles) {
    blob_table()->release(module_->host(), reinterpret_cast<wax_blob*>(handle));
  }
}

// What the engine says
// ------------------------------------------------------------------------------

void EngineSession::enqueue(Task task) {
  enqueued_.fetch_add(1);
  loop_.post([self = shared_from_this(), task = std::move(task)] {
    task();
    self->enqueued_.fetch_sub(1);
  });
}

void EngineSession::from_engine(UniqueFunction<void(EngineSink&)> tell) {
  enqueue([this, tell = std::move(tell)] {
    if (!closing_) {
      tell(*sink_);
    }
  });
}

bool EngineSession::check_loop(std::string_view function) const {
  if (loop_.on_loop()) {
    return true;
  }
  module_->misbehaved(Misbehaviour::WrongThread, function);
  return false;
}

std::uint64_t EngineSession::expect(Pending pending) {
  const std::uint64_t id = next_id();
  pending_.emplace(id, std::move(pending));
  return id;
}

std::optional<EngineSession::Pending> EngineSession::take(std::uint64_t id) {
  const auto it = pending_.find(id);
  if (it == pending_.end()) {
    return std::nullopt;
  }
  Pending pending = std::move(it->second);
  pending_.erase(it);
  return pending;
}

// The engine hears of it from the loop's queue, never from inside its own call.
void EngineSession::cancel(Pending pending) {
  loop_.cancel_timer(pending.timer);
  loop_.unwatch(pending.watch);
  enqueue([give_up = std::move(pending.give_up)] { give_up(cancelled()); });
}

// Events and storage -----------------------------------------------------------------------------

bool EngineSession::take_events(std::size_t count, std::size_t bytes) {
  const auto events = events_.fetch_add(static_cast<std::uint32_t>(count)) + count;
  const auto total = event_bytes_.fetch_add(bytes) + bytes;
  // What is larger than the whole queue passes when nothing else is there, or it never would.
  if ((events <= max_events_ && total <= max_event_bytes_) || events == count) {
    return true;
  }
  events_.fetch_sub(static_cast<std::uint32_t>(count));
  event_bytes_.fetch_sub(bytes);
  refused_events_ = true;
  // The queue may have drained between the two lines above: then nobody else would say so.
  if (events_ == 0) {
    enqueue([this] { give_back_events(0, 0); });
  }
  return false;
}

void EngineSession::give_back_events(std::size_t count, std::size_t bytes) {
  const auto left = events_.fetch_sub(static_cast<std::uint32_t>(count)) - count;
  const auto left_bytes = event_bytes_.fetch_sub(bytes) - bytes;
  if (left <= max_events_ / 2 && left_bytes <= max_event_bytes_ / 2 && !closing_ &&
      vtable_.resume != nullptr && refused_events_.exchange(false)) {
    enter([&] { vtable_.resume(engine_); });
  }
}

void EngineSession::commit(std::vector<WriteOp> rows, std::vector<EngineEvent> events,
                           wax_done_fn done, void* user) {
  enqueue([this, rows = std::move(rows), events = std::move(events), done, user]() mutable {
    const auto finish = [done, user](const Status& status) {
      if (done != nullptr) {
        const wax_error error = error_to_abi(status);
        done(user, to_abi(status), status.is_ok() ? nullptr : &error);
      }
    };
    const std::size_t count = events.size();
    std::size_t bytes = 0;
    for (const EngineEvent& event : events) {
      bytes += event.size_bytes();
    }
    if (closing_) {
      give_back_events(count, bytes);
      finish(cancelled());
      return;
    }
    const std::uint64_t id = expect({finish});
    sink_->on_commit(std::move(rows), std::move(events),
                     [weak = weak_from_this(), id, finish, count, bytes](const Status& status) {
                       if (const auto self = weak.lock()) {
                         if (self->take(id)) {
                           finish(status);
                         }
                         self->give_back_events(count, bytes);
                       }
                     });
  });
}

void EngineSession::post_done(wax_done_fn done, void* user, Status status) {
  if (done != nullptr) {
    enqueue([done, user, status = std::move(status)] {
      const wax_error error = error_to_abi(status);
      done(user, to_abi(status), &error);
    });
  }
}

void EngineSession::post_rows(wax_rows_fn rows, void* user, Status status) {
  enqueue([rows, user, status = std::move(status)] {
    const wax_error error = error_to_abi(status);
    rows(user, to_abi(status), nullptr, 0, &error);
  });
}

EngineSink::RowsFn EngineSession::expect_rows(wax_rows_fn rows, void* user) {
  const auto give_up = [rows, user](const Status& status) {
    const wax_error error = error_to_abi(status);
    rows(user, to_abi(status), nullptr, 0, &error);
  };
  const std::uint64_t id = expect({give_up});
  return [weak = weak_from_this(), id, give_up, rows, user](Result<std::vector<Row>> result) {
    const auto self = weak.lock();
    if (!self || !self->take(id)) {
      return;
    }
    if (result.has_value()) {
      call_rows(rows, user, *result);
    } else {
      give_up(result.error());
    }
  };
}

void EngineSession::get(std::vector<KeyRef> keys, wax_rows_fn rows, void* user) {
  enqueue([this, keys = std::move(keys), rows, user]() mutable {
    auto answer = expect_rows(rows, user);
    if (closing_) {
      answer(cancelled());
    } else {
      sink_->on_get(std::move(keys), std::move(answer));
    }
  });
}

void EngineSession::scan(Scan scan, wax_rows_fn rows, void* user) {
  enqueue([this, scan = std::move(scan), rows, user]() mutable {
    auto answer = expect_rows(rows, user);
    if (closing_) {
      answer(cancelled());
    } else {
      sink_->on_scan(std::move(scan), std::move(answer));
    }
  });
}

void EngineSession::resolve_proxy(std::string purpose, wax_proxy_fn answer, void* user) {
  enqueue([this, purpose = std::move(purpose), answer, user]() mutable {
    const auto give_up = [answer, user](const Status& status) {
      const wax_error error = error_to_abi(status);
      answer(user, to_abi(status), nullptr, &error);
    };
    if (closing_) {
      give_up(cancelled());
      return;
    }
    const std::uint64_t id = expect({give_up});
    sink_->on_resolve_proxy(std::move(purpose), [weak = weak_from_this(), id, give_up, answer,
                                                 user](Result<Lease> lease) {
      const auto self = weak.lock();
      if (!self || !self->take(id)) {
        return;
      }
      if (!lease.has_value()) {
        give_up(lease.error());
        return;
      }
      wax_proxy_lease raw{};
      raw.struct_size = sizeof raw;
      raw.lease_id = lease->id;
      raw.url = plugin_host::to_abi(lease->url);
      raw.username = plugin_host::to_abi(lease->username);
      raw.password = plugin_host::to_abi(lease->password);
      raw.expires_at_ms = lease->expires_at_ms;
      answer(user, WAX_OK, &raw, nullptr);
    });
  });
}

// Executor
// -----------------------------------------------------------------------------------------

void EngineSession::post(wax_task_fn fn, void* user) {
  enqueue([this, fn, user] { enter([&] { fn(user, closing_ ? WAX_E_CANCELLED : WAX_OK); }); });
}

Status EngineSession::offload(wax_work_fn work, wax_task_fn then, void* user) {
  working_.fetch_add(1);
  const Status status =
      module_->services().pool.submit([self = shared_from_this(), work, then, user] {
        work(user);
        EngineSession& session = *self;
        session.enqueue([&session, then, user] {
          session.working_.fetch_sub(1);
          session.enter([&] { then(user, session.closing_ ? WAX_E_CANCELLED : WAX_OK); });
        });
      });
  if (!status.is_ok()) {
    working_.fetch_sub(1);
  }
  return status;
}

std::uint64_t EngineSession::start_timer(Millis delay, Millis slack, wax_task_fn fn, void* user) {
  const std::uint64_t id = expect({[fn, user](const Status& status) { fn(user, to_abi(status)); }});
  if (closing_) {
    cancel(*take(id));
    return id;
  }
  pending_[id].timer = loop_.start_timer(
      delay,
      [weak = weak_from_this(), id, fn, user] {
        const auto self = weak.lock();
        if (self && self->take(id)) {
          self->enter([&] { fn(user, WAX_OK); });
        }
      },
      slack);
  return id;
}

void EngineSession::cancel_timer(std::uint64_t id) {
  if (auto pending = take(id)) {
    cancel(std::move(*pending));
  }
}

std::uint64_t EngineSession::watch(int fd, std::uint32_t interest, wax_fd_fn fn, void* user) {
  const std::uint64_t id = expect({[fn, user, fd](const Status&) { fn(user, fd, 0); }});
  if (closing_) {
    cancel(*take(id));
    return id;
  }
  static_assert(std::uint32_t{WAX_FD_READ} == std::uint32_t{runtime::Loop::kRead} &&
                std::uint32_t{WAX_FD_WRITE} == std::uint32_t{runtime::Loop::kWrite} &&
                std::uint32_t{WAX_FD_ERROR} == std::uint32_t{runtime::Loop::kError});
  const auto watch =
      loop_.watch(fd, interest, [weak = weak_from_this(), id, fd, fn, user](std::uint32_t ready) {
        const auto self = weak.lock();
        if (self && self->pending_.contains(id)) {
          self->enter([&] { fn(user, fd, ready); });
        }
      });
  if (watch == 0) {
    pending_.erase(id);
    return 0;
  }
  pending_[id].watch = watch;
  return id;
}

void EngineSession::update_watch(std::uint64_t id, std::uint32_t interest) {
  const auto it = pending_.find(id);
  if (it != pending_.end()) {
    loop_.update_watch(it->second.watch, interest);
  }
}

void EngineSession::unwatch(std::uint64_t id) {
  if (auto pending = take(id)) {
    cancel(std::move(*pending));
  }
}

// The end
// ------------------------------------------------------------------------------------------

// Every callback that the engine still expects is told that its time will not come.
void EngineSession::end_pending() {
  closing_ = true;
  std::unordered_map<std::uint64_t, Pending> pending;
  pending.swap(pending_);
  for (auto& [id, expected] : pending) {
    cancel(std::move(expected));
  }
  if (net_) {
    net_->end();
  }
}

void EngineSession::close(Task done) {
  closing_ = true;
  std::unordered_map<std::uint64_t, Call> calls;
  {
    const std::lock_guard lock(calls_mutex_);
    calls.swap(calls_);
  }
  for (auto& [id, call] : calls) {
    loop_.cancel_timer(call.deadline);
    enqueue([call = std::move(call)] {
      call.answer({Status(Code::Unavailable, "the session is stopping"), "", {}});
    });
  }
  end_pending();
  loop_.post([self = shared_from_this(), done = std::move(done),
              began = loop_.clock().monotonic()]() mutable {
    self->destroy_when_quiet(std::move(done), 0, began);
  });
}

void EngineSession::destroy_when_quiet(Task done, int rounds, Millis began) {
  const bool working = working_.load() > 0;
  if (working || enqueued_.load() > 0) {
    if (rounds >= kPatientRounds || loop_.clock().monotonic() - began >= kPatience) {
      module_->services().sessions.erase(token_);
    }
    auto again = [self = shared_from_this(), done = std::move(done), rounds, began]() mutable {
      self->destroy_when_quiet(std::move(done), rounds + 1, began);
    };
    if (working) {
      loop_.start_timer(kQuietPoll, std::move(again));
    } else {
      loop_.post(std::move(again));
    }
    return;
  }
  module_->services().sessions.erase(token_);
  enter([&] { vtable_.destroy(engine_); });
  engine_ = nullptr;
  done();
}

}  // namespace waxwing::plugin_host
