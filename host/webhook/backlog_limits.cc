// SPDX-License-Identifier: Apache-2.0
// Giving up: what is out of tries, too many or too old.
#include <algorithm>

#include "base/log.hpp"
#include "webhook/backlog.hpp"
#include "webhook/delivery.hpp"
#include "webhook/long_row.hpp"

namespace waxwing::webhook {
namespace {

constexpr std::uint32_t kTrimDeadEvery = 100;
constexpr Millis kAgeSlack(10'000);  // of what waits for a day

}  // namespace

void Backlog::bury(Slot slot, const Item& item, const std::string& error) {
  delivery_.counters().dead.fetch_add(1, std::memory_order_relaxed);
  log::warn("webhook.dead_letter", {{"session", session_},
                                    {"event", item.event->id},
                                    {"attempts", item.attempts},
                                    {"why", error}});
  if (!item.stored || delivery_.settings().dead_letters == 0) {
    return;
  }
  const std::int64_t now_ms = delivery_.loop().clock().unix_ms();
  const auto kept = std::chrono::hours(24) * delivery_.settings().dead_letters_days;
  std::vector<storage::WriteOp> ops;
  put_row(ops, kDeadSpace, item.key.octets(slot),
          write_dead({now_ms, item.attempts, error, write_row(*item.event, {slot}, item.since_ms)}),
          now_ms + Millis(kept).count());
  write_all(std::move(ops));
  if (++buried_ >= kTrimDeadEvery) {
    buried_ = 0;
    trim_dead();
  }
}

void Backlog::enforce_limits(Slot slot, Queue& queue) {
  const config::Webhooks& limits = delivery_.settings();
  while (queue.size() > limits.max_pending || queue.bytes() > limits.max_pending_mb * 1'000'000) {
    const auto oldest = queue.pop_oldest();
    if (!oldest.has_value()) {
      return;  // all of the window is under way
    }
    drop(slot, queue, *oldest);
  }
}

void Backlog::drop(Slot slot, Queue& queue, const Item& item) {
  ++queue.dropped;
  delivery_.counters().dropped.fetch_add(1, std::memory_order_relaxed);
  settle_row(slot, item);
  if (dropped_.empty()) {
    // One message for what goes in a second.
    delivery_.loop().start_timer(Millis(1000), [weak = weak_from_this()] {
      if (const auto self = weak.lock()) {
        for (const auto& [of, count] : std::exchange(self->dropped_, {})) {
          const TargetPtr to = self->target(of);
          self->delivery_.dropped()(self->session_, to ? to->url : "", count);
        }
      }
    });
  }
  ++dropped_[slot];
}

std::int64_t Backlog::oldest_allowed_ms() const {
  return delivery_.loop().clock().unix_ms() - Millis(delivery_.settings().max_age).count();
}

// What waits behind a receiver that is down would be found too old only when its turn comes.
void Backlog::watch_age() {
  if (age_timer_ != 0 || gone_) {
    return;
  }
  std::int64_t oldest_ms = 0;
  for (const auto& [slot, queue] : queues_) {
    const std::int64_t at = queue.oldest_ms();
    oldest_ms = oldest_ms == 0 || (at != 0 && at < oldest_ms) ? at : oldest_ms;
  }
  if (oldest_ms == 0) {
    return;
  }
  const Millis left(std::max<std::int64_t>(oldest_ms - oldest_allowed_ms() + 1, 1));
  age_timer_ = delivery_.loop().start_timer(
      left,
      [weak = weak_from_this()] {
        if (const auto self = weak.lock()) {
          self->age_timer_ = 0;
          self->drop_old();
        }
      },
      kAgeSlack);
}

void Backlog::drop_old() {
  const std::int64_t oldest_ms = oldest_allowed_ms();
  std::vector<std::pair<Slot, std::string>> old;
  for (auto& [slot, queue] : queues_) {
    queue.for_each_chain([&, slot = slot](const std::string& order_key, Queue::Chain& chain) {
      if (chain.phase != Queue::Phase::UnderWay && !chain.items.empty() &&
          chain.items.front().since_ms < oldest_ms) {
        if (chain.phase == Queue::Phase::Waiting) {
          delivery_.loop().cancel_timer(chain.timer);
        }
        chain.phase = Queue::Phase::Idle;  // a listing that is left over finds it gone
        old.emplace_back(slot, order_key);
      }
    });
  }
  for (const auto& [slot, order_key] : old) {
    list_chain(slot, order_key);
    after_change(slot);
  }
  watch_age();
}

}  // namespace waxwing::webhook
