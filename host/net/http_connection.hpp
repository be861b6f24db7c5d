// SPDX-License-Identifier: Apache-2.0
// One connection for HTTP/1.1 requests, one after the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/unique_function.hpp"
#include "net/dial.hpp"
#include "net/http_body.hpp"
#include "net/http_head.hpp"
#include "net/stream.hpp"
#include "runtime/loop.hpp"

namespace waxwing::net {

// Held by its owner, who lets go of it when it is gone. Everything [loop].
class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
  struct Request {
    std::string head;                         // up to and with the empty line
    std::shared_ptr<const std::string> body;  // may be null
    std::size_t max_response_bytes = 0;       // the rest is not read
    Millis connect_timeout{0};
    Millis timeout{0};  // of everything
  };
  struct Answer {
    HttpHead head;
    std::string body;
  };
  // Ok and a whole answer, or why there is none.
  using Done = UniqueFunction<void(End end, Answer answer)>;
  using Gone = UniqueFunction<void(const HttpConnection&)>;

  // `gone` is called once, from the loop's queue, when it can take no more requests: before the
  // `done` of the last one.
  HttpConnection(Network& network, runtime::Loop& loop, Target target, Gone gone);
  ~HttpConnection();  // without a word
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  // While none is under way. `done` is called once, from the loop's queue.
  void send(Request request, Done done);
  // Of one that is idle.
  void close();
  // Nothing came for the last request, and there were others before it: the far end may have closed
  // before it saw it.
  [[nodiscard]] bool was_stale() const noexcept { return served_ > 0 && !answering_; }
  [[nodiscard]] Millis idle_since() const noexcept { return idle_since_; }

 private:
  void dial();
  void arm(Millis deadline);
  void on_timer();
  void on_ready();
  void flush();
  void read();
  void take(std::string_view input);
  void take_end();
  void watch(std::uint32_t interest);
  void answered(bool reusable);
  void fail(End end);
  void leave();

  Network& network_;
  runtime::Loop& loop_;
  const Target target_;
  Gone gone_;  // empty once called
  std::shared_ptr<Dial> dial_;
  Stream stream_;
  runtime::Loop::WatchId watch_ = 0;
  std::uint32_t interest_ = 0;
  runtime::Loop::TimerId timer_ = 0;
  Millis timer_at_{0};  // when that runs out
  Millis deadline_{0};  // of what is waited for now
  Millis end_{0};       // of the whole request
  Millis idle_since_{0};
  std::uint64_t served_ = 0;  // requests that were answered

  // Of the request that is under way.
  Request request_;
  std::size_t sent_ = 0;  // of head and body
  Done done_;
  bool answering_ = false;  // something of the answer came
  HttpHeadReader head_;
  std::optional<HttpBodyReader> body_reader_;
  std::string body_;
};

}  // namespace waxwing::net
