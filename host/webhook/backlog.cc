// SPDX-License-Identifier: Apache-2.0
// Waiting, retrying and storing how far it has come.
#include "webhook/backlog.hpp"

#include <algorithm>
#include <array>

#include "base/ids.hpp"
#include "base/json_writer.hpp"
#include "base/log.hpp"
#include "webhook/delivery.hpp"

namespace waxwing::webhook {
namespace {

constexpr Millis kLongestAskedDelay(3'600'000);  // by Retry-After
// Progress of retries that come sooner than this is not worth a write.
constexpr Millis kProgressWorthStoring(1000);
constexpr std::size_t kMaxErrorText = 300;

double random_share() {
  std::array<std::uint8_t, 4> octets{};
  random_bytes(octets);
  return (octets[0] | octets[1] << 8 | octets[2] << 16) / double{1 << 24};
}

}  // namespace

Backlog::Backlog(Delivery& delivery, std::string session, storage::TenantStore store)
    : delivery_(delivery), session_(std::move(session)), store_(std::move(store)) {}

Backlog::~Backlog() = default;

TargetPtr Backlog::target(Slot slot) const {
  return slot == kGlobalSlot ? delivery_.global() : targets_.find(slot);
}

void Backlog::configure(Targets targets) {
  targets_ = std::move(targets);
  if (!std::exchange(opened_, true)) {
    open();
  }
  // What waits for a retry has a new chance with the new settings.
  std::vector<std::pair<Slot, std::string>> waiting;
  for (auto& [slot, queue] : queues_) {
    queue.for_each_chain([&, slot = slot](const std::string& order_key, Queue::Chain& chain) {
      if (chain.phase == Queue::Phase::Waiting) {
        delivery_.loop().cancel_timer(chain.timer);
        chain.phase = Queue::Phase::Idle;
        if (!chain.items.empty()) {
          chain.items.front().not_before_ms = 0;
        }
        waiting.emplace_back(slot, order_key);
      }
    });
  }
  for (const auto& [slot, order_key] : waiting) {
    list_chain(slot, order_key);
  }
}

void Backlog::accept(Arrival arrival) {
  if (gone_) {
    return;
  }
  if (loading_) {
    arrivals_.push_back(std::move(arrival));
    return;
  }
  const auto& [key, event, slots, since_ms, stored] = arrival;
  for (std::size_t i = 0; i < slots.size() && !gone_; ++i) {
    const Slot slot = slots[i];
    Item item;
    item.key = key;
    item.event = event;
    item.stored = stored;
    item.since_ms = since_ms;
    if (slots.size() > 1) {
      item.slots = slots;
    }
    enqueue(slot, std::move(item));
  }
}

Queue& Backlog::queue(Slot slot) {
  return queues_[slot];
}

void Backlog::enqueue(Slot slot, Item item) {
  Queue& to = queue(slot);
  if (item.stored ? to.knows(item.key) : !to.has_room()) {
    if (!item.stored) {
      ++to.dropped;
      delivery_.counters().dropped.fetch_add(1, std::memory_order_relaxed);
    }
    return;
  }
  const std::string order_key = item.event->order_key;
  if (to.push(std::move(item))) {
    list_chain(slot, order_key);
  }
  enforce_limits(slot, to);
  after_change(slot);
}

// Sends the chain's first item on its way, as soon as that is allowed.
void Backlog::list_chain(Slot slot, const std::string& order_key) {
  const auto it = queues_.find(slot);
  if (gone_ || it == queues_.end()) {
    return;
  }
  Queue& from = it->second;
  const TargetPtr to = target(slot);
  const std::int64_t now_ms = delivery_.loop().clock().unix_ms();
  const std::int64_t oldest_ms = oldest_allowed_ms();
  while (Queue::Chain* chain = from.find(order_key)) {
    if (chain->phase == Queue::Phase::Waiting || chain->phase == Queue::Phase::UnderWay) {
      return;
    }
    if (chain->items.empty()) {
      from.forget_if_empty(order_key);
      return;
    }
    const Item& item = chain->items.front();
    if (to && item.since_ms >= oldest_ms) {
      if (item.not_before_ms > now_ms) {
        wait(slot, order_key, *chain, Millis(item.not_before_ms - now_ms));
      } else {
        chain->phase = Queue::Phase::Listed;
        delivery_.list(shared_from_this(), slot, order_key, to->url);
      }
      return;
    }
    // Too old, or its webhook was taken out of the config.
    const Item gone = from.pop(order_key);
    if (to) {
      drop(slot, from, gone);
    } else {
      settle_row(slot, gone);
    }
  }
}

void Backlog::wait(Slot slot, const std::string& order_key, Queue::Chain& chain, Millis delay) {
  chain.phase = Queue::Phase::Waiting;
  chain.timer = delivery_.loop().start_timer(
      delay,
      [weak = weak_from_this(), slot, order_key] {
        const auto self = weak.lock();
        if (!self) {
          return;
        }
        const auto it = self->queues_.find(slot);
        if (Queue::Chain* waited =
                it == self->queues_.end() ? nullptr : it->second.find(order_key)) {
          waited->phase = Queue::Phase::Idle;
          self->list_chain(slot, order_key);
          self->after_change(slot);
        }
      },
      std::min(delay / 20, Millis(250)));
}

const Item* Backlog::begin_sending(Slot slot, const std::string& order_key) {
  const auto it = queues_.find(slot);
  Queue::Chain* chain = gone_ || it == queues_.end() ? nullptr : it->second.find(order_key);
  if (chain == nullptr || chain->phase != Queue::Phase::Listed) {
    return nullptr;
  }
  if (chain->items.empty()) {
    it->second.forget_if_empty(order_key);
    return nullptr;
  }
  if (chain->items.front().since_ms < oldest_allowed_ms()) {
    chain->phase = Queue::Phase::Idle;
    list_chain(slot, order_key);  // gives it up, and all that is as old
    after_change(slot);
    return nullptr;
  }
  chain->phase = Queue::Phase::UnderWay;
  return &chain->items.front();
}

void Backlog::delivered(Slot slot, const std::string& order_key) {
  const auto it = queues_.find(slot);
  if (gone_ || it == queues_.end()) {
    return;
  }
  ++it->second.delivered;
  it->second.last_success_ms = delivery_.loop().clock().unix_ms();
  end_item(slot, order_key);
}

void Backlog::failed(Slot slot, const std::string& order_key, std::string error,
                     std::optional<Millis> retry_after) {
  const auto it = queues_.find(slot);
  if (gone_ || it == queues_.end()) {
    return;
  }
  Queue& from = it->second;
  const std::int64_t now_ms = delivery_.loop().clock().unix_ms();
  error.resize(std::min(error.size(), kMaxErrorText));
  from.last_error = error;
  from.last_error_ms = now_ms;
  Queue::Chain& chain = *from.find(order_key);
  Item& item = chain.items.front();
  ++item.attempts;
  chain.phase = Queue::Phase::Idle;
  const TargetPtr to = target(slot);
  if (to && item.attempts > to->retries.attempts) {
    bury(slot, item, error);
    end_item(slot, order_key);
    return;
  }
  if (to) {
    Millis delay = retry_delay(to->retries, item.attempts, random_share());
    if (retry_after.has_value()) {
      delay = std::max(delay, std::min(*retry_after, kLongestAskedDelay));
    }
    item.not_before_ms = delay.count() > 0 ? now_ms + delay.count() : 0;
    if (item.stored && delay >= kProgressWorthStoring) {
      write(storage::WriteOp::put(std::string(kStateSpace), item.key.octets(slot),
                                  write_progress({false, item.attempts, item.not_before_ms})));
    }
  }
  list_chain(slot, order_key);
  after_change(slot);
}

void Backlog::end_item(Slot slot, const std::string& order_key) {
  Queue& from = queue(slot);
  if (Queue::Chain* chain = from.find(order_key)) {
    chain->phase = Queue::Phase::Idle;
  }
  const Item item = from.pop(order_key);
  settle_row(slot, item);
  list_chain(slot, order_key);
  after_change(slot);
}

// This slot's share of the row is over; the row goes with the last share.
void Backlog::settle_row(Slot slot, const Item& item) {
  if (!item.stored) {
    return;
  }
  const std::string pending_key = item.key.octets();
  progress_.erase({item.key, slot});
  if (item.slots.empty()) {
    erase_pending(pending_key, item.event->json.size());
    if (item.attempts > 0) {
      write(storage::WriteOp::erase(std::string(kStateSpace), item.key.octets(slot)));
    }
    return;
  }
  done_.emplace(item.key, slot);
  const bool last = std::all_of(item.slots.begin(), item.slots.end(), [&](Slot other) {
    return done_.contains({item.key, other});
  });
  if (!last) {
    write(storage::WriteOp::put(std::string(kStateSpace), item.key.octets(slot),
                                write_progress({true, 0, 0})));
    return;
  }
  erase_pending(pending_key, item.event->json.size());
  write(storage::WriteOp::erase_prefix(std::string(kStateSpace), pending_key));
  for (const Slot other : item.slots) {
    done_.erase({item.key, other});
  }
}

// Bookkeeping after anything that may have taken items away.
void Backlog::after_change(Slot slot) {
  const auto it = queues_.find(slot);
  if (it == queues_.end()) {
    return;
  }
  Queue& queue = it->second;
  delivery_.counters().pending.fetch_add(
      static_cast<std::int64_t>(queue.size()) - static_cast<std::int64_t>(queue.counted),
      std::memory_order_relaxed);
  queue.counted = queue.size();
  if (queue.wants_tail()) {
    load_tail(slot);
  }
  watch_age();
  check_closed();
}

// The API's view
// -----------------------------------------------------------------------------------

void Backlog::report(UniqueFunction<void(std::string)> done) {
  if (loading_ && !gone_) {
    questions_.emplace_back([this, done = std::move(done)] { done(write_report()); });
  } else {
    done(write_report());
  }
}

std::string Backlog::write_report() const {
  std::string text;
  JsonWriter out(text);
  const auto time = [&](std::int64_t ms) {
    if (ms == 0) {
      out.null();
    } else {
      out.value(ms);
    }
  };
  const auto one = [&](Slot slot, const Target& target) {
    const auto it = queues_.find(slot);
    static const Queue kNothing;
    const Queue& queue = it == queues_.end() ? kNothing : it->second;
    out.begin_object().key("id").value(std::to_string(slot));
    out.key("url").value(target.url).key("global").value(slot == kGlobalSlot);
    out.key("pending").value(static_cast<std::int64_t>(queue.size()));
    out.key("pendingBytes").value(static_cast<std::int64_t>(queue.bytes()));
    out.key("oldest");
    time(queue.oldest_ms());
    out.key("delivered").value(static_cast<std::int64_t>(queue.delivered));
    out.key("dropped").value(static_cast<std::int64_t>(queue.dropped));
    out.key("lastSuccess");
    time(queue.last_success_ms);
    out.key("lastError");
    if (queue.last_error_ms == 0) {
      out.null();
    } else {
      out.begin_object().key("timestamp").value(queue.last_error_ms);
      out.key("message").value(queue.last_error).end_object();
    }
    out.key("breaker").value(delivery_.breaker_open(target.url) ? "open" : "closed");
    out.end_object();
  };
  out.begin_array();
  for (const auto& [slot, target] : targets_.items) {
    one(slot, *target);
  }
  if (delivery_.global()) {
    one(kGlobalSlot, *delivery_.global());
  }
  out.end_array();
  return text;
}

}  // namespace waxwing::webhook
