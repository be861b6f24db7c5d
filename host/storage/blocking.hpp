// SPDX-License-Identifier: Apache-2.0
// A store for threads that may wait: boot, tools, tests.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "storage/store.hpp"

namespace waxwing::storage {

// One tenant; every call waits for its answer. Never on a loop or a lane.
class BlockingTenant {
 public:
  BlockingTenant(Store& store, std::string_view name);

  [[nodiscard]] Result<std::vector<Row>> get(std::vector<KeyRef> keys) const;
  // The value of one key; Code::NotFound when it is missing.
  [[nodiscard]] Result<Row> get_one(std::string space, std::string key) const;
  [[nodiscard]] Result<std::vector<Row>> scan(Scan scan) const;
  // All pages of a scan.
  [[nodiscard]] Result<std::vector<Row>> scan_all(Scan scan) const;
  Status commit(std::vector<WriteOp> ops) const;
  Status drop() const;

 private:
  TenantStore tenant_;
};

[[nodiscard]] Result<std::vector<std::string>> list_tenants(Store& store);
[[nodiscard]] Result<std::string> stats(Store& store);

}  // namespace waxwing::storage
