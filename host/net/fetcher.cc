// SPDX-License-Identifier: Apache-2.0
// Requests on their way to libcurl, and out of it.
#include "net/fetcher.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "net/fetch_transfer.hpp"

namespace waxwing::net {
namespace {

constexpr Millis kIdle(30'000);
constexpr long kMostKeptConnections = 4;

}  // namespace

// libcurl and its life on the loop ---------------------------------------------------------------

CurlLoop& Fetcher::Multi::get() {
  loop.cancel_timer(std::exchange(idle_timer, 0));
  if (!curl) {
    curl =
        std::make_unique<CurlLoop>(loop, CurlLoop::Connections{kMostKeptConnections, 0},
                                   [this](CURL* easy, CURLcode code) { finish_done(easy, code); });
  }
  return *curl;
}

void Fetcher::Multi::finish_done(CURL* easy, CURLcode code) {
  const auto self = shared_from_this();
  const auto it = std::find_if(transfers.begin(), transfers.end(),
                               [easy](const auto& entry) { return entry.second->easy() == easy; });
  if (it != transfers.end()) {
    const auto transfer = it->second;
    transfer->complete(*this, code);
  }
}

// Open connections and libcurl's own memory are for a session that fetches, not for one that sits.
void Fetcher::Multi::idle() {
  if (transfers.empty() && curl && idle_timer == 0) {
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
  curl.reset();
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
