// SPDX-License-Identifier: Apache-2.0
// The tables of a shard file, their version, and the check that a file belongs where it stands.
#pragma once

#include <cstdint>
#include <string>

#include "directory.hpp"
#include "sqlite.hpp"

namespace waxwing::storage_local {

inline constexpr std::int64_t kSchemaVersion = 2;  // 1 had no journal

// Of a directory that is in use; 0 of a new one.
[[nodiscard]] std::uint32_t shards_of(const Directory& directory);

// Makes what is missing in a new directory, all shards or none: shard 0 appears last, so a
// directory that has it is complete. Throws plugin::Error when a complete one lacks a shard.
void create_missing_shards(const Directory& directory, std::uint32_t shards);

// Refuses a newer schema, another number of shards and a file from another place.
void check_schema(Database& db, const std::string& path, std::uint32_t index, std::uint32_t shards);

}  // namespace waxwing::storage_local
