// SPDX-License-Identifier: Apache-2.0
// Tasks, timers and watches of one engine, on its session's loop.
#include "plugin/engine_executor.hpp"

#include <memory>
#include <utility>

#include "plugin/engine_session.hpp"
#include "plugin/services.hpp"
#include "runtime/blocking_pool.hpp"

namespace waxwing::plugin_host {

void EngineExecutor::post(wax_task_fn fn, void* user) {
  session_.enqueue([session = &session_, fn, user] {
    session->enter([&] { fn(user, session->closing_ ? WAX_E_CANCELLED : WAX_OK); });
  });
}

Status EngineExecutor::offload(wax_work_fn work, wax_task_fn then, void* user) {
  offloaded_.fetch_add(1);
  const Status status = session_.module_->services().pool.submit(
      [this, session = session_.shared_from_this(), work, then, user] {
        work(user);
        session->enqueue([this, then, user] {
          offloaded_.fetch_sub(1);
          session_.enter([&] { then(user, session_.closing_ ? WAX_E_CANCELLED : WAX_OK); });
        });
      });
  if (!status.is_ok()) {
    offloaded_.fetch_sub(1);
  }
  return status;
}

std::uint64_t EngineExecutor::start_timer(Millis delay, Millis slack, wax_task_fn fn, void* user) {
  const std::uint64_t id = next_id();
  Pending pending{[fn, user] { fn(user, WAX_E_CANCELLED); }};
  if (session_.closing_) {
    give_up(std::move(pending));
    return id;
  }
  pending.timer = session_.loop_.start_timer(
      delay,
      [this, weak = session_.weak_from_this(), id, fn, user] {
        const auto session = weak.lock();
        if (session && take(id)) {
          session->enter([&] { fn(user, WAX_OK); });
        }
      },
      slack);
  pending_.emplace(id, std::move(pending));
  return id;
}

std::uint64_t EngineExecutor::watch(int fd, std::uint32_t interest, wax_fd_fn fn, void* user) {
  const std::uint64_t id = next_id();
  Pending pending{[fn, user, fd] { fn(user, fd, 0); }};
  if (session_.closing_) {
    give_up(std::move(pending));
    return id;
  }
  static_assert(std::uint32_t{WAX_FD_READ} == std::uint32_t{runtime::Loop::kRead} &&
                std::uint32_t{WAX_FD_WRITE} == std::uint32_t{runtime::Loop::kWrite} &&
                std::uint32_t{WAX_FD_ERROR} == std::uint32_t{runtime::Loop::kError});
  pending.watch = session_.loop_.watch(
      fd, interest,
      [this, weak = session_.weak_from_this(), id, fd, fn, user](std::uint32_t ready) {
        const auto session = weak.lock();
        if (session && pending_.contains(id)) {
          session->enter([&] { fn(user, fd, ready); });
        }
      });
  if (pending.watch == 0) {
    return 0;
  }
  pending_.emplace(id, std::move(pending));
  return id;
}

void EngineExecutor::update_watch(std::uint64_t id, std::uint32_t interest) {
  const auto it = pending_.find(id);
  if (it != pending_.end()) {
    session_.loop_.update_watch(it->second.watch, interest);
  }
}

void EngineExecutor::cancel(std::uint64_t id) {
  if (auto pending = take(id)) {
    give_up(std::move(*pending));
  }
}

void EngineExecutor::end() {
  auto ended = std::exchange(pending_, {});
  for (auto& [id, pending] : ended) {
    give_up(std::move(pending));
  }
}

std::optional<EngineExecutor::Pending> EngineExecutor::take(std::uint64_t id) {
  auto node = pending_.extract(id);
  return node.empty() ? std::nullopt : std::optional(std::move(node.mapped()));
}

void EngineExecutor::give_up(Pending pending) {
  session_.loop_.cancel_timer(pending.timer);
  session_.loop_.unwatch(pending.watch);
  session_.enqueue(std::move(pending.give_up));
}

}  // namespace waxwing::plugin_host
