// SPDX-License-Identifier: Apache-2.0
// Handing events to listeners, and the window of past ones.
#include "event/bus.hpp"

#include <algorithm>
#include <utility>

namespace waxwing::event {
namespace {

constexpr std::string_view kIdPrefix = "evt_";
constexpr std::size_t kIdSize = 30;      // with a ULID behind the prefix
constexpr std::size_t kIdTimeSize = 14;  // of these the part that says when

}  // namespace

struct Bus::Visits {
  std::atomic<std::size_t> here{0};
  std::atomic<std::int64_t> last_seen_ms{0};  // unix time

  void begin() { ++here; }
  void end(std::int64_t now_ms) {
    last_seen_ms = now_ms;
    --here;
  }
};

class Bus::Subscription {
 public:
  using AllVisits = std::vector<std::shared_ptr<Visits>>;

  Subscription(Listener listener, AllVisits visits, const Clock& clock)
      : listener_(std::move(listener)), visits_(std::move(visits)), clock_(clock) {
    for (const auto& one : visits_) {
      one->begin();
    }
  }
  ~Subscription() {
    for (const auto& one : visits_) {
      one->end(clock_.unix_ms());
    }
  }
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

  void call(const EventPtr& event) const { listener_(event); }

 private:
  const Listener listener_;
  const AllVisits visits_;  // that this is one of; none: not a client's
  const Clock& clock_;
};

Bus::Bus(BusOptions options) : options_(options), any_visits_(std::make_shared<Visits>()) {}

Bus::SubscriptionPtr Bus::add(const std::string& session, Listener listener,
                              std::vector<std::shared_ptr<Visits>> visits) {
  auto subscription =
      std::make_shared<Subscription>(std::move(listener), std::move(visits), clock());
  Listeners& listeners = by_session_[session];
  std::erase_if(listeners, [](const auto& weak) { return weak.expired(); });
  listeners.push_back(subscription);
  return subscription;
}

Bus::SubscriptionPtr Bus::subscribe(const std::string& session, Listener listener) {
  const std::lock_guard lock(mutex_);
  return add(session, std::move(listener), {});
}

Bus::SubscriptionPtr Bus::subscribe_client(const std::string& session,
                                           std::optional<std::string_view> since,
                                           std::vector<EventPtr>& past, Listener listener) {
  const std::lock_guard lock(mutex_);
  if (since.has_value()) {
    const auto is_of_session = [&](const EventPtr& event) {
      return session.empty() || event->session == session;
    };
    std::copy_if(behind(*since), window_.cend(), std::back_inserter(past), is_of_session);
  }
  return add(session, std::move(listener), {visits_of(session), any_visits_});
}

std::deque<EventPtr>::const_iterator Bus::behind(std::string_view id) const {
  const auto known = std::find_if(window_.crbegin(), window_.crend(), [&](const EventPtr& event) {
                       return event->id == id;
                     }).base();
  if (known != window_.cbegin() || id.size() != kIdSize || !id.starts_with(kIdPrefix)) {
    return known;
  }
  // No longer in the window, or never there: ids sort by the time in them.
  return std::find_if(window_.cbegin(), window_.cend(), [&](const EventPtr& event) {
    return std::string_view(event->id).substr(0, kIdTimeSize) >= id.substr(0, kIdTimeSize);
  });
}

// Forgets those that nobody comes back to, so that the map is no larger than what is listened to.
std::shared_ptr<Bus::Visits> Bus::visits_of(const std::string& session) {
  std::shared_ptr<Visits>& visits = visits_[session];
  if (!visits) {
    visits = std::make_shared<Visits>();
    visits->last_seen_ms = clock().unix_ms();
  }
  auto found = visits;
  std::erase_if(visits_, [now_ms = clock().unix_ms(), this](const auto& entry) {
    return wanted_until(*entry.second) < now_ms;
  });
  return found;
}

std::int64_t Bus::wanted_until(const Visits& visits) const {
  const std::int64_t seen_ms = visits.here > 0 ? clock().unix_ms() : visits.last_seen_ms.load();
  return seen_ms + options_.return_time.count();
}

std::int64_t Bus::wanted_until(const std::string& session) const {
  const std::lock_guard lock(mutex_);
  std::int64_t until_ms = 0;
  for (const std::string& key : {std::string(), session}) {
    if (const auto it = visits_.find(key); it != visits_.end()) {
      until_ms = std::max(until_ms, wanted_until(*it->second));
    }
  }
  return until_ms;
}

void Bus::recall(const std::vector<EventPtr>& earlier, std::int64_t wanted_until_ms) {
  const std::lock_guard lock(mutex_);
  any_visits_->last_seen_ms = wanted_until_ms - options_.return_time.count();
  for (const EventPtr& event : earlier) {
    remember(event);
  }
}

void Bus::publish(const EventPtr& event) {
  published_.fetch_add(1, std::memory_order_relaxed);
  std::vector<SubscriptionPtr> called;
  {
    const std::lock_guard lock(mutex_);
    remember(event);
    for (const std::string& key : {std::string(), event->session}) {
      const auto it = by_session_.find(key);
      if (it == by_session_.end()) {
        continue;
      }
      std::erase_if(it->second, [&](const std::weak_ptr<Subscription>& weak) {
        auto subscription = weak.lock();
        const bool gone = subscription == nullptr;
        if (!gone) {
          called.push_back(std::move(subscription));
        }
        return gone;
      });
      if (it->second.empty()) {
        by_session_.erase(it);
      }
    }
  }
  for (const SubscriptionPtr& subscription : called) {
    subscription->call(event);
  }
}

void Bus::remember(const EventPtr& event) {
  window_.push_back(event);
  window_bytes_ += event->size_bytes();
  const std::int64_t now_ms = clock().unix_ms();
  const bool watched = wanted_until(*any_visits_) >= now_ms;
  const std::size_t most_bytes =
      watched ? options_.window_bytes : std::min(options_.window_bytes, options_.unwatched_bytes);
  while (window_.size() > options_.window_events || window_bytes_ > most_bytes) {
    window_bytes_ -= window_.front()->size_bytes();
    window_.pop_front();
  }
}

std::size_t Bus::subscriptions() const {
  const std::lock_guard lock(mutex_);
  std::size_t count = 0;
  for (const auto& [session, listeners] : by_session_) {
    count += static_cast<std::size_t>(std::count_if(
        listeners.begin(), listeners.end(), [](const auto& weak) { return !weak.expired(); }));
  }
  return count;
}

}  // namespace waxwing::event
