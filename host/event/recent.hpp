// SPDX-License-Identifier: Apache-2.0
// The last events of a session in its store, for clients of sockets that come back after a restart.
//
// Space waxwing.recent of the session's tenant: key = when it was kept (8 octets of unix time in ms
// and 4 of a count, both big-endian, so that keys of all sessions sort as the events came), value =
// the event's id, type and JSON with line feeds between them. A row expires when nobody is expected
// to come back for it any more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "event/event.hpp"
#include "storage/store.hpp"

namespace waxwing::event {

class Bus;

inline constexpr std::string_view kRecentSpace = "waxwing.recent";

// Of each session. What is larger than a quarter of `bytes` or than 512 KB is not kept.
struct RecentLimits {
  std::size_t events = 1'000;  // 0 = nothing is kept
  std::size_t bytes = 4 << 20;
};

// What an earlier run kept of a session.
struct Earlier {
  struct Row {
    std::string key;
    std::size_t bytes = 0;  // of the event's JSON
  };
  std::vector<Row> rows;  // in the order of keys
  std::int64_t wanted_until_ms = 0;
};

// One per session; costs next to nothing while nobody listens. [session-loop]
class Recent {
 public:
  // `bus` knows who listens, and outlives it.
  Recent(const Bus& bus, RecentLimits limits) : bus_(bus), limits_(limits) {}

  // Once, before the first keep().
  void inherit(Earlier earlier);
  // Adds the event's row, and the end of those that are too many, to what is stored with it; adds
  // nothing when no client of a socket would ask for the event.
  void keep(const Event& event, std::vector<storage::WriteOp>& rows);

 private:
  struct Window {
    std::deque<Earlier::Row> rows;
    std::size_t bytes = 0;
    void push(Earlier::Row row);
  };

  void trim(std::vector<storage::WriteOp>& rows);
  [[nodiscard]] Window& window();

  const Bus& bus_;
  const RecentLimits limits_;
  std::int64_t inherited_until_ms_ = 0;  // an earlier run's clients may come back until then
  std::unique_ptr<Window> window_;       // made with the first row
};

// Fills the bus's window with what earlier runs kept of these sessions, and says of each session
// that has something what that is. Blocks; `told` is called by one thread at a time. [main-thread]
struct KeptIn {
  std::string session;
  std::shared_ptr<storage::Store> store;
};
void recall(const std::vector<KeptIn>& sessions, RecentLimits limits, Bus& bus,
            const std::function<void(const std::string& session, Earlier earlier)>& told);

}  // namespace waxwing::event
