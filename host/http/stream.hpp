// SPDX-License-Identifier: Apache-2.0
// What WebSockets and event streams have in common: a connection that a Feed's messages leave by.
#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "http/feed.hpp"
#include "http/mailbox.hpp"
#include "http/protocol.hpp"
#include "http/service.hpp"

namespace waxwing::http {

// What an answer promises to its client from then on.
struct Stream {
  std::shared_ptr<Feed> feed;
  // Goes with the connection, on its worker: what fills the feed.
  std::shared_ptr<void> companion;
  // How often a sign of life is sent.
  std::chrono::milliseconds pulse{60'000};
};

// Takes from the feed when all taken before is with the kernel, so what waits for a slow client
// waits in the feed, which has a limit. [worker]
class StreamProtocol : public Protocol,
                       public Callee,
                       public std::enable_shared_from_this<StreamProtocol> {
 public:
  StreamProtocol(const Handover& handover, StreamStats& stats, Stream stream);
  ~StreamProtocol() override;
  StreamProtocol(const StreamProtocol&) = delete;
  StreamProtocol& operator=(const StreamProtocol&) = delete;

  void on_open() override;
  void on_call() override;
  [[nodiscard]] bool wants_input() const override { return !done_; }
  [[nodiscard]] bool starved() const override { return true; }  // all input is used at once
  void on_end_of_input() override { end(); }
  void on_drained() override;
  void on_drain() override;
  void on_closed() override;

 protected:
  virtual void write_message(const Message& message) = 0;
  // After it no message is written.
  virtual void say_farewell(const Farewell& farewell) = 0;

  // Nothing more is written; the connection ends gently.
  void end();
  // In one pulse on_timeout() comes.
  void wait_for_pulse() { channel_.set_deadline(channel_.now() + stream_.pulse); }

  [[nodiscard]] Channel& channel() noexcept { return channel_; }
  [[nodiscard]] StreamStats& stats() noexcept { return stats_; }
  [[nodiscard]] const Limits& limits() const noexcept { return limits_; }
  [[nodiscard]] bool done() const noexcept { return done_; }

 private:
  void pump();
  void let_go();

  Channel& channel_;
  const Limits& limits_;
  StreamStats& stats_;
  const std::shared_ptr<Mailbox> mailbox_;
  Stream stream_;
  std::optional<Farewell> farewell_;  // to be said when what was taken has left
  bool writing_ = false;              // what was taken last has not left
  bool open_ = false;
  bool done_ = false;
};

}  // namespace waxwing::http
