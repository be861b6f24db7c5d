// SPDX-License-Identifier: Apache-2.0
// The event loop on top of Boost.Asio.
#include "runtime/loop.hpp"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>

#include "base/check.hpp"
#include "runtime/asio.hpp"

namespace waxwing::runtime {

namespace asio = boost::asio;

namespace {

thread_local const Loop* t_current_loop = nullptr;

}  // namespace

struct Loop::Impl {
  // A watched descriptor. Asio completes a wait once, so each direction re-arms itself.
  struct Watch : std::enable_shared_from_this<Watch> {
    explicit Watch(asio::io_context& io) : descriptor(io) {}
    ~Watch() {
      if (descriptor.is_open()) {
        descriptor.release();  // it is not ours to close
      }
    }

    void arm() {
      using Wait = asio::posix::stream_descriptor;
      wait(kRead, Wait::wait_read);
      wait(kWrite, Wait::wait_write);
    }
    void wait(std::uint32_t bit, asio::posix::stream_descriptor::wait_type type) {
      if ((interest & bit) == 0 || (waiting & bit) != 0) {
        return;
      }
      waiting |= bit;
      descriptor.async_wait(type, [self = shared_from_this(), bit](boost::system::error_code ec) {
        self->waiting &= ~bit;
        if (self->closed || ec == asio::error::operation_aborted) {
          if (!self->closed) {
            self->arm();
          }
          return;
        }
        if ((self->interest & bit) != 0) {
          const auto keep = self->ready;  // the callback may unwatch itself
          keep(ec ? bit | kError : bit);
        }
        if (!self->closed && !ec) {
          self->arm();
        }
      });
    }

    asio::posix::stream_descriptor descriptor;
    std::function<void(std::uint32_t)> ready;
    std::uint32_t interest = 0;
    std::uint32_t waiting = 0;
    bool closed = false;
  };

  asio::io_context io{1};
  asio::steady_timer timer{io};
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work;
  std::thread thread;
  std::unordered_map<WatchId, std::shared_ptr<Watch>> watches;
};

Loop::Loop(std::string name, const Clock& clock)
    : name_(std::move(name)), clock_(clock), impl_(std::make_unique<Impl>()) {}

Loop::~Loop() {
  stop();
}

void Loop::start() {
  impl_->work.emplace(impl_->io.get_executor());
  impl_->thread = std::thread([this] {
    ::pthread_setname_np(::pthread_self(), name_.substr(0, 15).c_str());
    t_current_loop = this;
    impl_->io.run();
    t_current_loop = nullptr;
  });
}

void Loop::stop() {
  if (impl_->thread.joinable()) {
    WAX_CHECK(!on_loop());
    post([this] {
      impl_->timer.cancel();
      for (auto& [id, watch] : impl_->watches) {
        watch->closed = true;
        watch->descriptor.cancel();
      }
      impl_->watches.clear();
      impl_->work.reset();
    });
    impl_->thread.join();
  }
  timer_ids_.clear();
  timers_.clear();
}

// Runs a piece of work under the eyes of the watchdog.
template <class F>
void Loop::run(F&& task) {
  busy_since_ms_.store(std::max<std::int64_t>(1, clock_.monotonic().count()),
                       std::memory_order_relaxed);
  task();
  busy_since_ms_.store(0, std::memory_order_relaxed);
}

void Loop::post(Task task) {
  asio::post(impl_->io, [this, task = std::move(task)]() mutable { run(task); });
}

bool Loop::on_loop() const noexcept {
  return t_current_loop == this;
}

Millis Loop::busy_for() const noexcept {
  const std::int64_t since = busy_since_ms_.load(std::memory_order_relaxed);
  return since == 0 ? Millis(0) : clock_.monotonic() - Millis(since);
}

Loop::TimerId Loop::start_timer(Millis delay, Task task, Millis slack) {
  Millis deadline = clock_.monotonic() + std::max(delay, Millis(0));
  // Wide slack: round up to a common tick, so that thousands of keep-alives share a wake-up.
  constexpr Millis kTick(250);
  if (slack >= kTick) {
    deadline = (deadline + kTick - Millis(1)) / kTick * kTick;
  }
  const TimerId id = ++last_id_;
  const bool first = timers_.empty() || deadline < timers_.begin()->first;
  timer_ids_[id] = timers_.emplace(deadline, Timer{id, std::move(task)});
  if (first) {
    arm();
  }
  return id;
}

void Loop::cancel_timer(TimerId id) {
  const auto it = timer_ids_.find(id);
  if (it != timer_ids_.end()) {
    const Task keep = std::move(it->second->second.task);  // destroyed after the maps are whole
    timers_.erase(it->second);
    timer_ids_.erase(it);
  }
}

void Loop::arm() {
  if (timers_.empty() || armed_for_ == timers_.begin()->first) {
    return;
  }
  armed_for_ = timers_.begin()->first;
  impl_->timer.expires_after(std::max(*armed_for_ - clock_.monotonic(), Millis(0)));
  impl_->timer.async_wait([this](boost::system::error_code ec) {
    if (!ec) {
      armed_for_.reset();
      fire_due_timers();
    }
  });
}

std::size_t Loop::fire_due_timers() {
  const Millis now = clock_.monotonic();
  // Timers that these start wait for the next turn, so that other tasks get theirs.
  const TimerId last = last_id_;
  std::size_t fired = 0;
  while (!timers_.empty() && timers_.begin()->first <= now && timers_.begin()->second.id <= last) {
    Timer timer = std::move(timers_.begin()->second);
    timer_ids_.erase(timer.id);
    timers_.erase(timers_.begin());
    run(timer.task);
    ++fired;
  }
  arm();
  return fired;
}

Loop::WatchId Loop::watch(int fd, std::uint32_t interest,
                          std::function<void(std::uint32_t)> ready) {
  const WatchId id = ++last_id_;
  auto watch = std::make_shared<Impl::Watch>(impl_->io);
  boost::system::error_code refused;
  watch->descriptor.assign(fd, refused);
  if (refused) {
    return 0;
  }
  watch->ready = [this, ready = std::move(ready)](std::uint32_t bits) {
    run([&] { ready(bits); });
  };
  watch->interest = interest;
  watch->arm();
  impl_->watches.emplace(id, std::move(watch));
  return id;
}

void Loop::update_watch(WatchId id, std::uint32_t interest) {
  const auto it = impl_->watches.find(id);
  if (it != impl_->watches.end()) {
    it->second->interest = interest;
    it->second->arm();
  }
}

void Loop::unwatch(WatchId id) {
  const auto it = impl_->watches.find(id);
  if (it != impl_->watches.end()) {
    it->second->closed = true;
    // Now, and not when the last completion has run: the caller may close the descriptor, and its
    // number may be another one's by then.
    it->second->descriptor.release();
    impl_->watches.erase(it);
  }
}

std::size_t Loop::run_ready_for_test() {
  const Loop* const outer = std::exchange(t_current_loop, this);
  std::size_t total = 0;
  for (std::size_t ran = 1; ran != 0; total += ran) {
    impl_->io.restart();
    ran = impl_->io.poll() + fire_due_timers();
  }
  t_current_loop = outer;
  return total;
}

asio::io_context& Loop::io() noexcept {
  return impl_->io;
}

}  // namespace waxwing::runtime
