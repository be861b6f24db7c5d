// SPDX-License-Identifier: Apache-2.0
// Timers and callbacks of an engine that never touch it once it is gone.
#pragma once

#include <algorithm>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "core.hpp"

namespace waxwing::plugin {
inline namespace v1 {
namespace detail {

struct Socket;  // net.hpp

// The part of an engine that its callbacks hold on to. The engine owns the only shared_ptr;
// callbacks hold weak ones and are dropped when the engine has been destroyed. [session-loop]
struct Life {
  struct Pending {
    std::uint64_t id;
    wax_timer* raw;
  };
  Life(const Host* h, wax_session* s) noexcept : host(h), session(s) {}

  bool has(std::uint64_t id) const noexcept {
    return std::any_of(timers.begin(), timers.end(), [&](const Pending& p) { return p.id == id; });
  }
  wax_timer* take(std::uint64_t id) noexcept {
    for (auto it = timers.begin(); it != timers.end(); ++it) {
      if (it->id == id) {
        wax_timer* raw = it->raw;
        timers.erase(it);
        return raw;
      }
    }
    return nullptr;
  }

  void forget_closed_sockets() {
    sockets.erase(std::remove_if(sockets.begin(), sockets.end(),
                                 [](const std::weak_ptr<Socket>& s) { return s.expired(); }),
                  sockets.end());
  }

  const Host* host;
  wax_session* session;
  std::uint64_t next_timer_id = 1;
  std::vector<Pending> timers;
  std::vector<std::weak_ptr<Socket>> sockets;
};

// Keeps a timer in Life's list for as long as its function exists, whatever ends it.
class Registration {
 public:
  Registration(std::weak_ptr<Life> life, std::uint64_t id) : life_(std::move(life)), id_(id) {}
  Registration(Registration&&) noexcept = default;
  Registration& operator=(Registration&&) = delete;
  ~Registration() { end(); }
  void end() noexcept {
    if (const auto life = std::exchange(life_, {}).lock()) {
      (void)life->take(id_);
    }
  }

 private:
  std::weak_ptr<Life> life_;
  std::uint64_t id_;
};

// What is passed as `user`: freed by the one callback that the host owes for it. When the session
// is over (WAX_E_CANCELLED) or the engine has gone, `fn` is dropped without being run.
template <class Fn>
struct Boxed {
  const Host* host;
  wax_session* session;
  std::weak_ptr<Life> life;
  Fn fn;

  template <class... Args>
  static void end(void* user, wax_status status, Args&&... args) noexcept {
    std::unique_ptr<Boxed> self(static_cast<Boxed*>(user));
    if (status == WAX_E_CANCELLED) {
      return;
    }
    if (const std::shared_ptr<Life> alive = self->life.lock()) {
      guard_log(*self->host, self->session, [&] { self->fn(std::forward<Args>(args)...); });
    }
  }

  // A wax_task_fn: anything but WAX_OK means that its time will never come.
  static void task(void* user, wax_status status) noexcept {
    end(user, status == WAX_OK ? WAX_OK : WAX_E_CANCELLED);
  }
};

template <class Fn>
std::unique_ptr<Boxed<std::decay_t<Fn>>> boxed(const std::shared_ptr<Life>& life, Fn&& fn) {
  return std::unique_ptr<Boxed<std::decay_t<Fn>>>(
      new Boxed<std::decay_t<Fn>>{life->host, life->session, life, std::forward<Fn>(fn)});
}

}  // namespace detail

// Names a timer that was started. A value: copying it or letting it go changes nothing.
// [session-loop]
class Timer {
 public:
  Timer() = default;
  Timer(std::weak_ptr<detail::Life> life, std::uint64_t id) : life_(std::move(life)), id_(id) {}

  bool active() const noexcept {
    const auto life = life_.lock();
    return life != nullptr && life->has(id_);
  }
  // Its function will not run. No effect when it has run already.
  void cancel() noexcept {
    if (const auto life = life_.lock()) {
      if (wax_timer* raw = life->take(id_)) {
        life->host->executor.timer_cancel(life->host->raw(), raw);
      }
    }
  }

 private:
  std::weak_ptr<detail::Life> life_;
  std::uint64_t id_ = 0;
};

// A timer that is cancelled when its owner goes or starts another one in its place.
class ScopedTimer {
 public:
  ScopedTimer() = default;
  ScopedTimer(Timer timer) noexcept : timer_(std::move(timer)) {}
  ScopedTimer(ScopedTimer&& o) noexcept : timer_(std::exchange(o.timer_, {})) {}
  ScopedTimer& operator=(ScopedTimer&& o) noexcept {
    if (this != &o) {
      timer_.cancel();
      timer_ = std::exchange(o.timer_, {});
    }
    return *this;
  }
  ~ScopedTimer() { timer_.cancel(); }

  bool active() const noexcept { return timer_.active(); }
  void cancel() noexcept { timer_.cancel(); }

 private:
  Timer timer_;
};

// Runs functions on a session's loop; for threads of the plugin's own. Copyable, [any-thread];
// may outlive the engine, then nothing is run.
class Poster {
 public:
  Poster(const Host& host, wax_session* session, std::weak_ptr<detail::Life> life)
      : host_(&host), session_(session), life_(std::move(life)) {}

  template <class Fn>
  void operator()(Fn&& fn) const {
    using Box = detail::Boxed<std::decay_t<Fn>>;
    auto box = std::unique_ptr<Box>(new Box{host_, session_, life_, std::forward<Fn>(fn)});
    host_->executor.post(host_->raw(), session_, &Box::task, box.release());
  }

 private:
  const Host* host_;
  wax_session* session_;
  std::weak_ptr<detail::Life> life_;
};

}  // namespace v1
}  // namespace waxwing::plugin
