// SPDX-License-Identifier: Apache-2.0
// Matching answers to queries by their ids.
#include "multidevice/session/iq_tracker.hpp"

#include <algorithm>
#include <utility>

#include "multidevice/binary/node.hpp"
#include "multidevice/crypto/random.hpp"

namespace waxwing::multidevice {

void IqTracker::restart() {
  prefix_ = random_below(UINT32_MAX);
  counter_ = 0;
}

std::string IqTracker::next_id() {
  return std::to_string(prefix_ >> 16U) + "." + std::to_string(prefix_ & 0xffffU) + "-" +
         std::to_string(++counter_);
}

void IqTracker::expect(std::string id, std::int64_t deadline_ms, IqHandler handler) {
  pending_.push_back({std::move(id), deadline_ms, std::move(handler)});
}

bool IqTracker::answer(const Node& iq) {
  const std::string_view id = iq.text("id");
  const auto it = std::find_if(pending_.begin(), pending_.end(),
                               [&](const Pending& pending) { return pending.id == id; });
  if (it == pending_.end()) {
    return false;
  }
  const IqHandler handler = std::move(it->handler);
  pending_.erase(it);
  if (pending_.empty()) {
    pending_.shrink_to_fit();
  }
  IqReply reply;
  reply.node = &iq;
  reply.kind = iq.text("type") == "result" ? IqReply::Kind::Result : IqReply::Kind::Error;
  if (const Node* error = iq.child("error")) {
    reply.code = static_cast<int>(std::min<std::uint64_t>(error->number("code").value_or(0), 999));
  }
  handler(reply);
  return true;
}

void IqTracker::expire(std::int64_t now_ms) {
  std::vector<Pending> over;
  const auto late = std::stable_partition(pending_.begin(), pending_.end(),
                                          [&](const Pending& p) { return p.deadline_ms > now_ms; });
  std::move(late, pending_.end(), std::back_inserter(over));
  pending_.erase(late, pending_.end());
  for (const Pending& pending : over) {
    pending.handler({IqReply::Kind::Timeout, 0, nullptr});
  }
}

void IqTracker::fail_all(IqReply::Kind kind) {
  for (const Pending& pending : std::exchange(pending_, {})) {
    pending.handler({kind, 0, nullptr});
  }
}

std::int64_t IqTracker::next_deadline_ms() const noexcept {
  std::int64_t next = 0;
  for (const Pending& pending : pending_) {
    next = next == 0 ? pending.deadline_ms : std::min(next, pending.deadline_ms);
  }
  return next;
}

}  // namespace waxwing::multidevice
