// SPDX-License-Identifier: Apache-2.0
// One client connection: reading, writing, deadlines and closing, whatever is spoken on it.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/limits.hpp"
#include "http/protocol.hpp"
#include "http/stats.hpp"

namespace waxwing::http {

class Connection;

// The worker, as its connections see it. [worker]
class ConnectionHost {
 public:
  virtual ~ConnectionHost() = default;
  // turn() is to be called soon, after other connections had theirs.
  virtual void schedule(Connection& connection) = 0;
  // From now on on_event() tells when the socket can be written, too.
  virtual void want_write(Connection& connection) = 0;
  // Closes the socket and forgets the connection, which may be destroyed when the caller returns.
  virtual void release(Connection& connection) = 0;
  // Room for one read, shared by all connections.
  [[nodiscard]] virtual std::span<char> scratch() = 0;
};

// What is written and not yet with the kernel.
class Output {
 public:
  enum class Result { Drained, Blocked, Yield, Broken };

  void push(Body piece) {
    if (!piece.empty()) {
      pieces_.push_back(std::move(piece));
    }
  }
  [[nodiscard]] bool empty() const noexcept { return first_ == pieces_.size(); }
  void clear() noexcept;
  // Writes until the socket is full or `share` is used up, which shrinks by what goes; `written`
  // grows by it.
  [[nodiscard]] Result write_to(int descriptor, std::size_t& written, std::size_t& share);

 private:
  std::vector<Body> pieces_;
  std::size_t first_ = 0;   // the first piece not completely written
  std::size_t offset_ = 0;  // of it
};

// Owned by its worker. Edge-triggered: it remembers that the socket has more and comes back to it,
// so that one lively client never holds the others up. [worker]
class Connection final : public Channel, public std::enable_shared_from_this<Connection> {
 public:
  // The descriptor stays the host's; `host`, `limits`, `stats` outlive the connection.
  Connection(ConnectionHost& host, const Limits& limits, Stats& stats, int descriptor);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void start(std::shared_ptr<Protocol> protocol) { protocol_ = std::move(protocol); }

  void on_event(bool readable, bool broken);
  // Does a fair share of what there is to do.
  void turn();
  void on_tick(TimePoint now);
  void on_drain();
  // Closes now, whatever is going on.
  void close();

  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
  [[nodiscard]] bool closed() const noexcept { return closed_; }
  // For the host: is it in the queue of scheduled ones?
  bool scheduled = false;

  void write(std::string head, Body body) override;
  void finish() override;
  void set_deadline(TimePoint deadline) override { deadline_ = deadline; }
  [[nodiscard]] TimePoint now() const override { return std::chrono::steady_clock::now(); }
  void become(std::shared_ptr<Protocol> next) override;

 private:
  void step();
  // False when the connection has to wait or is gone.
  bool flush();
  void offer(std::string_view fresh);
  void change_protocol();
  void linger();

  ConnectionHost& host_;
  const Limits& limits_;
  Stats& stats_;
  const int descriptor_;
  std::shared_ptr<Protocol> protocol_;
  std::shared_ptr<Protocol> next_;  // takes over when output_ is empty

  std::string input_;       // read, not used yet
  bool input_due_ = false;  // the protocol has not seen all of input_
  Output output_;
  std::size_t share_ = 0;    // octets that this turn may still write
  std::size_t written_ = 0;  // since output_ was empty last
  TimePoint write_started_{};
  TimePoint write_progress_{};
  TimePoint deadline_ = TimePoint::max();
  bool readable_ = true;  // the socket may have more for us
  bool ended_ = false;    // the client will send nothing more
  bool writes_watched_ = false;
  bool finishing_ = false;  // the protocol has said all it had to say
  bool draining_ = false;   // the server stops
  bool shut_ = false;       // our half of the connection is closed
  bool in_turn_ = false;
  bool closed_ = false;
};

}  // namespace waxwing::http
