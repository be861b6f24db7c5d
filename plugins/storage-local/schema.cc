// SPDX-License-Identifier: Apache-2.0
// Creation and checks of shard files.
#include "schema.hpp"

#include <waxwing/plugin/storage.hpp>

namespace waxwing::storage_local {
namespace {

// `value` stands last: a row that overflows its page is then read no further than needed. The
// index covers only rows that expire.
constexpr char kTables[] = R"(
  BEGIN;
  CREATE TABLE wax_schema(
    version INTEGER NOT NULL, shard INTEGER NOT NULL, shards INTEGER NOT NULL,
    reserved_versions INTEGER NOT NULL);
  CREATE TABLE wax_kv(
    tenant TEXT NOT NULL, space TEXT NOT NULL, key BLOB NOT NULL,
    version INTEGER NOT NULL, expires_at_ms INTEGER NOT NULL, value BLOB NOT NULL,
    PRIMARY KEY(tenant, space, key)) WITHOUT ROWID;
  CREATE INDEX wax_kv_expiry ON wax_kv(expires_at_ms) WHERE expires_at_ms > 0;
)";

void create_shard(const Directory& directory, std::uint32_t index, std::uint32_t shards) {
  const std::string path = directory.shard_path(index);
  const std::string draft = path + ".new";
  make_private_file(draft);
  {
    Database db(draft);
    // Nothing is there to lose yet: one fsync of the finished file takes the place of many.
    db.execute("PRAGMA synchronous=OFF; PRAGMA journal_mode=MEMORY");
    db.execute(kTables);
    const std::string row = "INSERT INTO wax_schema VALUES(" + std::to_string(kSchemaVersion) +
                            "," + std::to_string(index) + "," + std::to_string(shards) +
                            ",0); COMMIT; PRAGMA journal_mode=WAL";
    db.execute(row.c_str());
    db.close();
  }
  publish_file(draft, path);
}

bool holds_rows(const std::string& path) {
  Database db(path);
  return db.integer("SELECT EXISTS(SELECT 1 FROM wax_kv)") != 0;
}

}  // namespace

std::uint32_t shards_of(const Directory& directory) {
  const std::string first = directory.shard_path(0);
  if (!directory.exists(first)) {
    return 0;
  }
  Database db(first);
  return db.integer("SELECT count(*) FROM sqlite_schema WHERE name = 'wax_schema'") != 0
             ? static_cast<std::uint32_t>(db.integer("SELECT shards FROM wax_schema"))
             : 0;
}

void create_missing_shards(const Directory& directory, std::uint32_t shards) {
  const bool complete = directory.exists(directory.shard_path(0));
  bool created = false;
  for (std::uint32_t i = shards; i-- > 0;) {
    const std::string path = directory.shard_path(i);
    if (directory.exists(path)) {
      if (!complete && holds_rows(path)) {
        throw plugin::Error(WAX_E_STATE, directory.shard_path(0) +
                                             " is missing while other shards hold data; restore "
                                             "the directory from a backup");
      }
      continue;
    }
    if (complete) {
      // Either a smaller count was configured before, which the check of shard 0 explains better,
      // or a file was lost.
      Database first(directory.shard_path(0));
      check_schema(first, directory.shard_path(0), 0, shards);
      throw plugin::Error(WAX_E_STATE, path + " is missing; restore the directory from a backup");
    }
    if (i == 0 && created) {
      directory.sync();  // all others must be there before the one that vouches for them
    }
    create_shard(directory, i, shards);
    created = true;
  }
  if (created) {
    directory.sync();
  }
}

void check_schema(Database& db, const std::string& path, std::uint32_t index,
                  std::uint32_t shards) {
  if (db.integer("SELECT count(*) FROM sqlite_schema WHERE name = 'wax_schema'") == 0) {
    throw plugin::Error(WAX_E_STATE, path + " is not a storage file of this server");
  }
  // The version first: a newer schema may have other columns.
  const std::int64_t version = db.integer("SELECT version FROM wax_schema");
  if (version > kSchemaVersion) {
    throw plugin::Error(WAX_E_STATE, path + " was written by a newer server (schema " +
                                         std::to_string(version) + ", this one knows " +
                                         std::to_string(kSchemaVersion) +
                                         "); update the server or restore a backup");
  }
  const std::int64_t was = db.integer("SELECT shards FROM wax_schema");
  if (was != std::int64_t{shards}) {
    throw plugin::Error(WAX_E_STATE, path + " belongs to a directory of " + std::to_string(was) +
                                         " shards, but the configuration says " +
                                         std::to_string(shards) + "; set shards to " +
                                         std::to_string(was));
  }
  const std::int64_t place = db.integer("SELECT shard FROM wax_schema");
  if (place != std::int64_t{index}) {
    throw plugin::Error(WAX_E_STATE, path + " holds shard " + std::to_string(place) +
                                         "; the files of the directory were mixed up");
  }
}

}  // namespace waxwing::storage_local
