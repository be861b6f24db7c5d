// SPDX-License-Identifier: Apache-2.0
// Calls an engine's callbacks with what the host found; inside of host/plugin only.
//
// What they are given borrows from the arguments and is gone when they return.
#pragma once

#include <vector>

#include <waxwing/abi.h>

#include "base/result.hpp"
#include "plugin/engine_sink.hpp"

namespace waxwing::plugin_host {

[[nodiscard]] inline wax_status to_abi(const Status& status) noexcept {
  return static_cast<wax_status>(status.code());
}

// `done` may be null.
void answer_done(wax_done_fn done, void* user, const Status& status);
void answer_rows(wax_rows_fn rows, void* user, const Result<std::vector<Row>>& found);
void answer_lease(wax_proxy_fn lease, void* user, const Result<Lease>& found);

}  // namespace waxwing::plugin_host
