// SPDX-License-Identifier: Apache-2.0
// Where a session leaves events for receivers that must not miss them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "event/event.hpp"
#include "storage/store.hpp"

namespace waxwing::event {

// Spaces of a session's tenant that start with this are the outbox's; they outlive a logout.
inline constexpr std::string_view kOutboxSpaces = "waxwing.outbox";

// One per session. All calls [session-loop]; events are admitted and settled in the same order.
class Outbox {
 public:
  // What has to be stored with an event, and what settle() wants back.
  struct Admission {
    std::vector<storage::WriteOp> rows;  // empty = nobody has to get it for certain
    std::uint64_t ticket = 0;
  };

  virtual ~Outbox() = default;

  // The session's config, at its making and after each change. `memory` is what an earlier call
  // returned ("" = none yet), to be kept with the config: it says which receiver is the successor
  // of which, so that what is pending follows a change of address.
  [[nodiscard]] virtual std::string configure(const std::string& config_json,
                                              const std::string& memory) = 0;
  // Whether admit() would take an event of that type.
  [[nodiscard]] virtual bool wants(std::string_view type) const = 0;
  [[nodiscard]] virtual Admission admit(const EventPtr& event) = 0;
  // The rows of an admission are durable, or nothing of it is.
  virtual void settle(std::uint64_t ticket, bool durable) = 0;
  // The session is deleted: what is pending gets a last chance, then the outbox erases its rows.
  // The last call.
  virtual void close() = 0;
};

// Makes the outbox of a session whose rows lie in `store` and whose loop `post` posts to. What an
// earlier run left there is delivered first.
using OutboxFactory = std::function<std::unique_ptr<Outbox>(
    const std::string& session, const std::shared_ptr<storage::Store>& store, storage::Post post)>;

}  // namespace waxwing::event
