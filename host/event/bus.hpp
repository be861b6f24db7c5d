// SPDX-License-Identifier: Apache-2.0
// Events of all sessions, handed to whoever listens now, and the last ones again for those who
// come back.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "event/event.hpp"

namespace waxwing::event {

struct BusOptions {
  // The window of past events that clients can ask for.
  std::size_t window_events = 10'000;
  std::size_t window_bytes = 32 << 20;
  // Of these octets, while no client is here or expected: enough for one that comes back at once
  // after a restart, of which this run does not know yet.
  std::size_t unwatched_bytes = 512 << 10;
  // How long a client that went is expected to come back.
  Millis return_time = std::chrono::hours(24);
  const Clock* clock = &Clock::system();
};

// [any-thread]
class Bus {
 public:
  // Called on the loop of the event's session, so it must be quick and must not block; it may
  // subscribe and unsubscribe. The events of one session come in order, those of different
  // sessions at the same time from different threads.
  using Listener = std::function<void(const EventPtr&)>;
  class Subscription;  // ends with its last owner
  using SubscriptionPtr = std::shared_ptr<Subscription>;

  explicit Bus(BusOptions options = {});

  // Events of one session, or of all with "". An event that is being published meanwhile may or
  // may not arrive; none arrives once the subscription is gone, but for a call that runs just then.
  [[nodiscard]] SubscriptionPtr subscribe(const std::string& session, Listener listener);
  // As subscribe(), for a client that may go and come back. Returns in `past` what the window holds
  // behind the event `since`: no event is missed or given twice between the two. An id that the
  // window does not know stands for the time in it; what is no event id at all for the beginning of
  // the window.
  [[nodiscard]] SubscriptionPtr subscribe_client(const std::string& session,
                                                 std::optional<std::string_view> since,
                                                 std::vector<EventPtr>& past, Listener listener);
  // Unix time in ms until which a client may come back for an event of that session that happens
  // now; in the past when none is expected.
  [[nodiscard]] std::int64_t wanted_until(const std::string& session) const;

  // Events of earlier runs, oldest first, for the window, and until when (unix time in ms) clients
  // of those runs may come back for them. Before the first publish().
  void recall(const std::vector<EventPtr>& earlier, std::int64_t wanted_until_ms);
  void publish(const EventPtr& event);

  [[nodiscard]] std::size_t subscriptions() const;
  [[nodiscard]] std::uint64_t published() const noexcept { return published_.load(); }
  [[nodiscard]] const BusOptions& options() const noexcept { return options_; }
  [[nodiscard]] const Clock& clock() const noexcept { return *options_.clock; }

 private:
  using Listeners = std::vector<std::weak_ptr<Subscription>>;
  struct Visits;  // of clients, to one session, to "all sessions" or to anything

  void remember(const EventPtr& event);
  // Where in the window begins what happened after that event.
  [[nodiscard]] std::deque<EventPtr>::const_iterator behind(std::string_view id) const;
  [[nodiscard]] SubscriptionPtr add(const std::string& session, Listener listener,
                                    std::vector<std::shared_ptr<Visits>> visits);
  [[nodiscard]] std::shared_ptr<Visits> visits_of(const std::string& session);
  [[nodiscard]] std::int64_t wanted_until(const Visits& visits) const;

  const BusOptions options_;
  std::atomic<std::uint64_t> published_{0};
  mutable std::mutex mutex_;                                         // guards all below
  std::unordered_map<std::string, Listeners> by_session_;            // "" = of all sessions
  std::unordered_map<std::string, std::shared_ptr<Visits>> visits_;  // likewise
  const std::shared_ptr<Visits> any_visits_;
  std::deque<EventPtr> window_;
  std::size_t window_bytes_ = 0;
};

}  // namespace waxwing::event
