// SPDX-License-Identifier: Apache-2.0
// Racing connection attempts.
#include "net/connector.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <utility>

namespace waxwing::net {
namespace {

constexpr Millis kHeadStart(250);  // RFC 8305, 5: the recommended delay

}  // namespace

std::shared_ptr<Connector> Connector::start(runtime::Loop& loop, const Addresses& addresses,
                                            Done done) {
  std::shared_ptr<Connector> self(new Connector(loop, interleaved(addresses), std::move(done)));
  loop.post([weak = std::weak_ptr(self)] {
    if (const auto alive = weak.lock()) {
      alive->try_next();
    }
  });
  return self;
}

Connector::Connector(runtime::Loop& loop, Addresses addresses, Done done)
    : loop_(loop), addresses_(std::move(addresses)), done_(std::move(done)) {}

Connector::~Connector() {
  cancel();
}

void Connector::cancel() {
  done_ = nullptr;
  loop_.cancel_timer(std::exchange(timer_, 0));
  for (const Attempt& attempt : std::exchange(attempts_, {})) {
    loop_.unwatch(attempt.watch);
    ::close(attempt.descriptor);
  }
}

void Connector::try_next() {
  loop_.cancel_timer(std::exchange(timer_, 0));
  while (done_ && next_ < addresses_.size()) {
    if (attempt(addresses_[next_++])) {
      if (next_ < addresses_.size()) {
        timer_ = loop_.start_timer(kHeadStart, [weak = weak_from_this()] {
          if (const auto self = weak.lock()) {
            self->timer_ = 0;
            self->try_next();
          }
        });
      }
      return;
    }
  }
  if (done_ && attempts_.empty()) {
    finish(-1, last_error_);
  }
}

bool Connector::attempt(const Address& address) {
  const int descriptor =
      ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (descriptor < 0) {
    last_error_ = errno;
    return false;
  }
  const int on = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address.storage), address.size) !=
          0 &&
      errno != EINPROGRESS) {
    last_error_ = errno;
    ::close(descriptor);
    return false;
  }
  const auto watch = loop_.watch(descriptor, runtime::Loop::kWrite,
                                 [weak = weak_from_this(), descriptor](std::uint32_t) {
                                   if (const auto self = weak.lock()) {
                                     self->on_ready(descriptor);
                                   }
                                 });
  if (watch == 0) {
    last_error_ = EBADF;
    ::close(descriptor);
    return false;
  }
  attempts_.push_back({descriptor, watch});
  return true;
}

void Connector::on_ready(int descriptor) {
  const auto it = std::find_if(attempts_.begin(), attempts_.end(), [descriptor](const Attempt& a) {
    return a.descriptor == descriptor;
  });
  if (it == attempts_.end()) {
    return;
  }
  loop_.unwatch(it->watch);
  attempts_.erase(it);
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) != 0) {
    error = errno;
  }
  if (error == 0) {
    finish(descriptor, 0);
    return;
  }
  ::close(descriptor);
  last_error_ = error;
  try_next();
}

void Connector::finish(int descriptor, int error) {
  const Done done = std::exchange(done_, nullptr);
  cancel();
  done(descriptor, error);
}

}  // namespace waxwing::net
