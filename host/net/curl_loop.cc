// SPDX-License-Identifier: Apache-2.0
// Sockets and timers of libcurl as watches and timers of a loop.
#include "net/curl_loop.hpp"

#include <unistd.h>

#include <mutex>
#include <utility>

#include "base/check.hpp"

namespace waxwing::net {

using runtime::Loop;

namespace {

CURLM* make_multi() {
  static std::once_flag once;
  std::call_once(once, [] { WAX_CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK); });
  CURLM* const multi = curl_multi_init();
  WAX_CHECK(multi != nullptr);
  return multi;
}

}  // namespace

CurlLoop::CurlLoop(Loop& loop, Connections connections, Done done)
    : loop_(loop), multi_(make_multi()), done_(std::make_shared<const Done>(std::move(done))) {
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlLoop::on_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlLoop::on_timer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, connections.kept);
  curl_multi_setopt(multi_, CURLMOPT_MAX_TOTAL_CONNECTIONS, connections.at_once);
  curl_multi_setopt(multi_, CURLMOPT_PIPELINING, long{CURLPIPE_NOTHING});
}

CurlLoop::~CurlLoop() {
  curl_multi_cleanup(multi_);  // closes its sockets
  loop_.cancel_timer(timer_);
  for (const auto& [socket, watch] : watches_) {
    loop_.unwatch(watch);
  }
}

CURLMcode CurlLoop::add(CURL* easy) {
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, &CurlLoop::on_close_socket);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, this);
  return curl_multi_add_handle(multi_, easy);
}

void CurlLoop::remove(CURL* easy) {
  curl_multi_remove_handle(multi_, easy);
}

int CurlLoop::on_socket(CURL*, curl_socket_t socket, int what, void* user, void*) {
  auto& self = *static_cast<CurlLoop*>(user);
  static_assert((CURL_POLL_REMOVE & CURL_POLL_INOUT) == 0);  // it is an interest in nothing
  const std::uint32_t interest = ((what & CURL_POLL_IN) != 0 ? std::uint32_t{Loop::kRead} : 0U) |
                                 ((what & CURL_POLL_OUT) != 0 ? std::uint32_t{Loop::kWrite} : 0U);
  if (const auto it = self.watches_.find(socket); it != self.watches_.end()) {
    self.loop_.update_watch(it->second, interest);
    return 0;
  }
  return interest == 0 || self.watch(socket, interest) ? 0 : -1;
}

bool CurlLoop::watch(curl_socket_t socket, std::uint32_t interest) {
  const auto watch = loop_.watch(socket, interest, [this, socket](std::uint32_t ready) {
    int events = (ready & Loop::kRead) != 0 ? CURL_CSELECT_IN : 0;
    events |= (ready & Loop::kWrite) != 0 ? CURL_CSELECT_OUT : 0;
    events |= (ready & Loop::kError) != 0 ? CURL_CSELECT_ERR : 0;
    act(socket, events);
  });
  if (watch == 0) {
    return false;
  }
  watches_.emplace(socket, watch);
  return true;
}

// The next socket gets its number.
int CurlLoop::on_close_socket(void* user, curl_socket_t socket) {
  static_cast<CurlLoop*>(user)->forget(socket);
  return ::close(socket);
}

void CurlLoop::forget(curl_socket_t socket) {
  if (const auto it = watches_.find(socket); it != watches_.end()) {
    loop_.unwatch(it->second);
    watches_.erase(it);
  }
}

int CurlLoop::on_timer(CURLM*, long delay_ms, void* user) {
  auto& self = *static_cast<CurlLoop*>(user);
  self.loop_.cancel_timer(std::exchange(self.timer_, 0));
  if (delay_ms == 0) {
    self.act_soon();
  } else if (delay_ms > 0) {
    self.timer_ = self.loop_.start_timer(Millis(delay_ms), [&self] {
      self.timer_ = 0;
      self.act();
    });
  }
  return 0;
}

// Every request begins like this; a task of the loop costs less than a timer of the system.
void CurlLoop::act_soon() {
  if (!std::exchange(acting_soon_, true)) {
    loop_.post([this, alive = std::weak_ptr(done_)] {
      if (!alive.expired()) {
        acting_soon_ = false;
        act();
      }
    });
  }
}

void CurlLoop::act(curl_socket_t socket, int events) {
  int running = 0;
  curl_multi_socket_action(multi_, socket, events, &running);
  const std::shared_ptr<const Done> done = done_;
  int left = 0;
  while (const CURLMsg* const message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) {
      continue;
    }
    CURL* const easy = message->easy_handle;
    const CURLcode code = message->data.result;
    curl_multi_remove_handle(multi_, easy);  // `message` is gone now
    (*done)(easy, code);
    if (done.use_count() == 1) {
      return;  // and so is this
    }
  }
}

}  // namespace waxwing::net
