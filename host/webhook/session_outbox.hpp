// SPDX-License-Identifier: Apache-2.0
// The session's side of webhooks: which of them want an event, and the rows that keep it.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "event/outbox.hpp"
#include "webhook/backlog.hpp"
#include "webhook/target.hpp"

namespace waxwing::runtime {
class Loop;
}

namespace waxwing::webhook {

// Gives events their places and hands them over to the backlog in that order.
class SessionOutbox final : public event::Outbox,
                            public std::enable_shared_from_this<SessionOutbox> {
 public:
  struct Environment {
    const config::Webhooks& settings;
    runtime::Loop& egress;
    TargetPtr global;   // may be null
    std::uint32_t run;  // of the server
  };

  // `store` answers on the session's loop; `closed` runs at the end of close().
  SessionOutbox(Environment environment, std::shared_ptr<Backlog> backlog,
                storage::TenantStore store, Task closed);
  ~SessionOutbox() override;
  SessionOutbox(const SessionOutbox&) = delete;
  SessionOutbox& operator=(const SessionOutbox&) = delete;

  [[nodiscard]] std::string configure(const std::string& config_json,
                                      const std::string& memory) override;
  [[nodiscard]] bool wants(std::string_view type) const override;
  [[nodiscard]] Admission admit(const event::EventPtr& event) override;
  void settle(std::uint64_t ticket, bool durable) override;
  void close() override;

  // Gives dead letters new places behind everything admitted so far and says how many; those whose
  // webhook is gone stay. [session-loop]
  void put_back(std::vector<Backlog::Dead> letters, UniqueFunction<void(Result<std::size_t>)> done);

 private:
  [[nodiscard]] std::vector<Slot> wanted_by(std::string_view type) const;
  void hand_over(Backlog::Arrival arrival);

  const Environment env_;
  const std::shared_ptr<Backlog> backlog_;
  const storage::TenantStore store_;
  Task closed_;
  Targets targets_;
  std::uint64_t last_sequence_ = 0;
  struct Admitted {
    std::uint64_t ticket;
    Backlog::Arrival arrival;
  };
  std::deque<Admitted> admitted_;  // not settled yet
};

}  // namespace waxwing::webhook
