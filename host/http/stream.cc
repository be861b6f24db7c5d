// SPDX-License-Identifier: Apache-2.0
// What WebSockets and event streams have in common: a connection that a Feed's messages leave by.
#include "http/stream.hpp"

#include <utility>

#include "net/websocket_codec.hpp"

namespace waxwing::http {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

}  // namespace

StreamProtocol::StreamProtocol(const Handover& handover, StreamStats& stats, Stream stream)
    : channel_(handover.channel),
      limits_(handover.service.limits),
      stats_(stats),
      mailbox_(handover.mailbox),
      stream_(std::move(stream)) {}

StreamProtocol::~StreamProtocol() {
  let_go();
}

void StreamProtocol::on_open() {
  open_ = true;
  stats_.open.fetch_add(1, kRelaxed);
  stats_.opened.fetch_add(1, kRelaxed);
  stream_.feed->attach(mailbox_, weak_from_this());
  wait_for_pulse();
  pump();
}

void StreamProtocol::on_call() {
  pump();
}

void StreamProtocol::on_drained() {
  writing_ = false;
  pump();
}

void StreamProtocol::on_drain() {
  if (stream_.feed) {
    stream_.feed->end(net::ws_close::kGoingAway, "the server stops");
  }
}

void StreamProtocol::on_closed() {
  done_ = true;
  let_go();
  if (open_) {
    open_ = false;
    stats_.open.fetch_sub(1, kRelaxed);
  }
}

void StreamProtocol::pump() {
  if (stream_.feed && writing_) {
    farewell_ = stream_.feed->given_up();
  } else if (stream_.feed) {
    Feed::Batch batch = stream_.feed->take();
    for (const Message& message : batch.messages) {
      write_message(message);
    }
    writing_ = !batch.messages.empty();
    stats_.messages.fetch_add(batch.messages.size(), kRelaxed);
    farewell_ = std::move(batch.farewell);
  }
  if (farewell_) {
    let_go();
    if (!writing_) {
      say_farewell(*std::exchange(farewell_, std::nullopt));
    }
  }
}

void StreamProtocol::end() {
  if (!done_) {
    done_ = true;
    let_go();
    channel_.finish();
  }
}

void StreamProtocol::let_go() {
  if (stream_.feed) {
    const bool too_slow = stream_.feed->detach() && open_;
    stats_.too_slow.fetch_add(too_slow ? 1 : 0, kRelaxed);
    stream_.feed.reset();
    stream_.companion.reset();
  }
}

}  // namespace waxwing::http
