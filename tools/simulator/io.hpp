// SPDX-License-Identifier: Apache-2.0
// What the simulator's core needs of the world: a socket, timers, the time.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include "multidevice/base/bytes.hpp"

namespace waxwing::simulator {

namespace md = multidevice;

// One client's WebSocket. Everything here happens on the simulator's one thread.
class Socket {
 public:
  virtual ~Socket() = default;
  // One binary message; messages leave in order.
  virtual void send(md::Bytes message) = 0;
  // Closes once everything sent before has left.
  virtual void close() = 0;
};

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual std::uint64_t now_s() const = 0;
  // `task` must not rely on anything that may have gone by then. After 0 ms: on the next turn.
  virtual void after(std::chrono::milliseconds delay, std::function<void()> task) = 0;
};

}  // namespace waxwing::simulator
