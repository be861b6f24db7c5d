// SPDX-License-Identifier: Apache-2.0
// Writing a request, reading its answer.
#include "net/http_connection.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace waxwing::net {

using runtime::Loop;

namespace {

// A body up to this size leaves with its head, in one piece.
constexpr std::size_t kTogether = 64 * 1024;
constexpr std::size_t kScratchBytes = 16 * 1024;
constexpr int kReadsPerTurn = 16;
// Timers that hardly ever run out share their wake-ups.
constexpr Millis kSlack(250);

}  // namespace

HttpConnection::HttpConnection(Network& network, Loop& loop, Target target, Gone gone)
    : network_(network), loop_(loop), target_(std::move(target)), gone_(std::move(gone)) {}

HttpConnection::~HttpConnection() {
  gone_ = nullptr;
  leave();
}

void HttpConnection::send(Request request, Done done) {
  request_ = std::move(request);
  if (request_.body && request_.body->size() <= kTogether) {
    request_.head.append(*request_.body);
    request_.body.reset();
  }
  done_ = std::move(done);
  sent_ = 0;
  answering_ = false;
  head_ = {};
  body_reader_.reset();
  body_.clear();
  end_ = loop_.clock().monotonic() + request_.timeout;
  if (stream_.is_open()) {
    arm(end_);
    flush();
  } else {
    arm(std::min(end_, loop_.clock().monotonic() + request_.connect_timeout));
    dial();
  }
}

void HttpConnection::dial() {
  Dial::Params params;
  params.target = target_;
  dial_ = Dial::start(network_, loop_, std::move(params),
                      [weak = weak_from_this()](Stream stream, End end) {
                        const auto self = weak.lock();
                        if (!self) {
                          return;
                        }
                        self->dial_.reset();
                        if (!end.is_ok()) {
                          self->fail(std::move(end));
                          return;
                        }
                        self->stream_ = std::move(stream);
                        self->arm(self->end_);
                        self->flush();
                      });
}

// A timer that runs out too early costs less than one that is replaced at every request.
void HttpConnection::arm(Millis deadline) {
  deadline_ = deadline;
  if (timer_ != 0 && timer_at_ <= deadline) {
    return;
  }
  loop_.cancel_timer(timer_);
  timer_at_ = deadline;
  const Millis delay = deadline - loop_.clock().monotonic();
  timer_ = loop_.start_timer(
      delay,
      [weak = weak_from_this()] {
        if (const auto self = weak.lock()) {
          self->timer_ = 0;
          self->on_timer();
        }
      },
      std::clamp(delay / 10, Millis(0), kSlack));
}

void HttpConnection::on_timer() {
  if (!done_) {
    return;
  }
  if (loop_.clock().monotonic() < deadline_) {
    arm(deadline_);
    return;
  }
  fail(dial_ ? dial_->timeout()
             : End{Code::Timeout, "timeout", "the answer was not complete in time"});
}

// Writing ----------------------------------------------------------------------------------------

void HttpConnection::flush() {
  const std::string_view body =
      request_.body ? std::string_view(*request_.body) : std::string_view();
  const std::size_t head_size = request_.head.size();
  while (sent_ < head_size + body.size()) {
    const std::string_view rest = sent_ < head_size ? std::string_view(request_.head).substr(sent_)
                                                    : body.substr(sent_ - head_size);
    std::size_t sent = 0;
    const Stream::Io result = stream_.write(rest, sent);
    sent_ += sent;
    if (result == Stream::Io::Blocked) {
      break;
    }
    if (result != Stream::Io::Some) {
      // An answer that refuses the rest may be there; reading gives that, or the end.
      sent_ = head_size + body.size();
    }
  }
  const bool whole = sent_ == head_size + body.size();
  watch(Loop::kRead | (whole && !stream_.wants_write() ? 0U : std::uint32_t{Loop::kWrite}));
}

void HttpConnection::watch(std::uint32_t interest) {
  if (watch_ != 0) {
    if (interest != interest_) {
      interest_ = interest;
      loop_.update_watch(watch_, interest);
    }
    return;
  }
  interest_ = interest;
  watch_ = loop_.watch(stream_.descriptor(), interest, [weak = weak_from_this()](std::uint32_t) {
    if (const auto self = weak.lock()) {
      self->on_ready();
    }
  });
  if (watch_ == 0) {
    loop_.post([weak = weak_from_this()] {
      if (const auto self = weak.lock()) {
        self->fail(End::failed("target_unreachable", "the socket cannot be watched"));
      }
    });
  }
}

// Reading ----------------------------------------------------------------------------------------

void HttpConnection::on_ready() {
  if (!done_) {
    leave();  // nothing is expected: it is the end, or nonsense
    return;
  }
  if ((interest_ & Loop::kWrite) != 0) {
    flush();
  }
  read();
}

void HttpConnection::read() {
  thread_local std::array<char, kScratchBytes> scratch;
  for (int reads = 0; done_ && reads < kReadsPerTurn; ++reads) {
    std::size_t got = 0;
    switch (stream_.read(scratch, got)) {
      case Stream::Io::Some:
        take({scratch.data(), got});
        if (got < scratch.size() && !stream_.has_pending()) {
          return;  // if there is more by now, the loop tells
        }
        break;
      case Stream::Io::Blocked:
        return;
      case Stream::Io::End:
        take_end();
        return;
      case Stream::Io::Failed:
        fail(stream_.failure());
        return;
    }
  }
}

void HttpConnection::take(std::string_view input) {
  answering_ = true;
  if (!body_reader_) {
    switch (head_.feed(input)) {
      case HttpHeadReader::State::More:
        return;
      case HttpHeadReader::State::Bad:
        fail(End::failed("protocol_error", "the server does not answer with HTTP"));
        return;
      case HttpHeadReader::State::Done:
        body_reader_.emplace(head_.head());
        break;
    }
  }
  const HttpBodyReader::State state = body_reader_->feed(input, body_);
  if (state == HttpBodyReader::State::Bad) {
    fail(End::failed("protocol_error", "the body of the server's answer is malformed"));
  } else if (body_.size() > request_.max_response_bytes) {
    body_.resize(request_.max_response_bytes);
    answered(false);
  } else if (state == HttpBodyReader::State::Done) {
    const HttpHead& head = head_.head();
    const bool kept = head.minor_version >= 1 ? !head.has_token("connection", "close")
                                              : head.has_token("connection", "keep-alive");
    const bool whole = sent_ == request_.head.size() + (request_.body ? request_.body->size() : 0);
    answered(kept && whole && input.empty() && head.code >= 200);
  }
}

void HttpConnection::take_end() {
  if (body_reader_ && body_reader_->ends_by_close()) {
    answered(false);
  } else {
    fail(End::failed("connection_closed",
                     "the server closed the connection before its answer was "
                     "complete"));
  }
}

// The end ----------------------------------------------------------------------------------------

void HttpConnection::answered(bool reusable) {
  const auto self = shared_from_this();  // the last owner may go in what is called
  const Done done = std::exchange(done_, nullptr);
  Answer answer{std::move(head_.head()), std::move(body_)};
  ++served_;
  request_ = {};
  if (reusable) {
    idle_since_ = loop_.clock().monotonic();
  } else {
    leave();
  }
  done({}, std::move(answer));  // may send the next one
}

void HttpConnection::fail(End end) {
  const auto self = shared_from_this();
  const Done done = std::exchange(done_, nullptr);
  leave();
  if (done) {
    done(std::move(end), {});
  }
}

void HttpConnection::close() {
  const auto self = shared_from_this();
  leave();
}

void HttpConnection::leave() {
  loop_.cancel_timer(std::exchange(timer_, 0));
  loop_.unwatch(std::exchange(watch_, 0));
  dial_.reset();
  stream_.close();
  if (gone_) {
    const auto gone = std::exchange(gone_, nullptr);
    gone(*this);
  }
}

}  // namespace waxwing::net
