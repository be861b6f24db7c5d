// SPDX-License-Identifier: Apache-2.0
// The right to answer one request, once, from any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "http/response.hpp"

namespace waxwing::http {

class Mailbox;

// Who takes answers: the HTTP side of one connection. [worker]
class AnswerSink {
 public:
  virtual ~AnswerSink() = default;
  // `serial` names the request; an answer to another one than the current is dropped.
  virtual void on_answer(std::uint64_t serial, Response&& response) = 0;
};

// One request's state that its Responder and its connection share. [any-thread]
class Ticket {
 public:
  Ticket(std::shared_ptr<Mailbox> mailbox, std::weak_ptr<AnswerSink> sink, std::uint64_t serial);

  // First answer wins; true for the winner.
  bool answer(Response&& response);
  // The connection answered by itself: what comes later is dropped. [worker]
  void forestall() noexcept;
  // The client is gone or the server gave up: callbacks run, answers are dropped. [worker]
  void cancel();

  [[nodiscard]] bool cancelled() const noexcept { return cancelled_.load(); }
  [[nodiscard]] bool answered() const noexcept { return answered_.load(); }
  void on_cancel(std::function<void()> callback);

  // While one of these lives, an answer given on this thread goes straight to the connection.
  // [worker]
  class DirectScope {
   public:
    explicit DirectScope(const Ticket& ticket) noexcept;
    ~DirectScope();
    DirectScope(const DirectScope&) = delete;
    DirectScope& operator=(const DirectScope&) = delete;

   private:
    const Ticket* outer_;
  };

 private:
  void drop_callbacks() noexcept;

  const std::shared_ptr<Mailbox> mailbox_;
  const std::weak_ptr<AnswerSink> sink_;
  const std::uint64_t serial_;
  std::atomic<bool> answered_{false};
  std::atomic<bool> cancelled_{false};
  std::mutex mutex_;
  std::vector<std::function<void()>> callbacks_;  // guarded by mutex_
};

// Move-only. Dropped without an answer, it answers 500. It may outlive its connection and its
// server: answers then go nowhere. [any-thread, one at a time]
class Responder {
 public:
  explicit Responder(std::shared_ptr<Ticket> ticket) noexcept : ticket_(std::move(ticket)) {}
  ~Responder() { abandon(); }
  Responder(Responder&&) noexcept = default;
  Responder& operator=(Responder&& other) noexcept {
    if (this != &other) {
      abandon();
      ticket_ = std::move(other.ticket_);
    }
    return *this;
  }
  Responder(const Responder&) = delete;
  Responder& operator=(const Responder&) = delete;

  // The second and later calls do nothing.
  void send(Response response) {
    if (ticket_) {
      ticket_->answer(std::move(response));
    }
  }
  void send_json(int status, Body body) { send(Response::json(status, std::move(body))); }

  // True once nobody waits for the answer: the connection broke, its time ran out, or the server
  // stops. A client that only closed its sending half still waits.
  [[nodiscard]] bool cancelled() const noexcept { return !ticket_ || ticket_->cancelled(); }
  // Runs `callback` once, on the worker thread (or here and now if it is too late), when that
  // happens before an answer. It must not block or throw.
  void on_cancel(std::function<void()> callback) {
    if (ticket_) {
      ticket_->on_cancel(std::move(callback));
    }
  }
  [[nodiscard]] bool answered() const noexcept { return !ticket_ || ticket_->answered(); }

 private:
  void abandon() noexcept;

  std::shared_ptr<Ticket> ticket_;
};

}  // namespace waxwing::http
