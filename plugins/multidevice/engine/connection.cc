// SPDX-License-Identifier: Apache-2.0
// One WebSocket after the other.
#include "multidevice/engine/connection.hpp"

#include <utility>

#include "multidevice/noise/frame.hpp"

namespace waxwing::multidevice {
namespace {

// Beyond what the host takes by itself; a connection that does not drain is of no use.
constexpr std::size_t kMaxUnsentBytes = std::size_t{4} << 20U;

}  // namespace

Connection::Connection(std::string url, Opener opener, Events on)
    : url_(std::move(url)), opener_(std::move(opener)), on_(std::move(on)) {}

void Connection::open() {
  if (over_) {
    connect();
  } else {
    open_when_over_ = true;
  }
}

void Connection::connect() {
  open_when_over_ = false;
  wanted_ = true;
  over_ = false;
  unsent_.clear();
  plugin::WebSocketOptions options;
  options.url = url_;
  options.headers = {{"Origin", "https://web.whatsapp.com"}};
  options.max_message_bytes = kMaxFrameBytes + 1024;
  plugin::WebSocketEvents events;
  events.opened = [this](const plugin::Headers&) {
    if (wanted_) {
      on_.opened();
    }
  };
  events.message = [this](std::string_view data, bool) {
    if (wanted_) {
      on_.received(as_bytes(data));
    }
  };
  events.writable = [this] { flush(); };
  events.closed = [this](const plugin::NetEnd& end) { on_closed(end); };
  socket_ = opener_(options, std::move(events));
}

void Connection::on_closed(const plugin::NetEnd& end) {
  over_ = true;
  unsent_.clear();
  if (open_when_over_) {
    connect();
  } else {
    on_.closed(end, std::exchange(wanted_, false));
  }
}

void Connection::close() {
  wanted_ = false;
  open_when_over_ = false;
  if (!over_) {
    socket_.close();
  }
}

void Connection::abandon() {
  socket_ = {};
  over_ = true;
  wanted_ = false;
  open_when_over_ = false;
  unsent_.clear();
}

void Connection::send(ByteView octets) {
  if (!socket_.is_open()) {
    return;
  }
  if (unsent_.empty() && socket_.send(as_text(octets))) {
    return;
  }
  if (unsent_.size() + octets.size() > kMaxUnsentBytes) {
    socket_.close(1000, "too slow");
    return;
  }
  unsent_.append(as_text(octets));
}

void Connection::flush() {
  if (!unsent_.empty() && socket_.is_open() && socket_.send(unsent_)) {
    std::string().swap(unsent_);  // which frees it
  }
}

}  // namespace waxwing::multidevice
