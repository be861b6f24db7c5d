// SPDX-License-Identifier: Apache-2.0
// The border of one session: calls in, callbacks out, and their orderly end.
#include "plugin/engine_session.hpp"

#include <utility>

#include "plugin/abi_answers.hpp"
#include "plugin/blob.hpp"
#include "plugin/engine_net.hpp"
#include "plugin/host_tables.hpp"
#include "plugin/services.hpp"
#include "plugin/table.hpp"

namespace waxwing::plugin_host {
namespace {

constexpr unsigned kIdBits = 40;
// An engine, or a thread of its, that goes on asking must not keep its session from ending: from
// then on nobody hears it any more.
constexpr int kPatientRounds = 100;
constexpr Millis kPatience(100);
constexpr Millis kQuietPoll(2);

const Status& cancelled() {
  static const Status status(Code::Cancelled, "the session is stopping");
  return status;
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
      debug_(params.debug),
      loop_(loop),
      sink_(&sink),
      events_(params.max_events, params.max_event_bytes) {}

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
    session->end_expected();
    sessions.erase(session->token_);
    return status_from_abi(status, error, "the engine refused to start");
  }
  session->vtable_ = normalised(vtable);
  const wax_engine_vtable& table = session->vtable_;
  if (session->engine_ == nullptr || table.start == nullptr || table.stop == nullptr ||
      table.invoke == nullptr || table.destroy == nullptr) {
    session->end_expected();
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
  calls_.add(id, {std::move(answer), timer, std::move(what)});
  return reinterpret_cast<wax_call*>(make_handle(*this, id));
}

void EngineSession::call_deadline(std::uint64_t id) {
  auto call = calls_.expire(id);
  if (!call.has_value()) {
    return;
  }
  module_->failed_calls.fetch_add(1, std::memory_order_relaxed);
  module_->misbehaved(Misbehaviour::NoAnswer, call->what);
  call->answer(
      {Status(Code::Timeout, "the engine did not answer " + call->what + " in time"), "", {}});
}

void EngineSession::finish_call(std::uint64_t id, Answer answer) {
  auto call = calls_.take(id);
  if (!call.has_value()) {
    // What close() answered itself may be answered again, as wax_host.call_cancelled says.
    if (!closing_) {
      module_->misbehaved(
          calls_.expired(id) ? Misbehaviour::LateAnswer : Misbehaviour::DoubleAnswer, name_);
    }
    return;
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

// What the engine says ----------------------------------------------------------------------------

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

std::uint64_t EngineSession::expect(GiveUp give_up) {
  const std::uint64_t id = next_id();
  expected_.emplace(id, std::move(give_up));
  return id;
}

bool EngineSession::take_expected(std::uint64_t id) {
  return expected_.erase(id) > 0;
}

// Events and storage -----------------------------------------------------------------------------

bool EngineSession::take_events(std::size_t count, std::size_t bytes) {
  if (events_.take(count, bytes)) {
    return true;
  }
  // All others may have become durable meanwhile: then nobody else would say that there is room.
  if (events_.empty()) {
    enqueue([this] { give_back_events(0, 0); });
  }
  return false;
}

void EngineSession::give_back_events(std::size_t count, std::size_t bytes) {
  const bool roomy = events_.give_back(count, bytes);
  if (roomy && !closing_ && vtable_.resume != nullptr && events_.forget_refusal()) {
    enter([&] { vtable_.resume(engine_); });
  }
}

void EngineSession::commit(std::vector<WriteOp> rows, std::vector<EngineEvent> events,
                           wax_done_fn done, void* user) {
  enqueue([this, rows = std::move(rows), events = std::move(events), done, user]() mutable {
    const auto finish = [done, user](const Status& status) { answer_done(done, user, status); };
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
    const std::uint64_t id = expect(finish);
    sink_->on_commit(std::move(rows), std::move(events),
                     [weak = weak_from_this(), id, finish, count, bytes](const Status& status) {
                       if (const auto self = weak.lock()) {
                         if (self->take_expected(id)) {
                           finish(status);
                         }
                         self->give_back_events(count, bytes);
                       }
                     });
  });
}

void EngineSession::post_done(wax_done_fn done, void* user, Status status) {
  enqueue([done, user, status = std::move(status)] { answer_done(done, user, status); });
}

void EngineSession::post_rows(wax_rows_fn rows, void* user, Status status) {
  enqueue([rows, user, status = std::move(status)] { answer_rows(rows, user, status); });
}

EngineSink::RowsFn EngineSession::expect_rows(wax_rows_fn rows, void* user) {
  const std::uint64_t id =
      expect([rows, user](const Status& status) { answer_rows(rows, user, status); });
  return [weak = weak_from_this(), id, rows, user](const Result<std::vector<Row>>& found) {
    const auto self = weak.lock();
    if (self && self->take_expected(id)) {
      answer_rows(rows, user, found);
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
    if (closing_) {
      answer_lease(answer, user, cancelled());
      return;
    }
    const std::uint64_t id =
        expect([answer, user](const Status& status) { answer_lease(answer, user, status); });
    sink_->on_resolve_proxy(std::move(purpose), [weak = weak_from_this(), id, answer,
                                                 user](const Result<Lease>& lease) {
      const auto self = weak.lock();
      if (self && self->take_expected(id)) {
        answer_lease(answer, user, lease);
      }
    });
  });
}

// The end -----------------------------------------------------------------------------------------

// Every callback that the engine still expects is told that its time will not come, and that from
// the loop's queue, never from inside the engine's own call.
void EngineSession::end_expected() {
  closing_ = true;
  auto expected = std::exchange(expected_, {});
  for (auto& [id, give_up] : expected) {
    enqueue([give_up = std::move(give_up)] { give_up(cancelled()); });
  }
  executor_.end();
  if (net_) {
    net_->end();
  }
}

void EngineSession::close(Task done) {
  closing_ = true;
  for (OpenCall& call : calls_.take_all()) {
    loop_.cancel_timer(call.deadline);
    enqueue([call = std::move(call)] {
      call.answer({Status(Code::Unavailable, "the session is stopping"), "", {}});
    });
  }
  end_expected();
  loop_.post([self = shared_from_this(), done = std::move(done),
              began = loop_.clock().monotonic()]() mutable {
    self->destroy_when_quiet(std::move(done), 0, began);
  });
}

void EngineSession::destroy_when_quiet(Task done, int rounds, Millis began) {
  const bool working = executor_.working();
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
