// SPDX-License-Identifier: Apache-2.0
// FakeHost and FakeSession: calls, clock, queue and the end. Included by testing.hpp.
#pragma once

#include "../testing.hpp"

namespace waxwing::plugin {
inline namespace v1 {
namespace testing {

namespace detail_testing {

// A borrowed text that is overwritten when the call it was made for has returned.
class Borrowed {
 public:
  explicit Borrowed(std::string text) : text_(std::move(text)) {}
  ~Borrowed() { std::fill(text_.begin(), text_.end(), '\xDD'); }
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;
  wax_str str() const { return plugin::str(text_); }

 private:
  std::string text_;
};

}  // namespace detail_testing

inline FakeHost::FakeHost(const wax_module* module, Options options)
    : module_(module), options_(std::move(options)) {
  make_tables();
  wax_error err{};
  err.struct_size = sizeof err;
  if (module->init(&host_, &ctx_, &err) != WAX_OK) {
    finished_ = true;
    throw Error(err.code, err.message);
  }
  initialising_ = false;
  factory_ = detail::normalised<wax_engine_factory>(module->get_factory(ctx_, WAX_ENGINE_FACTORY));
  if (factory_.describe != nullptr) {
    desc_ = detail::normalised<wax_engine_desc>(factory_.describe(ctx_, 0));
  }
}

inline FakeSession& FakeHost::create(const std::string& name, const std::string& config_json,
                                     const std::string& session_config_json,
                                     std::uint32_t stored_version) {
  sessions_.emplace_back(new FakeSession(*this, name, sessions_.size() + 1));
  FakeSession& session = *sessions_.back();
  const detail_testing::Borrowed borrowed_name(name);
  const detail_testing::Borrowed config(config_json);
  const detail_testing::Borrowed session_config(session_config_json);
  wax_session_params params{};
  params.struct_size = sizeof params;
  params.session = session.token();
  params.name = borrowed_name.str();
  params.config_json = config.str();
  params.session_config_json = session_config.str();
  params.stored_version = stored_version;
  const wax_engine_vtable* table = nullptr;
  wax_error err{};
  err.struct_size = sizeof err;
  const wax_status status =
      factory_.create(ctx_, desc_.id, &params, &table, &session.engine_, &err);
  if (status != WAX_OK) {
    session.engine_ = nullptr;
    throw Error(status, err.message);
  }
  session.table_ = detail::normalised<wax_engine_vtable>(table);
  return session;
}

inline const std::vector<std::string>& FakeHost::finish() {
  if (!finished_) {
    finished_ = true;
    for (const auto& session : sessions_) {
      end(*session);
    }
    module_->shutdown(ctx_);
    for (const auto& [id, blob] : blobs_) {
      problem("a blob of " + std::to_string(blob.content.size()) + " octets was never released");
    }
    if (!queue_.empty() || !timers_.empty()) {
      problem("a callback was asked for after the session had ended");
    }
  }
  return problems_;
}

inline void FakeHost::run() {
  constexpr int kMostItems = 1'000'000;  // an engine that posts to itself for ever is a mistake
  for (int i = 0;; ++i) {
    Item item;
    {
      const std::lock_guard<std::mutex> lock(queue_mutex_);
      if (queue_.empty()) {
        return;
      }
      if (i == kMostItems) {
        problem("the queue never empties");
        return;
      }
      item = std::move(queue_.front());
      queue_.pop_front();
    }
    item.run(WAX_OK);
  }
}

inline void FakeHost::advance(std::int64_t ms) {
  const std::int64_t until = now_ms_ + ms;
  run();
  while (true) {
    const auto next =
        std::min_element(timers_.begin(), timers_.end(), [](const auto& a, const auto& b) {
          return std::pair(a.due_ms, a.id) < std::pair(b.due_ms, b.id);
        });
    if (next == timers_.end() || next->due_ms > until) {
      break;
    }
    const PendingTimer timer = *next;
    timers_.erase(next);
    now_ms_ = timer.due_ms;
    timer.fn(timer.user, WAX_OK);
    run();
  }
  now_ms_ = until;
}

inline void FakeHost::post(FakeSession* session, std::function<void(wax_status)> fn) {
  const std::lock_guard<std::mutex> lock(queue_mutex_);
  queue_.push_back({session, std::move(fn)});
}

inline wax_call* FakeHost::open_call(FakeSession& session, Answer& answer, bool is_stop) {
  const std::uint64_t id = ++last_id_;
  calls_[id] = {&session, &answer, is_stop};
  return reinterpret_cast<wax_call*>(id);
}

template <class Fn>
Answer& FakeHost::call(FakeSession& session, const std::string& what, Fn&& enter) {
  answers_.emplace_back();
  Answer& answer = answers_.back();
  answer.what = what;
  if (session.engine_ == nullptr) {
    throw Error(WAX_E_STATE, "the session has been destroyed");
  }
  enter(open_call(session, answer, what == "stop" || what == "logout"));
  if (run_after_calls) {
    run();
  }
  return answer;
}

inline void FakeHost::end(FakeSession& session) {
  if (session.engine_ == nullptr) {
    return;
  }
  // The order of a server: unanswered calls are answered for the plugin, what it waits for is
  // cancelled from the queue, then the engine goes.
  for (auto it = calls_.begin(); it != calls_.end();) {
    if (it->second.session == &session) {
      it->second.answer->done = true;
      it->second.answer->status = WAX_E_UNAVAILABLE;
      it->second.answer->message = "the session is stopping";
      it = calls_.erase(it);
    } else {
      ++it;
    }
  }
  const auto take_timer = [&] {
    const auto it = std::find_if(timers_.begin(), timers_.end(),
                                 [&](const PendingTimer& t) { return t.session == &session; });
    if (it == timers_.end()) {
      return false;
    }
    const PendingTimer timer = *it;
    timers_.erase(it);
    timer.fn(timer.user, WAX_E_CANCELLED);
    return true;
  };
  const auto take_item = [&] {
    Item item;
    {
      const std::lock_guard<std::mutex> lock(queue_mutex_);
      const auto it = std::find_if(queue_.begin(), queue_.end(),
                                   [&](const Item& i) { return i.session == &session; });
      if (it == queue_.end()) {
        return false;
      }
      item = std::move(*it);
      queue_.erase(it);
    }
    item.run(WAX_E_CANCELLED);
    return true;
  };
  end_sockets(session);
  while (take_timer() || take_item()) {
  }
  session.table_.destroy(std::exchange(session.engine_, nullptr));
}

inline Answer& FakeSession::start() {
  quiet_ = false;
  state_ = WAX_SESSION_STARTING;
  return host_.call(*this, "start", [this](wax_call* call) { table_.start(engine_, call); });
}
inline Answer& FakeSession::stop() {
  return host_.call(*this, "stop", [this](wax_call* call) { table_.stop(engine_, call); });
}
inline Answer& FakeSession::logout() {
  Answer& answer = host_.call(*this, "logout", [this](wax_call* call) {
    (table_.logout != nullptr ? table_.logout : table_.stop)(engine_, call);
  });
  if (answer.done) {
    host_.store.erase_tenant(name_);
  }
  return answer;
}
inline Answer& FakeSession::migrate(std::uint32_t from) {
  return host_.call(*this, "migrate",
                    [this, from](wax_call* call) { table_.migrate(engine_, from, call); });
}
inline Answer& FakeSession::invoke(const std::string& op, const std::string& json,
                                   const std::vector<PartRecord>& parts) {
  return host_.call(*this, op, [&](wax_call* call) {
    const detail_testing::Borrowed borrowed_op(op);
    const detail_testing::Borrowed borrowed_json(json);
    const detail_testing::Borrowed id("req_1");
    std::vector<wax_part> raw_parts;
    for (const PartRecord& p : parts) {
      raw_parts.push_back({sizeof(wax_part), 0, str(p.name), str(p.mimetype), str(p.filename),
                           host_.add_blob(p.content)});
    }
    wax_request request{};
    request.struct_size = sizeof request;
    request.op = borrowed_op.str();
    request.json = borrowed_json.str();
    request.request_id = id.str();
    request.parts = raw_parts.data();
    request.parts_count = static_cast<std::uint32_t>(raw_parts.size());
    request.deadline_ms = 30'000;
    table_.invoke(engine_, &request, call);
    for (const wax_part& p : raw_parts) {
      host_.blob_table_.release(&host_.host_, p.blob);
    }
  });
}
inline wax_status FakeSession::reconfigure(const std::string& config_json) {
  if (table_.reconfigure == nullptr) {
    return WAX_E_STATE;
  }
  const detail_testing::Borrowed config(config_json);
  wax_error err{};
  err.struct_size = sizeof err;
  const wax_status status = table_.reconfigure(engine_, config.str(), &err);
  host_.run();
  return status;
}
inline void FakeSession::destroy() {
  host_.end(*this);
}
inline void FakeSession::make_room(std::size_t count) {
  event_room += count;
  if (std::exchange(refused_, false) && table_.resume != nullptr) {
    table_.resume(engine_);
    host_.run();
  }
}

}  // namespace testing
}  // namespace v1
}  // namespace waxwing::plugin
