// SPDX-License-Identifier: Apache-2.0
// Connections of ours on a loop of their own, and far ends of the test's making.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "net/network.hpp"
#include "net/websocket.hpp"
#include "runtime/loop.hpp"
#include "support/certificates.hpp"
#include "support/program.hpp"
#include "support/temp_dir.hpp"

namespace waxwing::testing {

// What a WebSocket told; to be waited for from the test's thread.
class Recorder final : public net::WebSocketHandler {
 public:
  void on_opened(const net::Headers& headers) override;
  void on_message(std::string_view data, bool is_text) override;
  void on_writable() override;
  void on_closed(const net::End& end) override;

  // Each waits; a test that waits in vain gets false, nothing or an End with the reason "patience".
  [[nodiscard]] bool wait_opened();
  [[nodiscard]] std::optional<std::string> next_message();
  [[nodiscard]] bool wait_writable();
  [[nodiscard]] net::End wait_closed();
  [[nodiscard]] net::Headers headers();
  [[nodiscard]] std::size_t message_count();
  [[nodiscard]] std::size_t closings();

  std::function<void()> when_opened;  // on the loop

 private:
  template <class Test>
  bool wait(std::unique_lock<std::mutex>& lock, Test test);

  std::mutex mutex_;
  std::condition_variable changed_;
  bool opened_ = false;
  net::Headers headers_;
  std::deque<std::string> messages_;
  std::size_t message_count_ = 0;
  std::size_t writable_ = 0;
  std::size_t closings_ = 0;
  std::optional<net::End> end_;
};

// One loop with its thread.
class Wire {
 public:
  explicit Wire(net::Resolver::Lookup lookup = &net::Resolver::ask_system);
  ~Wire();

  // Runs on the loop and waits for it.
  void on_loop(const std::function<void()>& task);
  // Code::Ok options with a target; asserts that the URL is one.
  static net::WebSocket::Options options(const std::string& url);
  // `then` runs on the loop right after it. What it gives abandons the WebSocket, on the loop, when
  // it is let go: before its recorder.
  std::shared_ptr<net::WebSocket> open(net::WebSocket::Options options, Recorder& recorder,
                                       const std::function<void(net::WebSocket&)>& then = {});
  Status send(const std::shared_ptr<net::WebSocket>& socket, const std::string& data,
              bool is_text = false);

  runtime::Loop loop{"net-test"};
  net::Network network;
};

// A listener whose connections are served by a function, each on a thread of its own.
class RawServer {
 public:
  // Ends when the function returns; `descriptor` is blocking, and closed by the server.
  explicit RawServer(std::function<void(int descriptor)> serve);
  ~RawServer();
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] std::string url() const { return "ws://127.0.0.1:" + std::to_string(port_) + "/"; }
  [[nodiscard]] std::size_t connections();

 private:
  void listen();

  std::function<void(int)> serve_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::mutex mutex_;  // guards open_ and threads_
  std::vector<int> open_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

// For functions of a RawServer.
bool write_all(int descriptor, std::string_view data);
// Up to the end of a request's head; empty when the client goes.
std::string read_head(int descriptor);
// The answer that opens a WebSocket to that request.
std::string accept_websocket(const std::string& head);
// Until the client goes.
void wait_for_end(int descriptor);

// The server of npm's `ws`.
class WsServer {
 public:
  WsServer() : WsServer(std::nullopt) {}
  explicit WsServer(const std::optional<Certificate>& certificate);
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] std::string url(const std::string& path) const {
    return (tls_ ? "wss" : "ws") + std::string("://127.0.0.1:") + std::to_string(port_) + path;
  }
  Program& program() noexcept { return *program_; }

 private:
  TempDir files_;
  bool tls_;
  std::unique_ptr<Program> program_;
  std::uint16_t port_ = 0;
};

}  // namespace waxwing::testing
