// SPDX-License-Identifier: Apache-2.0
// The rows of one session in memory, by the rules of abi/storage.h.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "plugin/storage_module.hpp"

namespace waxwing::plugin_check {

class MemoryStore {
 public:
  [[nodiscard]] std::vector<plugin_host::Row> get(
      const std::vector<plugin_host::KeyRef>& keys) const;
  [[nodiscard]] std::vector<plugin_host::Row> scan(const plugin_host::Scan& scan) const;
  // All or nothing; Code::Conflict when a condition does not hold.
  Status apply(const std::vector<plugin_host::WriteOp>& ops);
  void clear() { rows_.clear(); }
  [[nodiscard]] std::size_t size() const noexcept { return rows_.size(); }

 private:
  std::map<std::pair<std::string, std::string>, plugin_host::Row> rows_;  // by space and key
  std::uint64_t version_ = 0;
};

}  // namespace waxwing::plugin_check
