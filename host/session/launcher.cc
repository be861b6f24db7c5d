// SPDX-License-Identifier: Apache-2.0
// Bounded starting of sessions at boot.
#include "session/launcher.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/log.hpp"

namespace waxwing::session {
namespace {

constexpr Millis kTick(50);
// A loop that is that late has enough to do already.
constexpr Millis kLag(200);

}  // namespace

void Manager::Launcher::start() {
  loop_.post([self = shared_from_this()] {
    self->ticked_ = std::chrono::steady_clock::now();
    self->tick();
  });
}

void Manager::Launcher::stop() {
  loop_.post([self = shared_from_this()] { self->waiting_.clear(); });
}

// What became of those that were started.
void Manager::Launcher::judge() {
  std::size_t well = 0;
  std::size_t badly = 0;
  std::erase_if(starting_, [&](const SessionPtr& session) {
    const Snapshot now = session->view().snapshot();
    const bool troubled = now.state == State::Failed || now.reason.has_value();
    if (now.state == State::Starting && !troubled) {
      return false;
    }
    ++(troubled ? badly : well);
    return true;
  });
  const auto now = std::chrono::steady_clock::now();
  const auto passed = now - std::exchange(ticked_, now);
  if (passed > kTick + kLag) {
    badly += well + 1;
  }
  pace_.tick(std::chrono::duration<double>(passed).count(), well, badly);
}

void Manager::Launcher::tick() {
  const bool paced = lifecycle_.autostart_delay.count() > 0;
  judge();
  for (bool first = true; !waiting_.empty() && starting_.size() < lifecycle_.starts_at_once &&
                          (paced ? first : pace_.take());
       first = false) {
    SessionPtr session = std::move(waiting_.front());
    waiting_.pop_front();
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
  loop_.start_timer(next, [self = shared_from_this()] { self->tick(); });
}

}  // namespace waxwing::session
