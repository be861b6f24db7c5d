// SPDX-License-Identifier: Apache-2.0
// One worker: the connections that Pistache's reactor serves on one thread.
#include "http/transport.hpp"

#include <unistd.h>

#include <algorithm>
#include <exception>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <utility>

#include "base/check.hpp"
#include "base/log.hpp"
#include "http/http1.hpp"

namespace waxwing::http {
namespace {

using Pistache::Flags;
using Pistache::Polling::Mode;
using Pistache::Polling::NotifyOn;
using Pistache::Polling::Tag;

constexpr auto kRelaxed = std::memory_order_relaxed;
constexpr std::size_t kScratchBytes = 64 * kKiB;
constexpr std::size_t kAdoptionsPerTurn = 64;

// The base class takes peers from its queue until it is empty, which under a flood is never. An
// exception is the only way out.
struct EnoughForNow {};

Tag tag_of(int descriptor) {
  return Tag(static_cast<std::uint64_t>(descriptor));
}

Pistache::Polling::Event readable_event(int descriptor) {
  Pistache::Polling::Event event(tag_of(descriptor));
  event.flags.setFlag(NotifyOn::Read);
  return event;
}

// Often enough for the shortest timeout, rarely enough to cost nothing.
Limits::Duration tick_period(const Limits& limits) {
  const auto shortest =
      std::min({limits.header_timeout, limits.body_timeout, limits.idle_timeout,
                limits.write_timeout, limits.answer_timeout, limits.linger_timeout});
  return std::clamp(shortest / 4, Limits::Duration(10), Limits::Duration(250));
}

// A little more than the limit may be open while the surplus is told so.
std::size_t refusal_room(std::size_t connections) {
  return std::max<std::size_t>(16, connections / 16);
}

}  // namespace

void PeerHandler::onConnection(const std::shared_ptr<Pistache::Tcp::Peer>& peer) {
  static_cast<WorkerTransport*>(transport())->adopt(peer);
}

WorkerTransport::WorkerTransport(std::shared_ptr<Pistache::Tcp::Handler> handler,
                                 std::shared_ptr<Service> service)
    : Pistache::Tcp::Transport(handler),
      handler_(std::move(handler)),
      service_(std::move(service)),
      mailbox_(std::make_shared<Mailbox>()) {}

WorkerTransport::~WorkerTransport() {
  mailbox_->close();
  if (timer_ >= 0) {
    ::close(timer_);
  }
}

std::shared_ptr<Pistache::Aio::Handler> WorkerTransport::clone() const {
  return std::make_shared<WorkerTransport>(handler_->clone(), service_);
}

void WorkerTransport::registerPoller(Pistache::Polling::Epoll& poller) {
  Pistache::Tcp::Transport::registerPoller(poller);
  scratch_.resize(kScratchBytes);
  timer_ = ::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  WAX_CHECK(timer_ >= 0);
  const auto period =
      std::chrono::duration_cast<std::chrono::nanoseconds>(tick_period(service_->limits));
  itimerspec spec{};
  spec.it_interval.tv_nsec = period.count();
  spec.it_value = spec.it_interval;
  WAX_CHECK(::timerfd_settime(timer_, 0, &spec, nullptr) == 0);
  for (const int descriptor : {timer_, mailbox_->descriptor()}) {
    poller.addFd(descriptor, Flags<NotifyOn>(NotifyOn::Read), tag_of(descriptor));
  }
  service_->mailboxes.push_back(mailbox_);
}

void WorkerTransport::onReady(const Pistache::Aio::FdSet& descriptors) {
  // First sort the whole batch, then act: acting closes sockets, and a later event of this batch
  // that belongs to a closed one must not be taken for a new connection with the same number.
  bool ticked = false;
  bool called = false;
  bool accepted = false;
  ready_.clear();
  for (const auto& event : descriptors) {
    const int descriptor = static_cast<int>(event.getTag().value());
    if (descriptor == timer_) {
      ticked = true;
    } else if (descriptor == mailbox_->descriptor()) {
      called = true;
    } else if (const auto found = connections_.find(descriptor); found != connections_.end()) {
      // An event without any known flag is an error condition, which a read will tell.
      ready_.push_back(
          {found->second.connection, event.isReadable() || !event.isWritable(), event.isHangup()});
    } else if (hand_over_tag_ < 0 || descriptor == hand_over_tag_) {
      hand_over_tag_ = descriptor;
      accepted = true;
    }
  }
  for (const Ready& ready : ready_) {
    guarded(*ready.connection, [&] { ready.connection->on_event(ready.readable, ready.broken); });
  }
  ready_.clear();
  if (called) {
    deliver_mail();
  }
  if (accepted || more_wait_) {
    hand_over();
  }
  if (ticked) {
    tick();
  }
  run_scheduled();
  follow_phase();
}

template <class F>
void WorkerTransport::guarded(Connection& connection, F&& action) {
  try {
    action();
  } catch (const std::exception& error) {
    log::error("http.connection_failed", {{"what", error.what()}});
    connection.close();
  }
}

// Lets the base class take accepted peers from its queue; it calls adopt() for each.
void WorkerTransport::hand_over() {
  try {
    Pistache::Tcp::Transport::onReady(
        Pistache::Aio::FdSet(std::vector{readable_event(hand_over_tag_)}));
    watch_the_queue(false);
  } catch (const EnoughForNow&) {
    watch_the_queue(true);
  } catch (const std::exception& error) {
    // The kernel would not watch the newest socket. The others are fine.
    log::error("http.hand_over_failed", {{"what", error.what()}});
    if (!fresh_.empty()) {
      fresh_.back()->close();
    }
  }
  for (const auto& connection : std::exchange(fresh_, {})) {
    guarded(*connection, [&] { welcome(connection); });
  }
}

// The accept thread is always the faster one. So it pauses while peers wait here.
void WorkerTransport::watch_the_queue(bool overflows) {
  if (overflows == more_wait_) {
    return;
  }
  more_wait_ = overflows;
  if (overflows) {
    service_->door->pause();
  } else {
    service_->door->resume();
  }
}

void WorkerTransport::adopt(const std::shared_ptr<Pistache::Tcp::Peer>& peer) {
  auto connection =
      std::make_shared<Connection>(*this, service_->limits, service_->stats, peer->fd());
  fresh_.push_back(connection);
  connections_.insert_or_assign(peer->fd(), Entry{peer, std::move(connection)});
  service_->stats.connections_open.fetch_add(1, kRelaxed);
  service_->stats.connections_total.fetch_add(1, kRelaxed);
  if (fresh_.size() >= kAdoptionsPerTurn) {
    // What the base class would do next.
    reactor()->registerFd(key(), peer->fd(), NotifyOn::Read | NotifyOn::Shutdown, Mode::Edge);
    throw EnoughForNow();
  }
}

void WorkerTransport::welcome(const std::shared_ptr<Connection>& connection) {
  if (connection->closed()) {
    return;
  }
  const Limits& limits = service_->limits;
  const int descriptor = connection->descriptor();
  const auto patience = static_cast<unsigned>(limits.write_timeout.count());
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience, sizeof patience);

  const auto& address = connections_.at(descriptor).peer->address();
  auto protocol = std::make_shared<Http1>(
      *connection, *service_, mailbox_,
      address.host() + ":" + std::to_string(static_cast<std::uint16_t>(address.port())));
  connection->start(protocol);

  const std::size_t open = service_->stats.connections_open.load(kRelaxed);
  if (phase_ == Service::Phase::Stopping ||
      open > limits.connections + refusal_room(limits.connections)) {
    service_->stats.connections_refused.fetch_add(1, kRelaxed);
    const linger at_once{1, 0};  // a reset: nothing stays behind in the kernel either
    ::setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    connection->close();
  } else if (phase_ == Service::Phase::Draining) {
    protocol->refuse(overload_response("the server is stopping"));
  } else if (open > limits.connections) {
    protocol->refuse(overload_response("too many connections"));
  }
}

void WorkerTransport::deliver_mail() {
  const auto tolerant = [](auto&& action) {
    try {
      action();
    } catch (const std::exception& error) {
      log::error("http.answer_failed", {{"what", error.what()}});
    }
  };
  Mailbox::Mail mail = mailbox_->take();
  for (Mailbox::Answer& answer : mail.answers) {
    if (const auto sink = answer.sink.lock()) {
      tolerant([&] { sink->on_answer(answer.serial, std::move(answer.response)); });
    }
  }
  for (const std::weak_ptr<Callee>& call : mail.calls) {
    if (const auto callee = call.lock()) {
      tolerant([&] { callee->on_call(); });
    }
  }
}

void WorkerTransport::run_scheduled() {
  running_.swap(scheduled_);
  for (const auto& connection : running_) {
    connection->scheduled = false;
    guarded(*connection, [&] { connection->turn(); });
  }
  running_.clear();
  if (!scheduled_.empty() || more_wait_) {
    mailbox_->wake();  // they go on after what came meanwhile
  }
}

void WorkerTransport::tick() {
  std::uint64_t expirations = 0;
  [[maybe_unused]] const auto got = ::read(timer_, &expirations, sizeof expirations);
  const TimePoint now = std::chrono::steady_clock::now();
  for (const auto& connection : snapshot()) {
    guarded(*connection, [&] { connection->on_tick(now); });
  }
  if (hand_over_tag_ >= 0) {
    // The base class's queue may lose a wake-up: it empties its counter after its last look.
    hand_over();
  }
}

void WorkerTransport::follow_phase() {
  const Service::Phase wanted = service_->phase.load();
  if (wanted == phase_) {
    return;
  }
  phase_ = wanted;
  for (const auto& connection : snapshot()) {
    guarded(*connection, [&] {
      if (wanted == Service::Phase::Stopping) {
        connection->close();
      } else {
        connection->on_drain();
      }
    });
  }
  if (wanted == Service::Phase::Stopping) {
    mailbox_->close();
    scheduled_.clear();
    const std::lock_guard lock(service_->mutex);
    ++service_->workers_at_rest;
    service_->changed.notify_all();
  } else {
    // release() said nothing of connections that ended after stop() looked and before this.
    service_->notify();
  }
}

std::vector<std::shared_ptr<Connection>> WorkerTransport::snapshot() const {
  std::vector<std::shared_ptr<Connection>> out;
  out.reserve(connections_.size());
  for (const auto& [descriptor, entry] : connections_) {
    out.push_back(entry.connection);
  }
  return out;
}

void WorkerTransport::schedule(Connection& connection) {
  if (!connection.scheduled) {
    connection.scheduled = true;
    scheduled_.push_back(connection.shared_from_this());
  }
}

void WorkerTransport::want_write(Connection& connection) {
  reactor()->modifyFd(key(), connection.descriptor(),
                      NotifyOn::Read | NotifyOn::Write | NotifyOn::Shutdown, Mode::Edge);
}

void WorkerTransport::release(Connection& connection) {
  const auto found = connections_.find(connection.descriptor());
  WAX_CHECK(found != connections_.end());
  const auto peer = found->second.peer;
  connections_.erase(found);
  try {
    removePeer(peer);
  } catch (const std::exception&) {
    // It was never watched. The base class stops there, before it closes the socket.
    ::close(peer->fd());
  }
  service_->stats.connections_open.fetch_sub(1, kRelaxed);
  if (phase_ != Service::Phase::Running) {
    service_->notify();
  }
}

}  // namespace waxwing::http
