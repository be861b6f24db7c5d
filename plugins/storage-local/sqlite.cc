// SPDX-License-Identifier: Apache-2.0
// Calls of SQLite and the translation of its result codes.
#include "sqlite.hpp"

#include <waxwing/plugin/storage.hpp>

namespace waxwing::storage_local {
namespace {

// What went wrong in words of the caller: the medium (come back later), memory, or the file.
wax_status status_of(int result) noexcept {
  switch (result & 0xFF) {
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
      return WAX_E_UNAVAILABLE;
    case SQLITE_NOMEM:
      return WAX_E_NO_MEMORY;
    case SQLITE_TOOBIG:
      return WAX_E_INVALID;
    default:
      return WAX_E_INTERNAL;
  }
}

[[noreturn]] void fail(sqlite3* db, int result) {
  std::string text = sqlite3_errstr(result);
  if (db != nullptr) {
    if (const char* detail = sqlite3_errmsg(db); detail != nullptr && text != detail) {
      text.append(" (").append(detail).append(")");
    }
    if (const char* file = sqlite3_db_filename(db, "main"); file != nullptr && *file != '\0') {
      text.insert(0, ": ").insert(0, file);
    }
  }
  throw plugin::Error(status_of(result), std::move(text));
}

// SQLite takes a null pointer for NULL, which no column of ours may be.
const char* address(std::string_view value) noexcept {
  return value.data() != nullptr ? value.data() : "";
}

}  // namespace

Statement::Statement(sqlite3* db, std::string_view sql) {
  sqlite3_stmt* stmt = nullptr;
  const int result = sqlite3_prepare_v3(db, sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &stmt, nullptr);
  if (result != SQLITE_OK) {
    fail(db, result);
  }
  stmt_.reset(stmt);
}

Cursor::~Cursor() {
  sqlite3_reset(stmt_);
  sqlite3_clear_bindings(stmt_);
}

void Cursor::bound(int result) {
  if (result != SQLITE_OK) {
    fail(sqlite3_db_handle(stmt_), result);
  }
  ++next_parameter_;
}

Cursor& Cursor::text(std::string_view value) {
  bound(sqlite3_bind_text64(stmt_, next_parameter_, address(value), value.size(), SQLITE_STATIC,
                            SQLITE_UTF8));
  return *this;
}

Cursor& Cursor::blob(std::string_view value) {
  bound(sqlite3_bind_blob64(stmt_, next_parameter_, address(value), value.size(), SQLITE_STATIC));
  return *this;
}

Cursor& Cursor::integer(std::int64_t value) {
  bound(sqlite3_bind_int64(stmt_, next_parameter_, value));
  return *this;
}

bool Cursor::step() {
  const int result = sqlite3_step(stmt_);
  if (result != SQLITE_ROW && result != SQLITE_DONE) {
    fail(sqlite3_db_handle(stmt_), result);
  }
  return result == SQLITE_ROW;
}

void Cursor::run() {
  while (step()) {
  }
}

std::string_view Cursor::bytes_at(int column) const noexcept {
  // The pointer first: asking for it may convert the value and change its size.
  const auto* data = static_cast<const char*>(sqlite3_column_blob(stmt_, column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(stmt_, column));
  return data != nullptr ? std::string_view(data, size) : std::string_view();
}

std::int64_t Cursor::integer_at(int column) const noexcept {
  return sqlite3_column_int64(stmt_, column);
}

Database::Database(const std::string& path) {
  sqlite3* db = nullptr;
  const int result = sqlite3_open_v2(
      path.c_str(), &db,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
      nullptr);
  db_.reset(db);
  if (result != SQLITE_OK) {
    fail(db, result);
  }
  // The default lookaside memory is 48 KB or more per connection; sixteen connections count.
  constexpr int kLookasideSlotBytes = 128;
  constexpr int kLookasideSlots = 64;
  sqlite3_db_config(db, SQLITE_DBCONFIG_LOOKASIDE, nullptr, kLookasideSlotBytes, kLookasideSlots);
}

void Database::execute(const char* sql) {
  if (const int result = sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr);
      result != SQLITE_OK) {
    fail(db_.get(), result);
  }
}

std::int64_t Database::integer(std::string_view sql) {
  Statement statement = prepare(sql);
  Cursor cursor(statement);
  return cursor.step() ? cursor.integer_at(0) : 0;
}

Statement& Database::ready(Statement& statement, std::string_view sql) {
  if (!statement.prepared()) {
    statement = prepare(sql);
  }
  return statement;
}

void Database::rollback() noexcept {
  if (in_transaction()) {
    // SQLite may have rolled back by itself already; that is the state we want.
    sqlite3_exec(db_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

void Database::close() {
  sqlite3* db = db_.release();
  if (const int result = sqlite3_close(db); result != SQLITE_OK) {
    db_.reset(db);
    fail(db, result);
  }
}

}  // namespace waxwing::storage_local
