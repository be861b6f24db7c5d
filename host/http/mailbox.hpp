// SPDX-License-Identifier: Apache-2.0
// Answers and calls on their way from any thread to the worker that owns the connection.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "http/responder.hpp"

namespace waxwing::http {

// Who is called by its worker, soon after anyone asked for it. [worker]
class Callee {
 public:
  virtual ~Callee() = default;
  virtual void on_call() = 0;
};

// Owned by a worker and by every Ticket and Feed of its connections, so that an answer may come
// after the worker ended. [any-thread]
class Mailbox {
 public:
  struct Answer {
    std::weak_ptr<AnswerSink> sink;
    std::uint64_t serial = 0;
    Response response;
  };
  struct Mail {
    std::vector<Answer> answers;
    std::vector<std::weak_ptr<Callee>> calls;
  };

  // Aborts when the process has no descriptor left: there is no server yet then.
  Mailbox();
  ~Mailbox();
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  void post(Answer&& answer);
  void call(std::weak_ptr<Callee> callee);
  // Makes the worker look at its state.
  void wake() noexcept;

  // Readable when there is something to do. [worker]
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
  // Clears the descriptor and returns what came. [worker]
  [[nodiscard]] Mail take();
  // Drops what comes from now on. [worker]
  void close();

 private:
  template <class F>
  void put(F&& add);

  const int descriptor_;
  std::mutex mutex_;
  bool closed_ = false;  // guarded by mutex_
  Mail mail_;            // guarded by mutex_
};

}  // namespace waxwing::http
