// SPDX-License-Identifier: Apache-2.0
// One client connection: reading, writing, deadlines and closing, whatever is spoken on it.
#include "http/connection.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/free_memory.hpp"

namespace waxwing::http {
namespace {

// One turn's share.
constexpr int kReadsPerTurn = 8;
constexpr std::size_t kWritesPerTurnBytes = 1 * kMiB;
constexpr std::size_t kWriteBytes = 256 * kKiB;
constexpr std::size_t kMaxPieces = 64;

// Buffers of an idle connection larger than this are given back.
constexpr std::size_t kKeptInputBytes = 4 * kKiB;

}  // namespace

void Output::clear() noexcept {
  pieces_.clear();
  first_ = 0;
  offset_ = 0;
}

Output::Result Output::write_to(Wire& wire, std::size_t& written, std::size_t& share) {
  while (!empty()) {
    if (share == 0) {
      return Result::Yield;
    }
    std::array<iovec, kMaxPieces> vectors{};
    std::size_t count = 0;
    std::size_t room = std::min(share, kWriteBytes);
    std::size_t offset = offset_;
    for (std::size_t i = first_; i < pieces_.size() && count < kMaxPieces && room > 0; ++i) {
      const std::string_view piece = pieces_[i].view().substr(offset, room);
      offset = 0;
      room -= piece.size();
      vectors[count++] = {const_cast<char*>(piece.data()), piece.size()};  // NOLINT: only read
    }
    const IoResult result = wire.transmit(std::span(vectors.data(), count));
    if (result.kind == IoResult::Kind::WouldBlock) {
      return Result::Blocked;
    }
    if (result.kind != IoResult::Kind::Some) {
      return Result::Broken;
    }
    written += result.bytes;
    share -= std::min(share, result.bytes);
    offset_ += result.bytes;
    while (first_ < pieces_.size() && offset_ >= pieces_[first_].size()) {
      offset_ -= pieces_[first_].size();
      pieces_[first_++] = Body();  // a large body is freed here
    }
  }
  clear();
  return Result::Drained;
}

Connection::Connection(ConnectionHost& host, const Limits& limits, Stats& stats, int descriptor,
                       std::unique_ptr<TlsConnection> tls)
    : host_(host), limits_(limits), stats_(stats), wire_(descriptor, std::move(tls)) {}

Connection::~Connection() = default;

void Connection::on_event(bool readable, bool broken) {
  if (closed_) {
    return;
  }
  if (broken) {
    close();
    return;
  }
  readable_ = readable_ || readable || wire_.reads_on_any_event();
  turn();
}

void Connection::turn() {
  if (closed_ || !protocol_) {
    return;
  }
  in_turn_ = true;
  share_ = kWritesPerTurnBytes;
  step();
  in_turn_ = false;
}

void Connection::step() {
  bool served = false;  // one request per turn
  for (int reads = kReadsPerTurn; flush();) {
    if (next_) {
      change_protocol();
      continue;
    }
    if (finishing_) {
      linger();
      return;
    }
    if (!protocol_->wants_input()) {
      return;
    }
    if (input_due_) {
      if (served) {
        host_.schedule(*this);
        return;
      }
      offer({});
      served = !protocol_->starved();
      continue;
    }
    if (!readable_) {
      return;
    }
    if (reads-- == 0) {
      host_.schedule(*this);
      return;
    }
    const std::span<char> scratch = host_.scratch();
    const IoResult got = wire_.receive(scratch);
    switch (got.kind) {
      case IoResult::Kind::WouldBlock:
        readable_ = false;
        if (wire_.wants_write()) {
          watch_writes();
        }
        return;
      case IoResult::Kind::Broken:
        close();
        return;
      case IoResult::Kind::End:
        readable_ = false;
        ended_ = true;
        protocol_->on_end_of_input();
        break;
      case IoResult::Kind::Some:
        if (served) {
          input_.append(scratch.data(), got.bytes);
          input_due_ = true;
        } else {
          offer({scratch.data(), got.bytes});
          served = !protocol_->starved();
        }
        break;
    }
  }
}

void Connection::offer(std::string_view fresh) {
  if (!input_.empty() && !fresh.empty()) {
    input_.append(fresh);
    fresh = {};
  }
  if (fresh.empty()) {
    input_.erase(0, protocol_->on_input(input_));
    if (input_.empty() && input_.capacity() > kKeptInputBytes) {
      input_.shrink_to_fit();
    }
  } else {
    input_.assign(fresh.substr(protocol_->on_input(fresh)));
  }
  input_due_ = !input_.empty() && !protocol_->starved();
}

void Connection::change_protocol() {
  protocol_ = std::move(next_);
  deadline_ = TimePoint::max();
  input_due_ = !input_.empty();
  protocol_->on_open();
  if (draining_) {
    protocol_->on_drain();
  }
}

bool Connection::flush() {
  while (!output_.empty()) {
    const std::size_t before = written_;
    const Output::Result result = output_.write_to(wire_, written_, share_);
    if (written_ != before && result != Output::Result::Drained) {
      write_progress_ = now();
    }
    switch (result) {
      case Output::Result::Broken:
        close();
        return false;
      case Output::Result::Blocked:
        watch_writes();
        return false;
      case Output::Result::Yield:
        host_.schedule(*this);
        return false;
      case Output::Result::Drained:
        protocol_->on_drained();
        break;
    }
  }
  return true;
}

void Connection::watch_writes() {
  if (!writes_watched_) {
    writes_watched_ = true;
    host_.want_write(*this);
  }
}

// Closing a socket that still has unread input resets it, and the client might lose our last
// answer. So we close our half, and read past what still comes until the client closes its own.
void Connection::linger() {
  if (!shut_) {
    shut_ = true;
    wire_.shut_down();
    deadline_ = now() + limits_.linger_timeout;
  }
  for (int reads = kReadsPerTurn; !ended_; --reads) {
    if (!readable_) {
      if (draining_) {
        break;  // the server does not wait for clients that are slow to say goodbye
      }
      return;
    }
    if (reads == 0) {
      host_.schedule(*this);
      return;
    }
    const IoResult got = wire_.receive(host_.scratch());
    readable_ = got.kind == IoResult::Kind::Some;
    ended_ = !readable_ && got.kind != IoResult::Kind::WouldBlock;
  }
  close();
}

void Connection::on_tick(TimePoint now) {
  if (closed_) {
    return;
  }
  if (!output_.empty()) {
    const TimePoint due =
        std::min(write_progress_ + limits_.write_timeout,
                 write_started_ + limits_.write_timeout + limits_.earned_time(written_));
    if (now > due) {
      stats_.connections_timed_out.fetch_add(1, std::memory_order_relaxed);
      close();
    }
  } else if (now > deadline_) {
    deadline_ = TimePoint::max();
    if (finishing_) {
      close();
    } else {
      protocol_->on_timeout();
      turn();
    }
  }
}

void Connection::on_drain() {
  if (!closed_ && protocol_) {
    draining_ = true;
    protocol_->on_drain();
    turn();
  }
}

void Connection::close() {
  if (closed_) {
    return;
  }
  closed_ = true;
  const auto self = shared_from_this();
  host_.release(*this);
  output_.clear();
  free_memory(input_);
  next_.reset();
  if (protocol_) {
    protocol_->on_closed();
  }
}

void Connection::write(std::string head, Body body) {
  if (closed_) {
    return;
  }
  if (output_.empty()) {
    written_ = 0;
    write_started_ = write_progress_ = now();
  }
  output_.push(std::move(head));
  output_.push(std::move(body));
  if (!in_turn_) {
    host_.schedule(*this);
  }
}

void Connection::become(std::shared_ptr<Protocol> next) {
  if (closed_) {
    return;
  }
  next_ = std::move(next);
  if (!in_turn_) {
    host_.schedule(*this);
  }
}

void Connection::finish() {
  finishing_ = true;
  if (!in_turn_ && !closed_) {
    host_.schedule(*this);
  }
}

}  // namespace waxwing::http
