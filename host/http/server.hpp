// SPDX-License-Identifier: Apache-2.0
// The HTTP server: listens, serves a router's routes, stops gracefully.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "http/limits.hpp"
#include "http/router.hpp"
#include "http/stats.hpp"
#include "http/tls.hpp"

namespace waxwing::http {

struct ServerOptions {
  std::string host = "127.0.0.1";  // an address, "localhost", "*" or "::"
  std::uint16_t port = 0;          // 0: any that is free, see Server::port()
  unsigned threads = 2;            // workers; one more thread accepts
  int backlog = 4096;              // connections that wait to be accepted
  std::optional<TlsFiles> tls;     // HTTPS instead of HTTP
  Limits limits;
};

// start() and stop() once each. [main-thread; never a handler]
class Server {
 public:
  Server(ServerOptions options, Router router);
  // Like stop(0).
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Listens when it returns. Code::Invalid for a host, a port or a certificate that cannot be,
  // Code::Unavailable with the system's reason when it is taken or may not be used.
  Status start();
  // Accepts no more, lets running requests end for up to `grace`, cancels the rest. Code::Timeout
  // when a handler holds a worker even then: its thread and what it uses are left alone, and the
  // process should end without destructors.
  Status stop(std::chrono::milliseconds grace);

  // The port it listens on; 0 before start(). [any-thread]
  [[nodiscard]] std::uint16_t port() const noexcept;
  // [any-thread]
  [[nodiscard]] const Stats& stats() const noexcept;
  // What the limits came to in this process. [any-thread after start()]
  [[nodiscard]] const Limits& limits() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace waxwing::http
