// SPDX-License-Identifier: Apache-2.0
// The configuration of this module and its JSON Schema.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace waxwing::storage_local {

struct Settings {
  std::string path;
  std::uint32_t shards = 0;                // 0: as many as the directory has, or a few
  std::uint32_t cache_kb = 128;            // page cache of each of a shard's two connections
  std::uint32_t busy_timeout_ms = 5'000;   // wait for a lock of another program (a backup)
  std::uint32_t checkpoint_pages = 1'000;  // of 4 KB each; size of a write-ahead log at which it
                                           // is copied into the database file

  std::uint32_t flush_kb = 8'192;        // of rows in memory, for each shard, that are moved into
  std::uint32_t flush_after_ms = 5'000;  // its file when they are that many, or that old

  // Throws plugin::Error that names the field.
  static Settings parse(std::string_view json);
};

inline constexpr char kSettingsSchema[] = R"({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "title": "storage-local",
  "description": "SQLite files in a directory of this machine.",
  "type": "object",
  "additionalProperties": false,
  "required": ["path"],
  "properties": {
    "path": {
      "type": "string", "minLength": 1,
      "description": "Directory of the data; made with mode 0700 when it is missing."
    },
    "shards": {
      "type": "integer", "minimum": 1, "maximum": 256,
      "description": "Number of files; fixed when the directory is first used. Without it as many as the directory has, 2 in a new one."
    },
    "cache_kb": {
      "type": "integer", "minimum": 16, "maximum": 65536, "default": 128,
      "description": "Page cache in KB, at most, of each of the two connections to a shard."
    },
    "busy_timeout_ms": {
      "type": "integer", "minimum": 0, "maximum": 60000, "default": 5000,
      "description": "How long to wait for a lock that another program, such as a backup, holds."
    },
    "checkpoint_pages": {
      "type": "integer", "minimum": 10, "maximum": 100000, "default": 1000,
      "description": "Length of a shard's write-ahead log, in pages of 4 KB, at which it is copied into the database file."
    },
    "flush_kb": {
      "type": "integer", "minimum": 16, "maximum": 1048576, "default": 8192,
      "description": "Rows of a shard that are only in the journal and in memory, in KB, at which they are moved into the database file."
    },
    "flush_after_ms": {
      "type": "integer", "minimum": 10, "maximum": 600000, "default": 5000,
      "description": "Age of the first of these rows at which they are moved."
    }
  }
})";

}  // namespace waxwing::storage_local
