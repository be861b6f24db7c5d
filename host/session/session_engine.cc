// SPDX-License-Identifier: Apache-2.0
// A session's engine: how it is launched, called and ended.
#include "base/log.hpp"
#include "config/config.hpp"
#include "plugin/registry.hpp"
#include "proxy/proxy_service.hpp"
#include "session/session.hpp"

namespace waxwing::session {

using plugin_host::Answer;

void Session::launch() {
  history_.clear();
  qr_attempts_ = 0;
  if (!counted_ && !(counted_ = env_.engine_starts(record_.engine))) {
    set_state(State::Failed, Reason{"max_sessions", "The engine runs its most sessions already"},
              "");
    return;
  }
  const auto type = env_.plugins.find_engine(record_.engine);
  if (!type.has_value()) {
    engine_ended();
    set_state(State::Failed,
              Reason{"engine_missing", "The engine " + record_.engine + " is not loaded"}, "");
    return;
  }
  set_state(State::Starting, std::nullopt, "");
  plugin_host::EngineSession::Params params;
  params.name = name_;
  params.config_json = engine_section(record_.config_json, *type->info, env_.session_config);
  params.session_config_json = record_.config_json;
  params.stored_version = record_.storage_version;
  params.max_events = env_.config.limits.session_events;
  params.max_event_bytes = env_.config.limits.session_events_bytes;
  params.debug = settings_.debug;
  auto engine = plugin_host::EngineSession::create(type->module, *type->info, std::move(params),
                                                   loop_, *this);
  if (!engine.has_value()) {
    engine_ended();
    set_state(State::Failed, Reason{"start_failed", engine.error().message()}, "");
    return;
  }
  engine_ = std::move(*engine);
  const std::uint32_t stored = record_.storage_version;
  const std::uint32_t current = type->info->storage_version;
  if (stored > current) {
    fail("storage_newer", "The session's data was written by a newer version of the engine");
    return;
  }
  if (stored != 0 && stored < current && engine_->can_migrate()) {
    engine_->migrate(stored, env_.config.lifecycle.start_timeout,
                     [self = shared_from_this(), engine = engine_.get()](const Answer& answer) {
                       if (self->engine_.get() != engine || self->ending_) {
                         return;
                       }
                       if (answer.status.is_ok()) {
                         self->run_engine();
                       } else {
                         self->fail("migration_failed", answer.status.message());
                       }
                     });
    return;
  }
  run_engine();
}

void Session::run_engine() {
  const std::uint32_t current = engine_->info().storage_version;
  if (record_.storage_version != current) {
    record_.storage_version = current;
    save([](const Status&) {});  // written again at the next start if this one is lost
  }
  engine_->start(env_.config.lifecycle.start_timeout,
                 [self = shared_from_this(), engine = engine_.get()](const Answer& answer) {
                   if (answer.status.is_ok() || self->engine_.get() != engine || self->ending_) {
                     return;
                   }
                   self->fail(
                       answer.status.code() == Code::Timeout ? "start_timeout" : "start_failed",
                       answer.status.message());
                 });
}

void Session::end_engine(Farewell farewell, Task then) {
  if (!engine_) {
    then();
    return;
  }
  end_waiters_.push_back(std::move(then));
  if (std::exchange(ending_, true)) {
    return;
  }
  loop_.cancel_timer(std::exchange(start_deadline_, 0));
  const Millis deadline = env_.config.lifecycle.stop_timeout;
  auto close = [self = shared_from_this()](const Answer&) {
    self->engine_->close([self] { self->engine_ended(); });
  };
  if (farewell == Farewell::Logout) {
    engine_->logout(deadline, std::move(close));
  } else {
    engine_->stop(deadline, std::move(close));
  }
}

void Session::engine_ended() {
  engine_.reset();
  ending_ = false;
  for (const auto& [purpose, lease] : std::exchange(leases_, {})) {
    env_.proxies.release(record_.proxy, lease.id);
  }
  if (std::exchange(counted_, false)) {
    env_.engine_ends(record_.engine);
  }
  for (const Task& then : std::exchange(end_waiters_, {})) {
    then();
  }
}

void Session::call(Need need, plugin_host::Request request, plugin_host::AnswerFn answer) {
  const bool stalled = loop_.busy_for() > Millis(env_.config.http.limits.loop_lag_ms);
  loop_.post([self = shared_from_this(), need, stalled, request = std::move(request),
              answer = std::move(answer)]() mutable {
    if (stalled) {
      Status busy(Code::Unavailable, "The server is busy");
      busy.retry_after(1000);
      answer({std::move(busy), "", {}});
      return;
    }
    Session& session = *self;
    if (need == Need::Working && session.engine_) {
      const auto* op = session.engine_->info().find_op(request.op);
      if (op != nullptr && (op->flags & WAX_OP_ANY_STATE) != 0) {
        need = Need::Running;
      }
    }
    session.when(need, [self, need, request = std::move(request),
                        answer = std::move(answer)](Status status) mutable {
      if (!status.is_ok()) {
        answer({std::move(status), "", {}});
        return;
      }
      const config::Limits& limits = self->env_.config.limits;
      if (self->calls_ < limits.session_requests_in_flight) {
        self->run_call(need, std::move(request), std::move(answer));
      } else if (self->waiting_calls_.size() < limits.session_requests_waiting) {
        self->waiting_calls_.emplace_back([session = self.get(), need, request = std::move(request),
                                           answer = std::move(answer)]() mutable {
          session->run_call(need, std::move(request), std::move(answer));
        });
      } else {
        Status busy(Code::RateLimited, "Too many requests of this session are under way");
        busy.retry_after(1000);
        answer({std::move(busy), "", {}});
      }
    });
  });
}

void Session::run_call(Need need, plugin_host::Request request, plugin_host::AnswerFn answer) {
  if (!engine_ || ending_) {
    // It may have waited for its turn while the session stopped.
    const auto now = judge(need);
    answer({now.has_value() && !now->is_ok()
                ? *now
                : Status(Code::State, "The session has no running engine. Restart the session"),
            "",
            {}});
    admit_next();
    return;
  }
  const plugin_host::OpInfo* op = engine_->info().find_op(request.op);
  if (op == nullptr) {
    answer({Status(Code::Unsupported,
                   "The " + record_.engine + " engine has no operation " + request.op),
            "",
            {}});
    admit_next();
    return;
  }
  const config::Limits& limits = env_.config.limits;
  const Millis deadline =
      (op->flags & WAX_OP_SLOW) != 0 ? limits.slow_operation_timeout : limits.operation_timeout;
  ++calls_;
  engine_->invoke(request, deadline,
                  [self = shared_from_this(), answer = std::move(answer)](Answer result) {
                    --self->calls_;
                    answer(std::move(result));
                    self->admit_next();
                  });
}

void Session::admit_next() {
  if (!waiting_calls_.empty() && calls_ < env_.config.limits.session_requests_in_flight) {
    const Task next = std::move(waiting_calls_.front());
    waiting_calls_.pop_front();
    next();
  }
}

}  // namespace waxwing::session
