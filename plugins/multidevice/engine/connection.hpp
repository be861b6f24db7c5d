// SPDX-License-Identifier: Apache-2.0
// Connection: the one WebSocket of a session, never opened before the one before it is over.
#pragma once

#include <functional>
#include <string>

#include <waxwing/plugin.hpp>

#include "multidevice/base/bytes.hpp"

namespace waxwing::multidevice {

// Two connections of one device replace each other, so there is at most one, also on its way out.
// [session-loop]
class Connection {
 public:
  struct Events {
    std::function<void()> opened;
    std::function<void(ByteView)> received;  // borrowed for the call
    // It is over and no other is being opened. `wanted` unless close() had been called.
    std::function<void(const plugin::NetEnd&, bool wanted)> closed;
  };
  using Opener =
      std::function<plugin::WebSocket(const plugin::WebSocketOptions&, plugin::WebSocketEvents)>;

  Connection(std::string url, Opener opener, Events on);

  // Opens at once, or when the one before is over.
  void open();
  // Ends it politely; of what is received from now on nothing is told.
  void close();
  // Ends it at once, closed() does not come.
  void abandon();
  // Dropped when there is none: closed() is on its way then. What the host has no room for waits
  // here, to a limit.
  void send(ByteView octets);
  [[nodiscard]] bool over() const noexcept { return over_; }

 private:
  void connect();
  void flush();
  void on_closed(const plugin::NetEnd& end);

  std::string url_;
  Opener opener_;
  Events on_;
  plugin::WebSocket socket_;
  bool over_ = true;     // closed() has come, or there is none
  bool wanted_ = false;  // what comes is told
  bool open_when_over_ = false;
  std::string unsent_;
};

}  // namespace waxwing::multidevice
