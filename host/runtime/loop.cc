// SPDX-License-Identifier: Apache-2.0
// The event loop on top of epoll.
#include "runtime/loop.hpp"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <mutex>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <thread>
#include <utility>
#include <vector>

#include "base/check.hpp"

namespace waxwing::runtime {
namespace {

thread_local const Loop* t_current_loop = nullptr;

// Tasks that tasks post run before the system is asked for news again, but descriptors and timers
// get their turn.
constexpr std::size_t kMostTasksPerTurn = 256;
constexpr std::size_t kMostEventsPerTurn = 64;
constexpr std::size_t kMostSpareTasks = 1024;  // room that is kept for the next ones
constexpr std::uint64_t kWakeId = 0;           // no watch has it

std::uint32_t to_epoll(std::uint32_t interest) {
  return ((interest & Loop::kRead) != 0 ? std::uint32_t{EPOLLIN} : 0U) |
         ((interest & Loop::kWrite) != 0 ? std::uint32_t{EPOLLOUT} : 0U);
}

// An error or the end is told to whoever waits for anything: trying gives the reason.
std::uint32_t to_readiness(std::uint32_t events) {
  constexpr std::uint32_t kOver = EPOLLERR | EPOLLHUP;
  return ((events & (EPOLLIN | kOver)) != 0 ? std::uint32_t{Loop::kRead} : 0U) |
         ((events & (EPOLLOUT | kOver)) != 0 ? std::uint32_t{Loop::kWrite} : 0U);
}

}  // namespace

struct Loop::Impl {
  struct Watch {
    int fd = -1;
    std::uint32_t interest = 0;
    // What the system was asked for. It may be more than the interest, until it tells of that.
    std::uint32_t asked = 0;
    bool known = true;  // to the system
    std::function<void(std::uint32_t)> ready;
  };

  Impl() : epoll(::epoll_create1(EPOLL_CLOEXEC)), wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    WAX_CHECK(epoll >= 0 && wake >= 0);
    // Each write is told once, so that it need not be read.
    WAX_CHECK(control(EPOLL_CTL_ADD, wake, EPOLLIN | EPOLLET, kWakeId));
  }
  ~Impl() {
    ::close(wake);
    ::close(epoll);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  [[nodiscard]] bool control(int operation, int fd, std::uint32_t events, std::uint64_t id) const {
    epoll_event event{};
    event.events = events;
    event.data.u64 = id;
    return ::epoll_ctl(epoll, operation, fd, &event) == 0;
  }

  // Asks the system for exactly what the watch is interested in. It tells of errors and of the end
  // even those who wait for nothing, unless it forgets them.
  void ask(WatchId id, Watch& watch) const {
    if (watch.interest == 0) {
      watch.known = watch.known && !control(EPOLL_CTL_DEL, watch.fd, 0, id);
    } else {
      watch.known = control(watch.known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, watch.fd,
                            to_epoll(watch.interest), id);
    }
    watch.asked = watch.interest;
  }

  const int epoll;
  const int wake;
  std::thread thread;
  bool stopping = false;                                        // [loop]
  std::unordered_map<WatchId, std::shared_ptr<Watch>> watches;  // [loop]
  std::vector<Task> spare;                                      // empty, has room [loop]

  std::mutex mutex;  // guards the two below
  std::vector<Task> posted;
  bool asleep = false;  // or about to be: who posts wakes it
};

Loop::Loop(std::string name, const Clock& clock)
    : name_(std::move(name)), clock_(clock), impl_(std::make_unique<Impl>()) {}

Loop::~Loop() {
  stop();
  // What is destroyed may post once more.
  while (!take_posted().empty()) {
  }
}

void Loop::start() {
  impl_->thread = std::thread([this] {
    ::pthread_setname_np(::pthread_self(), name_.substr(0, 15).c_str());
    t_current_loop = this;
    work();
    t_current_loop = nullptr;
  });
}

void Loop::stop() {
  if (impl_->thread.joinable()) {
    WAX_CHECK(!on_loop());
    post([this] {
      impl_->watches.clear();
      impl_->stopping = true;
    });
    impl_->thread.join();
  }
  timer_ids_.clear();
  timers_.clear();
}

void Loop::work() {
  while (true) {
    run_posted();
    int timeout = impl_->stopping ? 0 : until_next_timer();
    {
      const std::lock_guard lock(impl_->mutex);
      if (!impl_->posted.empty()) {
        timeout = 0;
      } else if (impl_->stopping) {
        return;
      }
      impl_->asleep = timeout != 0;
    }
    poll(timeout);
    if (!impl_->stopping) {
      fire_due_timers();
    }
  }
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
  bool wake = false;
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->posted.push_back(std::move(task));
    wake = std::exchange(impl_->asleep, false);
  }
  if (wake) {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(impl_->wake, &one, sizeof one);
  }
}

std::vector<Task> Loop::take_posted() {
  std::vector<Task> tasks = std::exchange(impl_->spare, {});
  const std::lock_guard lock(impl_->mutex);
  tasks.swap(impl_->posted);
  return tasks;
}

std::size_t Loop::run_posted() {
  std::size_t ran = 0;
  while (ran < kMostTasksPerTurn) {
    std::vector<Task> tasks = take_posted();
    for (Task& next : tasks) {
      const Task task = std::move(next);  // what it holds goes when it has run
      run(task);
    }
    ran += tasks.size();
    const bool more = !tasks.empty();
    tasks.clear();
    if (tasks.capacity() <= kMostSpareTasks) {
      impl_->spare = std::move(tasks);
    }
    if (!more) {
      break;
    }
  }
  return ran;
}

std::size_t Loop::poll(int timeout_ms) {
  std::array<epoll_event, kMostEventsPerTurn> events;
  const int count =
      ::epoll_wait(impl_->epoll, events.data(), static_cast<int>(events.size()), timeout_ms);
  if (timeout_ms != 0) {
    const std::lock_guard lock(impl_->mutex);
    impl_->asleep = false;
  }
  std::size_t told = 0;
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events.at(static_cast<std::size_t>(i));
    const auto it = impl_->watches.find(event.data.u64);
    if (it == impl_->watches.end()) {
      continue;  // a wake-up, or it was unwatched by one before
    }
    const auto watch = it->second;  // the callback may unwatch itself
    const std::uint32_t ready = to_readiness(event.events) & watch->interest;
    if (ready != 0) {
      run([&] { watch->ready(ready); });
      ++told;
    } else {
      impl_->ask(it->first, *watch);
    }
  }
  return told;
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
  timer_ids_[id] = timers_.emplace(deadline, Timer{id, std::move(task)});
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

// As epoll_wait() takes it.
int Loop::until_next_timer() const {
  if (timers_.empty()) {
    return -1;
  }
  const std::int64_t left = (timers_.begin()->first - clock_.monotonic()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, std::numeric_limits<int>::max()));
}

std::size_t Loop::fire_due_timers() {
  if (timers_.empty()) {
    return 0;
  }
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
  return fired;
}

Loop::WatchId Loop::watch(int fd, std::uint32_t interest,
                          std::function<void(std::uint32_t)> ready) {
  const WatchId id = ++last_id_;
  if (!impl_->control(EPOLL_CTL_ADD, fd, to_epoll(interest), id)) {
    return 0;
  }
  auto watch = std::make_shared<Impl::Watch>();
  watch->fd = fd;
  watch->interest = interest;
  watch->asked = interest;
  watch->ready = std::move(ready);
  impl_->watches.emplace(id, std::move(watch));
  return id;
}

void Loop::update_watch(WatchId id, std::uint32_t interest) {
  const auto it = impl_->watches.find(id);
  if (it == impl_->watches.end()) {
    return;
  }
  Impl::Watch& watch = *it->second;
  watch.interest = interest;
  // Who no longer wants to read is asked again only if there is something: most often there is not
  // before they want to read once more. A socket can nearly always be written to.
  const bool missing = (interest & ~watch.asked) != 0;
  const bool writable_in_vain = (watch.asked & ~interest & kWrite) != 0;
  if (missing || writable_in_vain) {
    impl_->ask(id, watch);
  }
}

void Loop::unwatch(WatchId id) {
  const auto it = impl_->watches.find(id);
  if (it != impl_->watches.end()) {
    // Now: the caller may close the descriptor, and its number may be another one's by then.
    if (it->second->known) {
      static_cast<void>(impl_->control(EPOLL_CTL_DEL, it->second->fd, 0, id));
    }
    const auto keep = std::move(it->second);  // destroyed after the map is whole
    impl_->watches.erase(it);
  }
}

std::size_t Loop::run_ready_for_test() {
  const Loop* const outer = std::exchange(t_current_loop, this);
  std::size_t total = 0;
  for (std::size_t ran = 1; ran != 0; total += ran) {
    ran = run_posted();
    ran += poll(0);
    ran += fire_due_timers();
  }
  t_current_loop = outer;
  return total;
}

}  // namespace waxwing::runtime
