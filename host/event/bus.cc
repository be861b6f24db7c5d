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

class Bus::Subscription {
 public:
  explicit Subscription(Listener listener) : listener_(std::move(listener)) {}
  void call(const EventPtr& event) const { listener_(event); }

 private:
  const Listener listener_;
};

Bus::SubscriptionPtr Bus::add(const std::string& session, Listener listener) {
  auto subscription = std::make_shared<Subscription>(std::move(listener));
  Listeners& listeners = by_session_[session];
  std::erase_if(listeners, [](const auto& weak) { return weak.expired(); });
  listeners.push_back(subscription);
  return subscription;
}

Bus::SubscriptionPtr Bus::subscribe(const std::string& session, Listener listener) {
  const std::lock_guard lock(mutex_);
  return add(session, std::move(listener));
}

Bus::SubscriptionPtr Bus::subscribe_since(const std::string& session, std::string_view since,
                                          std::vector<EventPtr>& past, Listener listener) {
  const std::lock_guard lock(mutex_);
  auto from = std::find_if(window_.rbegin(), window_.rend(), [&](const EventPtr& event) {
                return event->id == since;
              }).base();
  if (from == window_.begin() && since.size() == kIdSize && since.starts_with(kIdPrefix)) {
    // Older than the window or of an earlier run: ids sort by the time in them.
    from = std::find_if(window_.begin(), window_.end(), [&](const EventPtr& event) {
      return std::string_view(event->id).substr(0, kIdTimeSize) >= since.substr(0, kIdTimeSize);
    });
  }
  std::copy_if(from, window_.end(), std::back_inserter(past),
               [&](const EventPtr& event) { return session.empty() || event->session == session; });
  return add(session, std::move(listener));
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
  while (window_.size() > options_.window_events || window_bytes_ > options_.window_bytes) {
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
