// SPDX-License-Identifier: Apache-2.0
// The HTTP server: listens, serves a router's routes, stops gracefully.
#include "http/server.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <csignal>
#include <cstring>
#include <exception>
#include <mutex>
#include <sys/resource.h>
#include <sys/socket.h>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "http/pistache.hpp"
#include "http/service.hpp"
#include "http/transport.hpp"

namespace waxwing::http {

namespace {

// Two parts that Pistache's listener keeps to itself: without them nobody can pause the accept
// thread, or stop to accept while running requests end. An explicit instantiation may name private
// members.
int& socket_of(Pistache::Tcp::Listener& listener);
Pistache::Polling::Epoll& poller_of(Pistache::Tcp::Listener& listener);
template <auto kSocket, auto kPoller>
struct Reveal {
  friend int& socket_of(Pistache::Tcp::Listener& listener) { return listener.*kSocket; }
  friend Pistache::Polling::Epoll& poller_of(Pistache::Tcp::Listener& listener) {
    return listener.*kPoller;
  }
};
template struct Reveal<&Pistache::Tcp::Listener::listen_fd, &Pistache::Tcp::Listener::poller>;

// How long the accept thread rests after an error. The queue of the kernel keeps who comes
// meanwhile.
constexpr std::chrono::milliseconds kAcceptPause{50};
constexpr std::chrono::seconds kAcceptLogPeriod{10};
// How long a worker may take to let go of its connections.
constexpr std::chrono::seconds kRestTimeout{3};

// Pistache's accept thread tells its logger of every failed accept and tries again at once, which
// would be a busy loop while the process has no descriptor left. So the logger makes it rest.
// log() [accept-thread], stop() [any-thread].
class AcceptWatch final : public Pistache::Log::StringLogger {
 public:
  explicit AcceptWatch(std::shared_ptr<Service> service)
      : service_(std::move(service)), aborted_(std::strerror(ECONNABORTED)) {}

  void log(Pistache::Log::Level, const std::string& message) override {
    if (message.ends_with(aborted_)) {
      return;  // the client changed its mind
    }
    std::unique_lock lock(mutex_);
    if (stopped_) {
      changed_.wait_for(lock, kAcceptPause);
      return;
    }
    service_->stats.accept_errors.fetch_add(1, std::memory_order_relaxed);
    const auto now = std::chrono::steady_clock::now();
    if (now - logged_ > kAcceptLogPeriod) {
      logged_ = now;
      log::warn("http.accept_failed", {{"what", message}});
    }
    changed_.wait_for(lock, kAcceptPause, [this] { return stopped_; });
  }
  bool isEnabledFor(Pistache::Log::Level level) const override {
    return level >= Pistache::Log::Level::WARN;
  }
  void stop() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
  }

 private:
  const std::shared_ptr<Service> service_;
  const std::string aborted_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopped_ = false;                            // guarded by mutex_
  std::chrono::steady_clock::time_point logged_{};  // guarded by mutex_
};

// While paused the accept thread does not see its socket. [any-thread]
class ListenerDoor final : public Door {
 public:
  void open(Pistache::Tcp::Listener& listener) {
    const std::lock_guard lock(mutex_);
    listener_ = &listener;
  }
  void pause() override {
    const std::lock_guard lock(mutex_);
    if (pauses_++ == 0 && listener_ != nullptr) {
      poller_of(*listener_).removeFd(socket_of(*listener_));
    }
  }
  void resume() override {
    const std::lock_guard lock(mutex_);
    if (--pauses_ == 0 && listener_ != nullptr) {
      const int socket = socket_of(*listener_);
      poller_of(*listener_)
          .addFd(socket, Pistache::Flags(Pistache::Polling::NotifyOn::Read),
                 Pistache::Polling::Tag(static_cast<std::uint64_t>(socket)));
    }
  }
  // For good: who comes from now on is refused by the kernel.
  void shut() {
    pause();
    const std::lock_guard lock(mutex_);
    ::shutdown(socket_of(*listener_), SHUT_RD);
    listener_ = nullptr;
  }

 private:
  std::mutex mutex_;
  Pistache::Tcp::Listener* listener_ = nullptr;  // guarded by mutex_
  int pauses_ = 0;                               // guarded by mutex_
};

// Leaves descriptors for files, stores and outgoing connections.
std::size_t affordable_connections(std::size_t wanted) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
    return wanted;
  }
  const auto descriptors = static_cast<std::size_t>(limit.rlim_cur);
  const std::size_t reserve = std::max<std::size_t>(64, descriptors / 8);
  const std::size_t room = descriptors > reserve + 16 ? descriptors - reserve : 16;
  return std::min(wanted, room);
}

Pistache::Address address_of(const std::string& host, std::uint16_t port) {
  const bool bare_v6 = host.find(':') != std::string::npos && host.front() != '[';
  return {bare_v6 ? "[" + host + "]" : host, Pistache::Port(port)};
}

}  // namespace

struct Server::Impl {
  ServerOptions options;
  std::shared_ptr<Service> service = std::make_shared<Service>();
  std::shared_ptr<AcceptWatch> watch;
  std::shared_ptr<ListenerDoor> door = std::make_shared<ListenerDoor>();
  std::unique_ptr<Pistache::Tcp::Listener> listener;
  std::atomic<std::uint16_t> port{0};

  bool wait_until(std::chrono::milliseconds timeout, const std::function<bool()>& reached) {
    std::unique_lock lock(service->mutex);
    return service->changed.wait_for(lock, timeout, reached);
  }
  void enter(Service::Phase phase) {
    service->phase.store(phase);
    for (const auto& mailbox : service->mailboxes) {
      mailbox->wake();
    }
  }
};

Server::Server(ServerOptions options, Router router) : impl_(std::make_unique<Impl>()) {
  impl_->options = std::move(options);
  impl_->service->limits = impl_->options.limits;
  impl_->service->router = std::move(router);
  impl_->service->door = impl_->door;
}

Server::~Server() {
  stop(std::chrono::milliseconds(0)).ignore();
}

Status Server::start() {
  const ServerOptions& options = impl_->options;
  const std::string where = options.host + ":" + std::to_string(options.port);
  Limits& limits = impl_->service->limits;
  limits.connections = affordable_connections(limits.connections);
  if (limits.connections < options.limits.connections) {
    log::warn("http.connections_lowered", {{"wanted", options.limits.connections},
                                           {"possible", limits.connections},
                                           {"why", "limit of open files"}});
  }
  std::signal(SIGPIPE, SIG_IGN);
  if (options.tls) {
    WAX_TRY(impl_->service->tls, TlsServer::load(*options.tls));
  }

  impl_->watch = std::make_shared<AcceptWatch>(impl_->service);
  impl_->listener = std::make_unique<Pistache::Tcp::Listener>();
  auto& listener = *impl_->listener;
  try {
    using Pistache::Tcp::Options;
    listener.init(
        std::max(1U, options.threads),
        Pistache::Flags<Options>(Options::ReuseAddr) | Options::NoDelay | Options::CloseOnExec,
        "wax-http", options.backlog, impl_->watch);
    listener.setTransportFactory([service = impl_->service] {
      return std::make_shared<WorkerTransport>(std::make_shared<PeerHandler>(), service);
    });
    const auto address = address_of(options.host, options.port);
    try {
      listener.bind(address);
    } catch (const std::exception& error) {
      impl_->listener.reset();
      return {Code::Unavailable, "cannot listen on " + where + ": " + error.what()};
    }
    impl_->door->open(listener);
    listener.runThreaded();
  } catch (const std::exception& error) {
    impl_->listener.reset();
    return {Code::Invalid, "cannot listen on " + where + ": " + error.what()};
  }
  impl_->port = listener.getPort();
  log::debug("http.started", {{"host", options.host}, {"port", impl_->port.load()}});
  return {};
}

Status Server::stop(std::chrono::milliseconds grace) {
  if (!impl_->listener) {
    return {};
  }
  auto& service = *impl_->service;
  impl_->watch->stop();
  impl_->door->shut();

  impl_->enter(Service::Phase::Draining);
  impl_->wait_until(grace, [&] { return service.stats.connections_open.load() == 0; });
  impl_->enter(Service::Phase::Stopping);
  const bool at_rest = impl_->wait_until(
      kRestTimeout, [&] { return service.workers_at_rest == service.mailboxes.size(); });
  if (!at_rest) {
    // Joining would wait for ever, and nothing the worker uses may go away. Kept in a place of its
    // own for the leak checker, which takes it for forgotten else.
    static auto* const abandoned = new std::vector<std::unique_ptr<Pistache::Tcp::Listener>>();
    log::error("http.stop_stuck", {{"hint", "a handler blocks its worker"}});
    impl_->listener->shutdown();
    abandoned->push_back(std::move(impl_->listener));
    return {Code::Timeout, "a handler blocks a worker of the HTTP server"};
  }
  impl_->listener->shutdown();
  impl_->listener.reset();
  log::debug("http.stopped");
  return {};
}

std::uint16_t Server::port() const noexcept {
  return impl_->port.load();
}

const Stats& Server::stats() const noexcept {
  return impl_->service->stats;
}

const Limits& Server::limits() const noexcept {
  return impl_->service->limits;
}

}  // namespace waxwing::http
