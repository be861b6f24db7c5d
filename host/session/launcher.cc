// SPDX-License-Identifier: Apache-2.0
// Bounded starting of sessions at boot.
#include "session/launcher.hpp"

#include <algorithm>

#include "base/log.hpp"

namespace waxwing::session {
namespace {

constexpr Millis kTick(50);

}  // namespace

void Manager::Launcher::start() {
  loop_.post([self = shared_from_this()] {
    self->allowance_ = 1;
    self->tick();
  });
}

void Manager::Launcher::stop() {
  loop_.post([self = shared_from_this()] { self->waiting_.clear(); });
}

void Manager::Launcher::tick() {
  std::erase_if(starting_, [](const SessionPtr& session) {
    return session->view().state() != State::Starting;
  });
  const bool paced = lifecycle_.autostart_delay.count() > 0;
  while (!waiting_.empty() && allowance_ >= 1 && starting_.size() < lifecycle_.starts_at_once) {
    SessionPtr session = std::move(waiting_.front());
    waiting_.pop_front();
    allowance_ -= 1;
    // A stop that came while it waited counts.
    session->start_if_wanted([session](const Status& status) {
      if (!status.is_ok()) {
        log::warn("session.restart_failed",
                  {{"session", session->name()}, {"why", status.message()}});
      }
    });
    starting_.push_back(std::move(session));
  }
  if (waiting_.empty()) {
    starting_.clear();
    return;
  }
  const Millis next = paced ? Millis(lifecycle_.autostart_delay) : kTick;
  allowance_ = paced
                   ? 1
                   : std::min<double>(lifecycle_.starts_per_s,
                                      allowance_ + lifecycle_.starts_per_s *
                                                       (static_cast<double>(kTick.count()) / 1000));
  loop_.start_timer(next, [self = shared_from_this()] { self->tick(); });
}

}  // namespace waxwing::session
