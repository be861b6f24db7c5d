// SPDX-License-Identifier: Apache-2.0
// The built storage-local.so, loaded as the server does it but without a host behind it.
#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"
#include "plugin/storage_module.hpp"

namespace waxwing::testing {

// Not opened yet.
[[nodiscard]] Result<std::unique_ptr<plugin_host::StorageModule>> create_local_storage(
    const std::string& config_json);
// {"path": path, "shards": shards}
[[nodiscard]] std::string local_config(const std::string& path, int shards = 4,
                                       const std::string& more = "");
// Created and opened; fails the process if that fails.
[[nodiscard]] std::unique_ptr<plugin_host::StorageModule> open_local_storage(
    const std::string& path, int shards = 4, const std::string& more = "");
// What SQLite's own check says of a shard file; "ok" when it is sound.
[[nodiscard]] std::string integrity_of(const std::string& database_file);

}  // namespace waxwing::testing
