// SPDX-License-Identifier: Apache-2.0
// The life of a client's WebSocket.
#include "net/websocket.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "base/free_memory.hpp"
#include "net/websocket_handshake.hpp"

namespace waxwing::net {

using runtime::Loop;

namespace {

constexpr Millis kGoodbye(5000);
// One turn's share: a lively far end must not hold up the loop's other connections.
constexpr int kReadsPerTurn = 16;
constexpr std::size_t kScratchBytes = 32 * 1024;
// Timers of thousands of connections share their wake-ups.
constexpr Millis kPingSlack(1000);

std::span<char> scratch() {
  thread_local std::array<char, kScratchBytes> octets;
  return octets;
}

}  // namespace

// What is needed until the connection is open, and not for the days after.
struct WebSocket::Opening {
  WsHandshake handshake;
  std::shared_ptr<Dial> dial;
};

std::shared_ptr<WebSocket> WebSocket::open(Network& network, Loop& loop, Options options,
                                           WebSocketHandler& handler) {
  Dial::Params params = std::move(options.dial);
  const Millis timeout = options.connect_timeout;
  std::shared_ptr<WebSocket> self(new WebSocket(loop, options, handler));
  self->opening_.reset(new Opening{{params.target, std::move(options.headers)}, nullptr});
  const std::weak_ptr<WebSocket> weak = self;
  self->timer_ = loop.start_timer(timeout, [weak] {
    if (const auto alive = weak.lock()) {
      alive->timer_ = 0;
      alive->on_connect_timeout();
    }
  });
  self->opening_->dial =
      Dial::start(network, loop, std::move(params), [weak](Stream stream, End end) {
        if (const auto alive = weak.lock()) {
          alive->on_dialled(std::move(stream), std::move(end));
        }
      });
  return self;
}

WebSocket::WebSocket(Loop& loop, const Options& options, WebSocketHandler& handler)
    : loop_(loop),
      handler_(&handler),
      reader_(WsRole::Client, options.max_message_bytes),
      ping_interval_(options.ping_interval) {}

WebSocket::~WebSocket() {
  release();
}

// Opening ----------------------------------------------------------------------------------------

void WebSocket::on_dialled(Stream stream, End end) {
  if (state_ != State::Dialling) {
    return;
  }
  opening_->dial.reset();
  if (!end.is_ok()) {
    finish(std::move(end));
    return;
  }
  stream_ = std::move(stream);
  state_ = State::Handshaking;
  output_ = opening_->handshake.request();
  turn();
}

void WebSocket::on_connect_timeout() {
  if (state_ == State::Dialling) {
    finish(opening_->dial->timeout());
  } else if (state_ == State::Handshaking) {
    finish({Code::Timeout, "timeout", "the server did not answer the handshake in time"});
  }
}

void WebSocket::take_handshake(std::string_view& input) {
  switch (opening_->handshake.feed(input)) {
    case HttpHeadReader::State::More:
      return;
    case HttpHeadReader::State::Bad:
      finish(End::failed("protocol_error", "the server does not answer with HTTP"));
      return;
    case HttpHeadReader::State::Done:
      break;
  }
  End refusal = opening_->handshake.verdict();
  if (!refusal.is_ok()) {
    finish(std::move(refusal));
    return;
  }
  state_ = State::Open;
  loop_.cancel_timer(std::exchange(timer_, 0));
  const std::unique_ptr<Opening> opening = std::move(opening_);
  if (ping_interval_ > Millis(0)) {
    last_input_ = loop_.clock().monotonic();
    arm_ping(ping_interval_);
  }
  handler_->on_opened(opening->handshake.answer_headers());
}

// Reading ----------------------------------------------------------------------------------------

void WebSocket::turn() {
  const auto self = shared_from_this();
  if (!flush()) {
    return;
  }
  if (!unread_.empty() && !paused_) {
    const std::string input = std::exchange(unread_, {});
    take(input);
  }
  for (int reads = 0; state_ != State::Over && !paused_ && read_some();) {
    if (++reads == kReadsPerTurn) {
      turn_soon();
      break;
    }
  }
  if (state_ != State::Over && !turn_due_) {
    watch();
  }
}

// False when there is no more for now.
bool WebSocket::read_some() {
  const std::span<char> octets = scratch();
  std::size_t got = 0;
  switch (stream_.read(octets, got)) {
    case Stream::Io::Some:
      last_input_ = loop_.clock().monotonic();
      pinged_ = false;
      take({octets.data(), got});
      // If there is more by now, the loop tells.
      return got == octets.size() || stream_.has_pending();
    case Stream::Io::Blocked:
      return false;
    case Stream::Io::End:
      lose(state_ == State::Handshaking
               ? End::failed("handshake_refused", "the server closed instead of answering")
               : End::failed("connection_closed", "the far end closed without a goodbye"));
      return false;
    case Stream::Io::Failed:
      lose(stream_.failure());
      return false;
  }
  return false;
}

void WebSocket::take(std::string_view input) {
  if (state_ == State::Handshaking) {
    take_handshake(input);
  }
  while (state_ == State::Open || state_ == State::Closing) {
    if (paused_) {
      unread_.append(input);
      return;
    }
    const WsEvent event = reader_.next(input);
    if (event.kind == WsEvent::Kind::NeedMore || !take_event(event)) {
      return;
    }
  }
}

// False when that was the last one.
bool WebSocket::take_event(const WsEvent& event) {
  switch (event.kind) {
    case WsEvent::Kind::Text:
    case WsEvent::Kind::Binary:
      if (state_ == State::Open) {
        handler_->on_message(event.data, event.kind == WsEvent::Kind::Text);
      }
      return state_ != State::Over;
    case WsEvent::Kind::Ping:
      // Of many pings that nobody reads the answers to, some may stay unanswered (RFC 6455, 5.5.3).
      if (state_ == State::Open && output_.size() - written_ < kMostWaiting) {
        ws_append_frame(output_, WsRole::Client, WsOpcode::Pong, event.data);
        flush_soon();
      }
      return true;
    case WsEvent::Kind::Pong:
    case WsEvent::Kind::NeedMore:
      return true;
    case WsEvent::Kind::Close: {
      if (state_ == State::Open) {
        ws_append_close(output_, WsRole::Client, event.code, {});
      }
      finish({Code::Ok, "", std::string(event.data), event.code});
      return false;
    }
    case WsEvent::Kind::Error: {
      End end = End::failed(event.code == ws_close::kTooBig ? "message_too_long" : "protocol_error",
                            "the far end broke the protocol: " + std::string(event.data));
      ws_append_close(output_, WsRole::Client, event.code, {});
      finish(std::move(end));
      return false;
    }
  }
  return false;
}

void WebSocket::pause(bool paused) {
  if (paused_ == paused || state_ == State::Over) {
    return;
  }
  paused_ = paused;
  if (paused) {
    watch();
  } else {
    turn_soon();
  }
}

// Writing ----------------------------------------------------------------------------------------

Status WebSocket::send(std::string_view data, bool is_text) {
  if (state_ != State::Open) {
    return {Code::State, "the WebSocket is not open"};
  }
  if (output_.size() - written_ > kMostWaiting) {
    refused_ = true;
    return {Code::Unavailable, "too much waits to be sent"};
  }
  ws_append_frame(output_, WsRole::Client, is_text ? WsOpcode::Text : WsOpcode::Binary, data);
  flush_soon();
  return Status::ok();
}

// What is sent in one go of the engine leaves in one piece.
void WebSocket::flush_soon() {
  if (flush_due_ || state_ == State::Over) {
    return;
  }
  flush_due_ = true;
  loop_.post([weak = weak_from_this()] {
    if (const auto self = weak.lock()) {
      self->flush_due_ = false;
      if (self->state_ != State::Over && self->flush()) {
        self->watch();
      }
    }
  });
}

void WebSocket::turn_soon() {
  if (!turn_due_) {
    turn_due_ = true;
    loop_.post([weak = weak_from_this()] {
      if (const auto self = weak.lock()) {
        self->turn_due_ = false;
        if (self->state_ > State::Dialling && self->state_ != State::Over) {
          self->turn();
        }
      }
    });
  }
}

// False when the connection is over.
bool WebSocket::flush() {
  while (written_ < output_.size()) {
    std::size_t sent = 0;
    const auto result = stream_.write(std::string_view(output_).substr(written_), sent);
    written_ += sent;
    if (result == Stream::Io::Blocked) {
      break;
    }
    if (result != Stream::Io::Some) {
      lose(stream_.failure());
      return false;
    }
  }
  if (written_ == output_.size()) {
    free_memory(output_);  // idle connections hold nothing
    written_ = 0;
  } else if (written_ >= kMostWaiting / 4) {
    output_.erase(0, written_);
    written_ = 0;
  }
  if (refused_ && output_.size() - written_ <= kMostWaiting / 2) {
    refused_ = false;
    if (state_ == State::Open) {
      handler_->on_writable();
    }
  }
  return state_ != State::Over;
}

void WebSocket::watch() {
  if (state_ == State::Dialling || state_ == State::Over) {
    return;
  }
  std::uint32_t interest = 0;
  if (!paused_) {
    interest |= Loop::kRead;
  }
  if (written_ < output_.size() || (stream_.wants_write() && !paused_)) {
    interest |= Loop::kWrite;
  }
  if (watch_ == 0) {
    watch_ = loop_.watch(stream_.descriptor(), interest, [weak = weak_from_this()](std::uint32_t) {
      if (const auto self = weak.lock()) {
        self->turn();
      }
    });
    interest_ = interest;
    if (watch_ == 0) {
      abort(End::failed("target_unreachable", "the socket cannot be watched"));
    }
  } else if (interest != interest_) {
    interest_ = interest;
    loop_.update_watch(watch_, interest);
  }
}

// Keep-alive -------------------------------------------------------------------------------------

void WebSocket::arm_ping(Millis delay) {
  timer_ = loop_.start_timer(
      delay,
      [weak = weak_from_this()] {
        if (const auto self = weak.lock()) {
          self->timer_ = 0;
          self->on_ping_timer();
        }
      },
      kPingSlack);
}

void WebSocket::on_ping_timer() {
  if (state_ != State::Open) {
    return;
  }
  const Millis silent = loop_.clock().monotonic() - last_input_;
  if (paused_ || silent < ping_interval_) {
    pinged_ = false;  // while it is paused, nothing can come
    arm_ping(paused_ ? ping_interval_ : ping_interval_ - silent);
    return;
  }
  if (pinged_) {
    finish({Code::Timeout, "ping_timeout", "the far end is silent, even when it is pinged"});
    return;
  }
  pinged_ = true;
  ws_append_frame(output_, WsRole::Client, WsOpcode::Ping, {});
  flush_soon();
  arm_ping(ping_interval_);
}

// The end ----------------------------------------------------------------------------------------

void WebSocket::close(std::uint16_t code, std::string_view reason) {
  if (state_ == State::Dialling || state_ == State::Handshaking) {
    abort({Code::Ok, "", "it was closed before it was open", ws_close::kAbnormal});
    return;
  }
  if (state_ != State::Open) {
    return;
  }
  state_ = State::Closing;
  if (paused_) {
    paused_ = false;  // the far end's goodbye is waited for
    turn_soon();
  }
  ws_append_close(output_, WsRole::Client, ws_is_close_code(code) ? code : ws_close::kNormal,
                  reason);
  flush_soon();
  loop_.cancel_timer(timer_);
  timer_ = loop_.start_timer(kGoodbye, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) {
      self->timer_ = 0;
      self->finish({Code::Ok, "", "", ws_close::kAbnormal});
    }
  });
}

// The connection is gone. That is no failure for who has said goodbye.
void WebSocket::lose(End end) {
  if (state_ == State::Closing) {
    end = {Code::Ok, "", "", ws_close::kAbnormal};
  }
  finish(std::move(end));
}

void WebSocket::abort(End end) {
  if (state_ == State::Over) {
    return;
  }
  WebSocketHandler* const handler = std::exchange(handler_, nullptr);
  finish({});
  loop_.post([self = shared_from_this(), handler, end = std::move(end)] {
    if (handler != nullptr) {
      handler->on_closed(end);
    }
  });
}

void WebSocket::abandon() {
  handler_ = nullptr;
  finish({});
}

void WebSocket::finish(End end) {
  if (state_ == State::Over) {
    return;
  }
  const bool was_open = state_ == State::Open || state_ == State::Closing;
  state_ = State::Over;
  if (was_open) {
    if (end.close_code == 0) {
      end.close_code = ws_close::kAbnormal;
    }
    if (written_ < output_.size()) {  // the goodbye, if the socket takes it
      std::size_t sent = 0;
      static_cast<void>(stream_.write(std::string_view(output_).substr(written_), sent));
    }
  }
  stream_.shut_down();
  const auto self = weak_from_this().lock();
  release();
  if (handler_ != nullptr) {
    std::exchange(handler_, nullptr)->on_closed(end);
  }
}

void WebSocket::release() {
  loop_.cancel_timer(std::exchange(timer_, 0));
  loop_.unwatch(std::exchange(watch_, 0));
  stream_.close();
  opening_.reset();
  free_memory(output_);
  free_memory(unread_);
}

}  // namespace waxwing::net
