// SPDX-License-Identifier: Apache-2.0
// Starts the sessions of a booting server a few at a time.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "config/config.hpp"
#include "runtime/loop.hpp"
#include "session/manager.hpp"

namespace waxwing::session {

// At most `starts_per_s` a second and `starts_at_once` in STARTING; with `autostart_delay` one
// after the other at that distance. One session that hangs delays nobody but itself.
struct Manager::Launcher : std::enable_shared_from_this<Manager::Launcher> {
  Launcher(runtime::Loop& loop, const config::Lifecycle& lifecycle, std::vector<SessionPtr> wanted)
      : loop_(loop), lifecycle_(lifecycle), waiting_(wanted.begin(), wanted.end()) {}

  void start();
  void stop();

 private:
  void tick();

  runtime::Loop& loop_;
  const config::Lifecycle& lifecycle_;
  // Everything below belongs to the loop.
  std::deque<SessionPtr> waiting_;
  std::vector<SessionPtr> starting_;
  double allowance_ = 0;  // sessions that may start now
};

}  // namespace waxwing::session
