// SPDX-License-Identifier: Apache-2.0
// The sockets: WebSockets of clients, and the control interface's HTTP.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "io.hpp"

namespace waxwing::simulator {

class Server;

struct HttpRequest {
  std::string method;
  std::string target;
  std::string body;
};
struct HttpReply {
  unsigned status = 200;
  std::string type = "application/json";
  std::string body;
};
// Answers a request of the control interface by calling `reply` once, now or later.
using OnHttp = std::function<void(HttpRequest request, std::function<void(HttpReply)> reply)>;

// Sockets, timers and signals of the whole program, on the thread that calls run().
class Edge {
 public:
  Edge();
  ~Edge();
  Edge(const Edge&) = delete;
  Edge& operator=(const Edge&) = delete;

  [[nodiscard]] Clock& clock() noexcept;
  // Numeric addresses; port 0 takes a free one. The port, or 0 with `error` set.
  std::uint16_t listen_clients(std::string_view address, std::uint16_t port, Server& server,
                               std::string& error);
  std::uint16_t listen_control(std::string_view address, std::uint16_t port, OnHttp on_http,
                               std::string& error);
  // Until SIGINT or SIGTERM.
  void run();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace waxwing::simulator
