// SPDX-License-Identifier: Apache-2.0
// TLS of the server: its certificate, which is read again when its files change, and one
// connection.
#pragma once

#include <array>
#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <sys/uio.h>

#include "base/result.hpp"
#include "http/io.hpp"

struct ssl_ctx_st;
struct ssl_st;

namespace waxwing::http {

struct TlsFiles {
  std::string key;    // PEM, as the others
  std::string cert;   // the server's own, or with its chain behind it
  std::string chain;  // certificates between it and an authority; may be empty or missing
};

// The server's side of TLS on one connection. Nothing waits. [worker]
class TlsConnection {
 public:
  explicit TlsConnection(ssl_st* connection) noexcept : connection_(connection) {}
  ~TlsConnection();
  TlsConnection(const TlsConnection&) = delete;
  TlsConnection& operator=(const TlsConnection&) = delete;

  // As the functions of io.hpp. Either may need the socket in either direction: after WouldBlock
  // every event of the socket is a reason to try again, and wants_write() is one to ask for events.
  [[nodiscard]] IoResult receive(std::span<char> into) noexcept;
  [[nodiscard]] IoResult transmit(std::span<const iovec> pieces) noexcept;
  [[nodiscard]] bool wants_write() const noexcept { return wants_write_; }
  // Says that no more will come.
  void shut_down() noexcept;

 private:
  [[nodiscard]] IoResult result(int returned) noexcept;

  ssl_st* connection_;
  bool wants_write_ = false;
};

// [any-thread]
class TlsServer {
 public:
  // Code::Invalid, naming the file, when key and certificate are no pair that can be used.
  static Result<std::shared_ptr<TlsServer>> load(TlsFiles files);
  ~TlsServer();
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  // For a new connection. Looks, at most once a second, whether the files have changed; new ones
  // that cannot be used leave the old certificate in use, and a warning.
  [[nodiscard]] std::unique_ptr<TlsConnection> accept(int descriptor);

 private:
  using Times = std::array<std::filesystem::file_time_type, 3>;
  using Clock = std::chrono::steady_clock;

  explicit TlsServer(TlsFiles files) : files_(std::move(files)) {}
  [[nodiscard]] Result<std::shared_ptr<ssl_ctx_st>> read() const;
  [[nodiscard]] Times times() const;
  void refresh();

  const TlsFiles files_;
  std::mutex mutex_;  // guards all below
  std::shared_ptr<ssl_ctx_st> context_;
  Times read_at_{};
  Clock::time_point looked_at_{};
};

}  // namespace waxwing::http
