// SPDX-License-Identifier: Apache-2.0
// A webhook receiver for tests: real HTTP/1.1 on loopback, in clear or under TLS, that can fail in
// every way there is.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "support/certificates.hpp"
#include "support/patience.hpp"
#include "support/value.hpp"

namespace waxwing::testing {

// One request as it came.
struct Received {
  std::string path;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
  std::chrono::steady_clock::time_point at;

  [[nodiscard]] std::string header(const std::string& name) const;
  [[nodiscard]] Value json() const { return Value::parse(body); }
};

// What the receiver does with a request.
struct Reaction {
  int status = 200;
  std::vector<std::string> headers = {};  // "Name: value"
  std::string body = {};
  Millis delay{0};
  bool reset = false;   // closes the connection with a reset, without an answer
  bool silent = false;  // never answers
};

// One thread per connection. Public functions are [any-thread].
class Receiver {
 public:
  using React = std::function<Reaction(const Received&)>;

  // Answers 200 unless told otherwise. `port` 0 = any free one.
  explicit Receiver(React react = {}, std::uint16_t port = 0);
  // Under TLS, with that certificate.
  explicit Receiver(const Certificate& certificate, React react = {});
  ~Receiver();
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  [[nodiscard]] std::string url(const std::string& path = "/hook") const;
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  // Everything that came, refused requests too, in the order of their coming.
  [[nodiscard]] std::vector<Received> all() const;
  [[nodiscard]] std::size_t count() const;
  // Waits until `condition` holds for what came.
  bool wait(const std::function<bool(const std::vector<Received>&)>& condition,
            Millis limit = kPatience) const;
  bool wait_count(std::size_t count, Millis limit = kPatience) const;
  void react_with(React react);
  [[nodiscard]] std::size_t connections() const noexcept { return connections_.load(); }

 private:
  struct Peer;  // one connection
  struct Tls;   // what all connections share of it

  Receiver(std::unique_ptr<Tls> tls, React react, std::uint16_t port);

  void accept_all();
  void serve(int fd);
  [[nodiscard]] bool answer(Peer& peer, const Reaction& reaction);

  const std::unique_ptr<Tls> tls_;  // null: in clear
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<std::size_t> connections_{0};  // that were ever opened
  mutable std::mutex mutex_;                 // guards all below
  mutable std::condition_variable changed_;
  React react_;
  std::vector<Received> received_;
  std::vector<int> open_;
  std::vector<std::thread> threads_;
  bool ending_ = false;
  std::thread acceptor_;
};

}  // namespace waxwing::testing
