// SPDX-License-Identifier: Apache-2.0
// One WebSocket as a client: dialling, handshake, messages, keep-alive, the end.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "net/dial.hpp"
#include "net/end.hpp"
#include "net/stream.hpp"
#include "net/websocket_codec.hpp"
#include "runtime/loop.hpp"

namespace waxwing::net {

using Headers = std::vector<std::pair<std::string, std::string>>;

// What a WebSocket tells. Called from the loop's queue, never from inside of the WebSocket's own
// functions. on_closed() is the last and comes exactly once.
class WebSocketHandler {
 public:
  virtual ~WebSocketHandler() = default;
  virtual void on_opened(const Headers& headers) = 0;  // of the answer, names in lower case
  virtual void on_message(std::string_view data, bool is_text) = 0;
  virtual void on_writable() = 0;  // there is room again after send() was refused
  virtual void on_closed(const End& end) = 0;
};

// [loop]
class WebSocket final : public std::enable_shared_from_this<WebSocket> {
 public:
  struct Options {
    Dial::Params dial;
    Headers headers;  // are_sendable_headers(); those of the handshake itself are left out
    Millis connect_timeout{20'000};
    std::uint64_t max_message_bytes = 16 << 20;
    Millis ping_interval{0};  // 0 = no pings
  };
  // send() is refused while more than this waits.
  static constexpr std::size_t kMostWaiting = 1 << 20;

  // `handler` outlives on_closed(), or abandon().
  static std::shared_ptr<WebSocket> open(Network& network, runtime::Loop& loop, Options options,
                                         WebSocketHandler& handler);
  ~WebSocket();
  WebSocket(const WebSocket&) = delete;
  WebSocket& operator=(const WebSocket&) = delete;

  // Code::State unless open; Code::Unavailable when too much waits: nothing was taken then.
  Status send(std::string_view data, bool is_text);
  void pause(bool paused);
  // After what waits, says goodbye; on_closed() follows within 5 s.
  void close(std::uint16_t code, std::string_view reason);
  // Ends it now with that; on_closed() follows from the queue.
  void abort(End end);
  // Ends it now; the handler is not called any more.
  void abandon();

  [[nodiscard]] bool is_open() const noexcept { return state_ == State::Open; }
  [[nodiscard]] bool resumed_tls() const noexcept { return stream_.resumed(); }

 private:
  enum class State : std::uint8_t { Dialling, Handshaking, Open, Closing, Over };
  struct Opening;

  WebSocket(runtime::Loop& loop, const Options& options, WebSocketHandler& handler);
  void on_dialled(Stream stream, End end);
  void on_connect_timeout();
  void turn();
  [[nodiscard]] bool read_some();
  void take(std::string_view input);
  void take_handshake(std::string_view& input);
  [[nodiscard]] bool take_event(const WsEvent& event);
  [[nodiscard]] bool flush();
  void flush_soon();
  void turn_soon();
  void watch();
  void arm_ping(Millis delay);
  void on_ping_timer();
  void lose(End end);
  void finish(End end);
  void release();

  runtime::Loop& loop_;
  WebSocketHandler* handler_;
  std::unique_ptr<Opening> opening_;  // until it is open
  Stream stream_;
  WsReader reader_;
  std::string output_;       // frames on their way
  std::size_t written_ = 0;  // of output_
  std::string unread_;       // came in while paused
  Millis ping_interval_;
  Millis last_input_{0};
  runtime::Loop::WatchId watch_ = 0;
  std::uint32_t interest_ = 0;
  runtime::Loop::TimerId timer_ = 0;  // for opening, pings, closing: one at a time
  State state_ = State::Dialling;
  bool paused_ = false;
  bool refused_ = false;    // owes on_writable()
  bool flush_due_ = false;  // a task is in the queue
  bool turn_due_ = false;
  bool pinged_ = false;  // and nothing came since
};

}  // namespace waxwing::net
