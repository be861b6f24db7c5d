// SPDX-License-Identifier: Apache-2.0
// What the host's tables need to serve a module: one object for all modules of the process.
#pragma once

#include <memory>
#include <string>

#include "base/clock.hpp"
#include "plugin/handle_table.hpp"

namespace waxwing {
class Metrics;
}
namespace waxwing::net {
class Network;
}
namespace waxwing::runtime {
class BlockingPool;
}

namespace waxwing::plugin_host {

class Blob;
class EngineSession;

// Outlives every module. [any-thread]
struct Services {
  Services(runtime::BlockingPool& blocking_pool, Metrics& metrics_registry,
           const Clock& the_clock = Clock::system(), net::Network* the_network = nullptr)
      : pool(blocking_pool), metrics(metrics_registry), clock(the_clock), network(the_network) {}

  // A blob with the number of references that plugins hold.
  struct BlobEntry {
    std::shared_ptr<Blob> blob;
    std::shared_ptr<std::atomic<int>> references;
    explicit operator bool() const noexcept { return blob != nullptr; }
  };

  runtime::BlockingPool& pool;
  Metrics& metrics;
  const Clock& clock;
  net::Network* const network;  // null: no wax.host.net is offered
  HandleTable<std::shared_ptr<EngineSession>> sessions;
  HandleTable<BlobEntry> blobs;
  // Where sessions keep files, one directory for each; empty: no session_dir() is offered. Set
  // before the first session runs.
  std::string files_dir;
};

}  // namespace waxwing::plugin_host
