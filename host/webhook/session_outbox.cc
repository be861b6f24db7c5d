// SPDX-License-Identifier: Apache-2.0
// Admitting events of one session.
#include "webhook/session_outbox.hpp"

#include <utility>

#include "base/json.hpp"
#include "runtime/loop.hpp"
#include "webhook/long_row.hpp"

namespace waxwing::webhook {
namespace {

// What is pending when a session is deleted has this long.
constexpr Millis kFarewell(30'000);

}  // namespace

SessionOutbox::SessionOutbox(Environment environment, std::shared_ptr<Backlog> backlog,
                             storage::TenantStore store, Task closed)
    : env_(std::move(environment)),
      backlog_(std::move(backlog)),
      store_(std::move(store)),
      closed_(std::move(closed)) {}

SessionOutbox::~SessionOutbox() = default;

std::string SessionOutbox::configure(const std::string& config_json, const std::string& memory) {
  std::string left = memory;
  const auto config = json::parse(config_json);
  targets_ = assign_slots(config.has_value() ? *config : Json::object(), left);
  env_.egress.post([backlog = backlog_, targets = targets_]() mutable {
    backlog->configure(std::move(targets));
  });
  return left;
}

std::vector<Slot> SessionOutbox::wanted_by(std::string_view type) const {
  std::vector<Slot> slots;
  for (const auto& [slot, target] : targets_.items) {
    if (target->events.matches(type)) {
      slots.push_back(slot);
    }
  }
  if (env_.global && env_.global->events.matches(type)) {
    slots.push_back(kGlobalSlot);
  }
  return slots;
}

bool SessionOutbox::wants(std::string_view type) const {
  return !wanted_by(type).empty();
}

event::Outbox::Admission SessionOutbox::admit(const event::EventPtr& event) {
  std::vector<Slot> slots = wanted_by(event->type);
  if (slots.empty()) {
    return {};
  }
  Admission admission;
  admission.ticket = ++last_sequence_;
  Backlog::Arrival arrival;
  arrival.key = {env_.run, last_sequence_};
  arrival.event = event;
  arrival.slots = std::move(slots);
  arrival.since_ms = env_.egress.clock().unix_ms();
  arrival.stored = !event->ephemeral;
  if (arrival.stored) {
    // It does not expire, since the index of what expires would be one more page to write twice;
    // the backlog gives up in time.
    put_row(admission.rows, kPendingSpace, arrival.key.octets(),
            write_row(*event, arrival.slots, arrival.since_ms));
  }
  admitted_.push_back({admission.ticket, std::move(arrival)});
  return admission;
}

void SessionOutbox::settle(std::uint64_t ticket, bool durable) {
  while (!admitted_.empty() && admitted_.front().ticket <= ticket) {
    Admitted settled = std::move(admitted_.front());
    admitted_.pop_front();
    if (settled.ticket == ticket && durable) {
      hand_over(std::move(settled.arrival));
    }
  }
}

void SessionOutbox::hand_over(Backlog::Arrival arrival) {
  env_.egress.post([backlog = backlog_, arrival = std::move(arrival)]() mutable {
    backlog->accept(std::move(arrival));
  });
}

void SessionOutbox::put_back(std::vector<Backlog::Dead> letters,
                             UniqueFunction<void(Result<std::size_t>)> done) {
  std::vector<storage::WriteOp> ops;
  std::vector<Backlog::Arrival> arrivals;
  for (Backlog::Dead& dead : letters) {
    if (!(dead.slot == kGlobalSlot ? env_.global : targets_.find(dead.slot))) {
      continue;
    }
    Backlog::Arrival arrival;
    arrival.key = {env_.run, ++last_sequence_};
    arrival.event = std::move(dead.row.event);
    arrival.slots = {dead.slot};
    arrival.since_ms = env_.egress.clock().unix_ms();
    put_row(ops, kPendingSpace, arrival.key.octets(),
            write_row(*arrival.event, arrival.slots, arrival.since_ms));
    erase_row(ops, kDeadSpace, dead.key, arrival.event->json.size());
    arrivals.push_back(std::move(arrival));
  }
  // In the same line as the session's own batches, so that places are handed over in order.
  store_.commit(std::move(ops), [self = shared_from_this(), arrivals = std::move(arrivals),
                                 done = std::move(done)](Status status) mutable {
    if (!status.is_ok()) {
      done(std::move(status));
      return;
    }
    for (Backlog::Arrival& arrival : arrivals) {
      self->hand_over(std::move(arrival));
    }
    done(arrivals.size());
  });
}

void SessionOutbox::close() {
  env_.egress.post([backlog = backlog_] { backlog->close(kFarewell); });
  closed_();
}

}  // namespace waxwing::webhook
