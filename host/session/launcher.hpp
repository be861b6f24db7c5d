// SPDX-License-Identifier: Apache-2.0
// Starts the sessions of a booting server a few at a time.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "config/config.hpp"
#include "runtime/loop.hpp"
#include "session/manager.hpp"
#include "session/start_pace.hpp"

namespace waxwing::session {

// At the pace of StartPace, up to `starts_per_s`, with at most `starts_at_once` in STARTING; with
// `autostart_delay` one after the other at that distance. A session that hangs, or has to try again
// and again, delays nobody but itself.
struct Manager::Launcher : std::enable_shared_from_this<Manager::Launcher> {
  Launcher(runtime::Loop& loop, const config::Lifecycle& lifecycle, std::vector<SessionPtr> wanted)
      : loop_(loop),
        lifecycle_(lifecycle),
        waiting_(wanted.begin(), wanted.end()),
        pace_(lifecycle.starts_per_s) {}

  void start();
  void stop();

 private:
  void tick();
  void judge();

  runtime::Loop& loop_;
  const config::Lifecycle& lifecycle_;
  // Everything below belongs to the loop.
  std::deque<SessionPtr> waiting_;
  std::vector<SessionPtr> starting_;
  StartPace pace_;
  std::chrono::steady_clock::time_point ticked_;
};

}  // namespace waxwing::session
