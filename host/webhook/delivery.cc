// SPDX-License-Identifier: Apache-2.0
// Sending events to webhooks.
#include "webhook/delivery.hpp"

#include <algorithm>
#include <utility>

#include "base/digest.hpp"

namespace waxwing::webhook {
namespace {

constexpr Millis kMaxAskedPause(3'600'000);  // of Retry-After
// What is delivered is erased together with what is delivered in this time: after a crash that much
// may come twice, with the same ids.
constexpr Millis kFlushInterval(500);

std::string origin_of(const std::string& url) {
  const auto scheme = url.find("://");
  const auto end = url.find_first_of("/?#", scheme == std::string::npos ? 0 : scheme + 3);
  return url.substr(0, end);
}

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return lower(x) == lower(y);
  });
}

// Contract 3.1. The id is the same for every try of an event at a webhook.
std::vector<std::string> headers_for(const event::Event& event, const Target& target, Slot slot,
                                     const std::string& user_agent) {
  std::vector<std::pair<std::string_view, std::string>> fixed = {
      {"Content-Type", "application/json"},
      {"User-Agent", user_agent},
      {"X-Webhook-Request-Id", sha256_hex(event.id + "/" + std::to_string(slot)).substr(0, 24)},
      {"X-Webhook-Timestamp", std::to_string(event.timestamp_ms)},
  };
  if (!target.hmac_key.empty()) {
    fixed.emplace_back("X-Webhook-Hmac", hmac_sha512_hex(target.hmac_key, event.json));
    fixed.emplace_back("X-Webhook-Hmac-Algorithm", "sha512");
  }
  std::vector<std::string> headers;
  headers.reserve(fixed.size() + target.headers.size());
  for (const config::CustomHeader& custom : target.headers) {
    const bool taken = std::any_of(fixed.begin(), fixed.end(), [&](const auto& header) {
      return same_name(header.first, custom.name);
    });
    if (!taken && !same_name(custom.name, "Content-Length") &&
        !same_name(custom.name, "Transfer-Encoding")) {
      // A header without a value is written with a semicolon, or libcurl would leave it out.
      headers.push_back(custom.value.empty() ? custom.name + ";"
                                             : custom.name + ": " + custom.value);
    }
  }
  for (const auto& [name, value] : fixed) {
    headers.push_back(std::string(name) + ": " + value);
  }
  return headers;
}

bool is_success(const Result<net::HttpResponse>& outcome) {
  return outcome.has_value() && outcome->status >= 200 && outcome->status < 300;
}

std::string proxy_url(const config::ProxyAddress& proxy) {
  // The proxy resolves names, so that a guarded network needs no DNS of its own.
  const std::string_view socks = "socks5://";
  return proxy.server.starts_with(socks) ? "socks5h://" + proxy.server.substr(socks.size())
                                         : proxy.server;
}

}  // namespace

Delivery::Delivery(net::Network& network, runtime::Loop& loop, const config::Webhooks& settings,
                   std::string user_agent, DroppedFn dropped, Counters& counters)
    : loop_(loop),
      settings_(settings),
      global_(global_target(settings.global)),
      user_agent_(std::move(user_agent)),
      dropped_(std::move(dropped)),
      counters_(counters),
      client_(std::make_unique<net::HttpClient>(network, loop, settings.connections)) {}

Delivery::~Delivery() = default;

void Delivery::flush_soon(std::weak_ptr<Backlog> backlog) {
  to_flush_.push_back(std::move(backlog));
  if (flush_timer_ != 0) {
    return;
  }
  flush_timer_ = loop_.start_timer(kFlushInterval, [this] {
    flush_timer_ = 0;
    for (const auto& weak : std::exchange(to_flush_, {})) {
      if (const auto waiting = weak.lock()) {
        waiting->flush({});  // nothing to do when it was listed twice
      }
    }
  });
}

void Delivery::stop() {
  loop_.cancel_timer(std::exchange(flush_timer_, 0));
  client_.reset();
  for (auto& [url, endpoint] : endpoints_) {
    loop_.cancel_timer(endpoint.timer);
  }
  runnable_.clear();
  endpoints_.clear();
  origins_.clear();
}

bool Delivery::breaker_open(const std::string& url) const {
  const auto it = endpoints_.find(url);
  return it != endpoints_.end() && it->second.breaker.open();
}

Delivery::Endpoint& Delivery::endpoint(const std::string& url) {
  const auto [it, fresh] = endpoints_.try_emplace(url);
  if (fresh) {
    it->second.url = url;
    it->second.origin = &origins_[origin_of(url)];
  }
  return it->second;
}

void Delivery::list(const std::shared_ptr<Backlog>& backlog, Slot slot,
                    const std::string& order_key, const std::string& url) {
  if (!client_) {
    return;
  }
  Endpoint& to = endpoint(url);
  to.ready.push_back({backlog, slot, order_key});
  wake(to);
  pump();
}

void Delivery::wake(Endpoint& endpoint) {
  if (!endpoint.queued && !endpoint.ready.empty()) {
    endpoint.queued = true;
    runnable_.push_back(&endpoint);
  }
}

// Endpoints take turns, one event each.
void Delivery::pump() {
  if (std::exchange(pumping_, true)) {
    return;
  }
  while (client_ && !runnable_.empty() && client_->under_way() < settings_.connections) {
    Endpoint& next = *runnable_.front();
    runnable_.pop_front();
    next.queued = false;
    run(next);
  }
  pumping_ = false;
}

void Delivery::run(Endpoint& endpoint) {
  Origin& origin = *endpoint.origin;
  if (origin.under_way >= settings_.connections_per_host) {
    endpoint.queued = true;
    origin.blocked.push_back(&endpoint);
    return;
  }
  if (may_send(endpoint)) {
    Ready ready = std::move(endpoint.ready.front());
    endpoint.ready.pop_front();
    send(endpoint, std::move(ready));
    wake(endpoint);
  }
  unblock(origin);
}

// Lets the next endpoint of an origin that has room have its turn.
void Delivery::unblock(Origin& origin) {
  if (origin.under_way < settings_.connections_per_host && !origin.blocked.empty()) {
    runnable_.push_back(origin.blocked.front());
    origin.blocked.pop_front();
  }
}

bool Delivery::may_send(Endpoint& endpoint) {
  const Millis now = loop_.clock().monotonic();
  if (!endpoint.breaker.admits(now, endpoint.under_way)) {
    const Millis wait = endpoint.breaker.blocked_until() - now;
    if (wait.count() > 0 && endpoint.timer == 0) {
      endpoint.timer = loop_.start_timer(wait, [this, &endpoint] {
        endpoint.timer = 0;
        wake(endpoint);
        pump();
      });
    }
    return false;
  }
  return !endpoint.ready.empty();
}

void Delivery::send(Endpoint& endpoint, Ready ready) {
  const TargetPtr target = ready.backlog->target(ready.slot);
  if (!target || target->url != endpoint.url) {
    ready.backlog->list_chain(ready.slot, ready.order_key);  // it has moved or gone
    return;
  }
  const Item* item = ready.backlog->begin_sending(ready.slot, ready.order_key);
  if (item == nullptr) {
    return;
  }
  net::HttpRequest request;
  request.url = target->url;
  request.headers = headers_for(*item->event, *target, ready.slot, user_agent_);
  request.body = std::shared_ptr<const std::string>(item->event, &item->event->json);
  request.timeout = settings_.timeout;
  request.connect_timeout = std::min(request.connect_timeout, request.timeout);
  request.max_redirects = static_cast<long>(settings_.redirects);
  request.verify_tls = target->verify_tls;
  request.public_only = settings_.public_only;
  request.proxy = {proxy_url(settings_.proxy), settings_.proxy.username, settings_.proxy.password};
  ++endpoint.under_way;
  ++endpoint.origin->under_way;
  counters_.under_way.fetch_add(1, std::memory_order_relaxed);
  client_->send(std::move(request),
                [this, url = endpoint.url, ready = std::move(ready)](
                    Result<net::HttpResponse> outcome) { finish(url, ready, std::move(outcome)); });
}

void Delivery::judge(Endpoint& endpoint, const Result<net::HttpResponse>& outcome) {
  const bool was_open = endpoint.breaker.open();
  const Millis now = loop_.clock().monotonic();
  // Any answer below 500 comes from a receiver that lives, even if it does not like the event.
  const bool lives = outcome.has_value() && outcome->status < 500 && outcome->status != 429;
  if (lives) {
    endpoint.breaker.on_success();
  } else {
    endpoint.breaker.on_failure(now);
    if (outcome.has_value() && outcome->retry_after.has_value()) {
      endpoint.breaker.block(now + std::min(*outcome->retry_after, kMaxAskedPause));
    }
  }
  counters_.open_breakers.fetch_add(
      static_cast<int>(endpoint.breaker.open()) - static_cast<int>(was_open),
      std::memory_order_relaxed);
}

void Delivery::finish(const std::string& url, const Ready& ready,
                      Result<net::HttpResponse> outcome) {
  counters_.under_way.fetch_sub(1, std::memory_order_relaxed);
  Endpoint& endpoint = endpoints_.at(url);
  Origin& origin = *endpoint.origin;
  --endpoint.under_way;
  --origin.under_way;
  judge(endpoint, outcome);
  wake(endpoint);
  unblock(origin);
  if (is_success(outcome)) {
    counters_.delivered.fetch_add(1, std::memory_order_relaxed);
    ready.backlog->delivered(ready.slot, ready.order_key);
  } else {
    counters_.failures.fetch_add(1, std::memory_order_relaxed);
    std::string error =
        outcome.has_value() ? "HTTP " + std::to_string(outcome->status) : outcome.error().message();
    ready.backlog->failed(ready.slot, ready.order_key, std::move(error),
                          outcome.has_value() ? outcome->retry_after : std::nullopt);
  }
  pump();
  // A receiver that nobody writes to any more needs no state.
  const bool idle = endpoint.ready.empty() && endpoint.under_way == 0 && !endpoint.queued &&
                    endpoint.timer == 0 && !endpoint.breaker.open();
  if (idle && endpoints_.size() > 1000) {
    endpoints_.erase(url);
  }
}

}  // namespace waxwing::webhook
