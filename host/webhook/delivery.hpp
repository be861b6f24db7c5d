// SPDX-License-Identifier: Apache-2.0
// Sending: which event goes out next, within the limits of each receiver and of all together.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "config/config.hpp"
#include "net/http_client.hpp"
#include "runtime/loop.hpp"
#include "webhook/backlog.hpp"
#include "webhook/breaker.hpp"
#include "webhook/target.hpp"

namespace waxwing::webhook {

// Written on the egress loop, read by anyone.
struct Counters {
  std::atomic<std::uint64_t> delivered{0};
  std::atomic<std::uint64_t> failures{0};  // requests without success
  std::atomic<std::uint64_t> dead{0};
  std::atomic<std::uint64_t> dropped{0};
  std::atomic<std::int64_t> pending{0};
  std::atomic<std::int64_t> under_way{0};
  std::atomic<std::int64_t> open_breakers{0};
};

// Tells that events were given up without being dead letters. [egress loop]
using DroppedFn =
    std::function<void(const std::string& session, const std::string& url, std::uint64_t count)>;

// Serves all backlogs. Everything [egress loop].
class Delivery {
 public:
  // `network` and `settings` outlive it.
  Delivery(net::Network& network, runtime::Loop& loop, const config::Webhooks& settings,
           std::string user_agent, DroppedFn dropped, Counters& counters);
  ~Delivery();
  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;

  // The first item of a chain may go out, to this URL.
  void list(const std::shared_ptr<Backlog>& backlog, Slot slot, const std::string& order_key,
            const std::string& url);
  // Calls flush() of the backlog within half a second, together with those of others: they share
  // the store's commits then.
  void flush_soon(std::weak_ptr<Backlog> backlog);
  // What was listed and what is under way is forgotten; nothing more goes out.
  void stop();

  [[nodiscard]] runtime::Loop& loop() noexcept { return loop_; }
  [[nodiscard]] const config::Webhooks& settings() const noexcept { return settings_; }
  [[nodiscard]] Counters& counters() noexcept { return counters_; }
  [[nodiscard]] const DroppedFn& dropped() const noexcept { return dropped_; }
  // The server's own webhook; null when it has none.
  [[nodiscard]] const TargetPtr& global() const noexcept { return global_; }
  [[nodiscard]] bool breaker_open(const std::string& url) const;

 private:
  struct Ready {
    std::shared_ptr<Backlog> backlog;
    Slot slot;
    std::string order_key;
  };
  struct Origin;
  struct Endpoint {
    std::string url;
    Origin* origin = nullptr;
    Breaker breaker;
    std::deque<Ready> ready;
    std::size_t under_way = 0;
    bool queued = false;  // in runnable_ or in its origin's `blocked`
    runtime::Loop::TimerId timer = 0;
  };
  // Scheme, host and port.
  struct Origin {
    std::size_t under_way = 0;
    std::deque<Endpoint*> blocked;
  };

  [[nodiscard]] Endpoint& endpoint(const std::string& url);
  void wake(Endpoint& endpoint);
  void pump();
  void run(Endpoint& endpoint);
  void unblock(Origin& origin);
  [[nodiscard]] bool may_send(Endpoint& endpoint);
  void send(Endpoint& endpoint, Ready ready);
  void finish(const std::string& url, const Ready& ready, Result<net::HttpResponse> outcome);
  void judge(Endpoint& endpoint, const Result<net::HttpResponse>& outcome);

  runtime::Loop& loop_;
  const config::Webhooks& settings_;
  const TargetPtr global_;
  const std::string user_agent_;
  const DroppedFn dropped_;
  Counters& counters_;
  std::unique_ptr<net::HttpClient> client_;              // null once stopped
  std::unordered_map<std::string, Endpoint> endpoints_;  // by URL
  std::unordered_map<std::string, Origin> origins_;
  std::deque<Endpoint*> runnable_;
  std::vector<std::weak_ptr<Backlog>> to_flush_;
  runtime::Loop::TimerId flush_timer_ = 0;
  bool pumping_ = false;
};

}  // namespace waxwing::webhook
