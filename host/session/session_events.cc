// SPDX-License-Identifier: Apache-2.0
// A session's events: stored for those who must get them, then let out to everybody.
#include "base/json.hpp"
#include "base/log.hpp"
#include "event/bus.hpp"
#include "event/envelope.hpp"
#include "session/session.hpp"

namespace waxwing::session {

using plugin_host::EngineEvent;
using plugin_host::WriteOp;

struct Session::Outgoing {
  event::EventPtr event;
  std::uint64_t ticket = 0;
};

std::vector<Session::Outgoing> Session::prepare(std::vector<EngineEvent> events,
                                                std::vector<WriteOp>& rows) {
  std::vector<Outgoing> out;
  out.reserve(events.size());
  const std::string me = view_.me_json();
  for (const EngineEvent& event : events) {
    if (settings_.ignore.drops(event.type, event.order_key)) {
      continue;
    }
    event::Draft draft;
    draft.type = event.type;
    draft.session = name_;
    draft.engine = record_.engine;
    draft.order_key = event.order_key;
    draft.payload_json = event.json;
    draft.me_json = me;
    draft.metadata_json = settings_.metadata_json;
    draft.timestamp_ms = event.timestamp_ms > 0 ? event.timestamp_ms : loop_.clock().unix_ms();
    draft.ephemeral = event.ephemeral;
    Outgoing outgoing{env_.envelope.make(draft), 0};
    event::Outbox::Admission admission = outbox_->admit(outgoing.event);
    outgoing.ticket = admission.ticket;
    std::move(admission.rows.begin(), admission.rows.end(), std::back_inserter(rows));
    recent_.keep(*outgoing.event, rows);
    out.push_back(std::move(outgoing));
  }
  return out;
}

void Session::inherit(event::Earlier earlier) {
  loop_.post([self = shared_from_this(), earlier = std::move(earlier)]() mutable {
    self->recent_.inherit(std::move(earlier));
  });
}

void Session::let_out(const std::vector<Outgoing>& events, bool stored) {
  for (const Outgoing& outgoing : events) {
    if (outgoing.ticket != 0) {
      outbox_->settle(outgoing.ticket, stored);
    }
    if (stored) {
      env_.bus.publish(outgoing.event);
    }
  }
}

void Session::commit(std::vector<WriteOp> rows, std::vector<EngineEvent> events,
                     EngineSink::DoneFn done) {
  std::vector<Outgoing> out = prepare(std::move(events), rows);
  if (rows.empty() && commits_in_flight_ == 0) {
    let_out(out, true);
    done(Status::ok());
    return;
  }
  // Events wait for the rows before them, so that they leave in the engine's order.
  ++commits_in_flight_;
  store_.commit(std::move(rows), [self = shared_from_this(), out = std::move(out),
                                  done = std::move(done)](Status status) mutable {
    --self->commits_in_flight_;
    self->let_out(out, status.is_ok());
    done(std::move(status));
  });
}

void Session::publish(std::string type, std::string payload_json) {
  EngineEvent event;
  event.type = std::move(type);
  event.json = std::move(payload_json);
  std::vector<EngineEvent> events;
  events.push_back(std::move(event));
  std::vector<WriteOp> rows;
  std::vector<Outgoing> out = prepare(std::move(events), rows);
  if (rows.empty() && commits_in_flight_ == 0) {
    let_out(out, true);
    return;
  }
  ++commits_in_flight_;
  store_.commit(std::move(rows), [self = shared_from_this(),
                                  out = std::move(out)](const Status& status) {
    --self->commits_in_flight_;
    if (!status.is_ok()) {
      log::warn("session.event_not_stored", {{"session", self->name_}, {"why", status.message()}});
    }
    self->let_out(out, true);
  });
}

void Session::announce(std::string type, std::string payload_json) {
  loop_.post([self = shared_from_this(), type = std::move(type),
              payload = std::move(payload_json)]() mutable {
    if (!self->removed_) {
      self->publish(std::move(type), std::move(payload));
    }
  });
}

void Session::on_commit(std::vector<WriteOp> rows, std::vector<EngineEvent> events,
                        EngineSink::DoneFn done) {
  commit(std::move(rows), std::move(events), std::move(done));
}

}  // namespace waxwing::session
