// SPDX-License-Identifier: Apache-2.0
// What all workers of one server share.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "http/limits.hpp"
#include "http/mailbox.hpp"
#include "http/router.hpp"
#include "http/stats.hpp"
#include "http/tls.hpp"

namespace waxwing::http {

// Lets clients in, or leaves them waiting in the kernel's queue. [any-thread]
class Door {
 public:
  virtual ~Door() = default;
  // Each pause() needs its resume().
  virtual void pause() = 0;
  virtual void resume() = 0;
};

// Lives as long as any worker. `limits` and `router` do not change once the server runs.
struct Service {
  enum class Phase { Running, Draining, Stopping };

  Limits limits;
  Router router;
  std::shared_ptr<TlsServer> tls;  // null = in clear
  Stats stats;

  std::atomic<Phase> phase{Phase::Running};
  std::shared_ptr<Door> door;                       // set before any worker runs
  std::vector<std::shared_ptr<Mailbox>> mailboxes;  // one per worker, filled before any runs

  // For Server::stop(): a worker closed its last connection, or came to rest.
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t workers_at_rest = 0;  // guarded by mutex

  void notify() {
    { const std::lock_guard lock(mutex); }
    changed.notify_all();
  }
};

}  // namespace waxwing::http
