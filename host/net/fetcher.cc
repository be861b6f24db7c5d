// SPDX-License-Identifier: Apache-2.0
// libcurl's multi interface on our loop.
#include "net/fetcher.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "net/fetch_transfer.hpp"

namespace waxwing::net {
namespace {

constexpr Millis kIdle(30'000);
constexpr long kMostKeptConnections = 4;

void initialise_once() {
  static const bool done = [] {
    WAX_CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
    return true;
  }();
  static_cast<void>(done);
}

}  // namespace

// The multi handle and its life on the loop
// --------------------------------------------------------

CURLM* Fetcher::Multi::get() {
  loop.cancel_timer(std::exchange(idle_timer, 0));
  if (handle != nullptr) {
    return handle;
  }
  initialise_once();
  handle = curl_multi_init();
  WAX_CHECK(handle != nullptr);
  curl_multi_setopt(handle, CURLMOPT_MAXCONNECTS, kMostKeptConnections);
  curl_multi_setopt(handle, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(
      handle, CURLMOPT_SOCKETFUNCTION,
      +[](CURL*, curl_socket_t socket, int what, void* self, void*) {
        static_cast<Multi*>(self)->socket_changed(socket, what);
        return 0;
      });
  curl_multi_setopt(handle, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(
      handle, CURLMOPT_TIMERFUNCTION, +[](CURLM*, long delay_ms, void* self) {
        static_cast<Multi*>(self)->timer_changed(delay_ms);
        return 0;
      });
  return handle;
}

void Fetcher::Multi::socket_changed(curl_socket_t socket, int what) {
  const auto it = watches.find(socket);
  if (what == CURL_POLL_REMOVE) {
    if (it != watches.end()) {
      loop.unwatch(it->second);
      watches.erase(it);
    }
    return;
  }
  std::uint32_t interest = 0;
  if ((what & CURL_POLL_IN) != 0) {
    interest |= Loop::kRead;
  }
  if ((what & CURL_POLL_OUT) != 0) {
    interest |= Loop::kWrite;
  }
  if (it != watches.end()) {
    loop.update_watch(it->second, interest);
    return;
  }
  watches[socket] =
      loop.watch(socket, interest, [weak = weak_from_this(), socket](std::uint32_t ready) {
        if (const auto self = weak.lock()) {
          int bits = 0;
          bits |= (ready & Loop::kRead) != 0 ? CURL_CSELECT_IN : 0;
          bits |= (ready & Loop::kWrite) != 0 ? CURL_CSELECT_OUT : 0;
          bits |= (ready & Loop::kError) != 0 ? CURL_CSELECT_ERR : 0;
          self->act(socket, bits);
        }
      });
}

void Fetcher::Multi::timer_changed(long delay_ms) {
  loop.cancel_timer(std::exchange(timer, 0));
  if (delay_ms >= 0) {
    timer = loop.start_timer(Millis(delay_ms), [weak = weak_from_this()] {
      if (const auto self = weak.lock()) {
        self->timer = 0;
        self->act(CURL_SOCKET_TIMEOUT, 0);
      }
    });
  }
}

void Fetcher::Multi::act(curl_socket_t socket, int bits) {
  if (handle != nullptr) {
    int running = 0;
    curl_multi_socket_action(handle, socket, bits, &running);
    finish_done();
  }
}

void Fetcher::Multi::finish_done() {
  const auto self = shared_from_this();
  int left = 0;
  while (handle != nullptr) {
    const CURLMsg* const message = curl_multi_info_read(handle, &left);
    if (message == nullptr) {
      return;
    }
    if (message->msg != CURLMSG_DONE) {
      continue;
    }
    CURL* const easy = message->easy_handle;
    const CURLcode code = message->data.result;
    curl_multi_remove_handle(handle, easy);
    const auto it = std::find_if(transfers.begin(), transfers.end(), [easy](const auto& entry) {
      return entry.second->easy() == easy;
    });
    if (it != transfers.end()) {
      const auto transfer = it->second;
      transfer->complete(*this, code);
    }
  }
}

// Open connections and libcurl's own memory are for a session that fetches, not for one that sits.
void Fetcher::Multi::idle() {
  if (transfers.empty() && handle != nullptr && idle_timer == 0) {
    idle_timer = loop.start_timer(
        kIdle,
        [weak = weak_from_this()] {
          const auto self = weak.lock();
          if (self && self->transfers.empty()) {
            self->idle_timer = 0;
            self->end();
          }
        },
        kIdle);
  }
}

void Fetcher::Multi::end() {
  loop.cancel_timer(std::exchange(idle_timer, 0));
  for (const auto& [id, transfer] : std::exchange(transfers, {})) {
    transfer->drop(*this);
  }
  if (handle != nullptr) {
    curl_multi_cleanup(std::exchange(handle, nullptr));
  }
  loop.cancel_timer(std::exchange(timer, 0));
  for (const auto& [socket, watch] : std::exchange(watches, {})) {
    loop.unwatch(watch);
  }
}

// The client -------------------------------------------------------------------------------------

Fetcher::Fetcher(Network& network, Loop& loop) : multi_(std::make_shared<Multi>(network, loop)) {}

Fetcher::~Fetcher() {
  multi_->end();
}

std::size_t Fetcher::running() const noexcept {
  return multi_->transfers.size();
}

Fetcher::Id Fetcher::start(FetchRequest request, Done done) {
  const Id id = ++multi_->last_id;
  auto target = parse_url(request.url);
  const bool sendable =
      are_sendable_headers(request.headers) && are_sendable_headers({{request.method, ""}});
  const auto transfer = std::make_shared<Transfer>(id, std::move(request), std::move(done));
  multi_->transfers[id] = transfer;
  const std::weak_ptr<Multi> weak_multi = multi_;
  const std::weak_ptr<Transfer> weak = transfer;
  if (!target.has_value() || !sendable) {
    const std::string why =
        !sendable ? "the method or a header cannot be sent" : target.error().message();
    multi_->loop.post([weak, weak_multi, why] {
      const auto alive = weak.lock();
      const auto multi = weak_multi.lock();
      if (alive && multi) {
        alive->finish(*multi, End::invalid(why));
      }
    });
    return id;
  }
  transfer->start_clock(*multi_);
  const std::string first_hop = transfer->first_hop(*target);
  const bool proxied = transfer->is_proxied();
  multi_->network.resolver().resolve(
      first_hop, multi_->loop,
      [weak, weak_multi, proxied, target = std::move(*target)](Result<Addresses> found) {
        const auto alive = weak.lock();
        const auto multi = weak_multi.lock();
        if (!alive || !multi || !alive->running()) {
          return;
        }
        if (found.has_value()) {
          alive->begin(*multi, target, *found);
        } else {
          alive->finish(
              *multi, proxied ? End::proxy("proxy_unreachable", "the proxy's name is not known: " +
                                                                    found.error().message())
                              : End::failed("dns_failed", "the server's name is not known: " +
                                                              found.error().message()));
        }
      });
  return id;
}

void Fetcher::cancel(Id id) {
  const auto it = multi_->transfers.find(id);
  if (it == multi_->transfers.end()) {
    return;
  }
  const auto transfer = it->second;
  multi_->transfers.erase(it);
  transfer->drop(*multi_);
  multi_->idle();
}

}  // namespace waxwing::net
