// SPDX-License-Identifier: Apache-2.0
// One worker: the connections that Pistache's reactor serves on one thread.
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "http/connection.hpp"
#include "http/pistache.hpp"
#include "http/service.hpp"

namespace waxwing::http {

// Pistache clones the one given to the listener, once per worker. All methods [worker], except
// those that run before the worker does. Of the base class only the hand-over of accepted peers and
// removePeer() are in use: it never reads, writes or arms a timer.
class WorkerTransport final : public Pistache::Tcp::Transport, public ConnectionHost {
 public:
  WorkerTransport(std::shared_ptr<Pistache::Tcp::Handler> handler,
                  std::shared_ptr<Service> service);
  ~WorkerTransport() override;
  WorkerTransport(const WorkerTransport&) = delete;
  WorkerTransport& operator=(const WorkerTransport&) = delete;

  std::shared_ptr<Pistache::Aio::Handler> clone() const override;
  void registerPoller(Pistache::Polling::Epoll& poller) override;
  void onReady(const Pistache::Aio::FdSet& descriptors) override;

  // Called by the base class in the middle of its own work: takes note, acts later.
  void adopt(const std::shared_ptr<Pistache::Tcp::Peer>& peer);

  void schedule(Connection& connection) override;
  void want_write(Connection& connection) override;
  void release(Connection& connection) override;
  std::span<char> scratch() override { return scratch_; }

 private:
  struct Entry {
    std::shared_ptr<Pistache::Tcp::Peer> peer;
    std::shared_ptr<Connection> connection;
  };
  struct Ready {
    std::shared_ptr<Connection> connection;
    bool readable;
    bool broken;
  };

  void hand_over();
  void watch_the_queue(bool overflows);
  void welcome(const std::shared_ptr<Connection>& connection);
  void deliver_mail();
  void follow_phase();
  void run_scheduled();
  void tick();
  template <class F>
  void guarded(Connection& connection, F&& action);
  [[nodiscard]] std::vector<std::shared_ptr<Connection>> snapshot() const;

  const std::shared_ptr<Pistache::Tcp::Handler> handler_;
  const std::shared_ptr<Service> service_;
  const std::shared_ptr<Mailbox> mailbox_;
  int timer_ = -1;
  int hand_over_tag_ = -1;  // the base class's queue of accepted peers, known from its first event
  bool more_wait_ = false;  // in that queue, after this turn's share of them

  std::unordered_map<int, Entry> connections_;  // by descriptor
  std::vector<Ready> ready_;
  std::vector<std::shared_ptr<Connection>> fresh_;
  std::vector<std::shared_ptr<Connection>> scheduled_;
  std::vector<std::shared_ptr<Connection>> running_;
  std::vector<char> scratch_;
  Service::Phase phase_ = Service::Phase::Running;
};

// Receives accepted peers for its worker; one per clone of the transport.
class PeerHandler final : public Pistache::Tcp::Handler {
 public:
  PROTOTYPE_OF(Pistache::Tcp::Handler, PeerHandler)
  void onInput(const char*, std::size_t, const std::shared_ptr<Pistache::Tcp::Peer>&) override {}
  void onConnection(const std::shared_ptr<Pistache::Tcp::Peer>& peer) override;
};

}  // namespace waxwing::http
