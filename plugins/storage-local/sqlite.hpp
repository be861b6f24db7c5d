// SPDX-License-Identifier: Apache-2.0
// SQLite as RAII objects that throw plugin::Error.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <sqlite3.h>

namespace waxwing::storage_local {

// A prepared statement, kept by its owner and used through Cursor. Not thread-safe.
class Statement {
 public:
  Statement() = default;
  Statement(sqlite3* db, std::string_view sql);

  [[nodiscard]] bool prepared() const noexcept { return stmt_ != nullptr; }
  [[nodiscard]] sqlite3_stmt* raw() const noexcept { return stmt_.get(); }

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* stmt) const noexcept { sqlite3_finalize(stmt); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> stmt_;
};

// One execution of a statement: binds, steps, and resets it at the end. What is bound is borrowed
// and must outlive the cursor; what is read is valid until the next step.
class Cursor {
 public:
  explicit Cursor(Statement& statement) noexcept : stmt_(statement.raw()) {}
  ~Cursor();
  Cursor(const Cursor&) = delete;
  Cursor& operator=(const Cursor&) = delete;

  Cursor& text(std::string_view value);
  Cursor& blob(std::string_view value);
  Cursor& integer(std::int64_t value);

  // True while there is a row.
  bool step();
  // Steps to the end.
  void run();

  [[nodiscard]] std::string_view bytes_at(int column) const noexcept;
  [[nodiscard]] std::int64_t integer_at(int column) const noexcept;

 private:
  void bound(int result);

  sqlite3_stmt* stmt_;
  int next_parameter_ = 1;
};

// A connection. Not thread-safe: its owner holds a mutex.
class Database {
 public:
  Database() = default;
  // Creates the file when it is missing.
  explicit Database(const std::string& path);

  void execute(const char* sql);
  // The first column of the first row; 0 without a row.
  [[nodiscard]] std::int64_t integer(std::string_view sql);
  [[nodiscard]] Statement prepare(std::string_view sql) { return {db_.get(), sql}; }
  // Prepares `statement` unless it is, and hands it out.
  Statement& ready(Statement& statement, std::string_view sql);
  [[nodiscard]] bool in_transaction() const noexcept {
    return sqlite3_get_autocommit(db_.get()) == 0;
  }
  // Whatever state the connection is in, afterwards it is outside a transaction.
  void rollback() noexcept;
  // Closes and says whether that worked; all statements must be gone.
  void close();
  [[nodiscard]] sqlite3* handle() const noexcept { return db_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* db) const noexcept { sqlite3_close_v2(db); }
  };
  std::unique_ptr<sqlite3, Close> db_;
};

}  // namespace waxwing::storage_local
