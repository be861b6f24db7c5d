// SPDX-License-Identifier: Apache-2.0
// The seam between a connection (octets, time) and what is spoken on it. HTTP/1 is one protocol;
// a WebSocket or an event stream on the same port is another one that takes the place of the first.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "http/response.hpp"

namespace waxwing::http {

using TimePoint = std::chrono::steady_clock::time_point;

class Mailbox;
class Protocol;
struct Service;

// What a protocol may do with its connection. [worker]
class Channel {
 public:
  virtual ~Channel() = default;
  // Queues octets; they leave in order, at the latest after the current call.
  virtual void write(std::string head, Body body) = 0;
  // Nothing more will be written: what is queued leaves, then the connection is closed gently.
  virtual void finish() = 0;
  // When to call on_timeout(), once. Counts only while no output waits for the client.
  virtual void set_deadline(TimePoint deadline) = 0;
  [[nodiscard]] virtual TimePoint now() const = 0;
  // `next` takes the place of the protocol that calls, once everything written so far is with the
  // kernel. It gets the input that is not used yet. The one that leaves is called no more.
  virtual void become(std::shared_ptr<Protocol> next) = 0;
};

// Called by its connection only, never again after on_closed(). [worker]
class Protocol {
 public:
  virtual ~Protocol() = default;
  // It took another one's place; before any other call.
  virtual void on_open() {}
  // While false no input is read and none is offered.
  [[nodiscard]] virtual bool wants_input() const = 0;
  // Returns how much of `input` was used. When it used less and still wants input, it either needs
  // more octets behind these (starved), or just ended a request and lets others have their turn.
  virtual std::size_t on_input(std::string_view input) = 0;
  [[nodiscard]] virtual bool starved() const = 0;
  // The client will send nothing more; it may still read.
  virtual void on_end_of_input() = 0;
  // Everything written so far is with the kernel.
  virtual void on_drained() = 0;
  virtual void on_timeout() = 0;
  // The server stops: finish as soon as what runs is done.
  virtual void on_drain() = 0;
  // The socket is gone.
  virtual void on_closed() = 0;
};

// What a protocol is made with; `channel` and `service` outlive it.
struct Handover {
  Channel& channel;
  Service& service;
  const std::shared_ptr<Mailbox>& mailbox;
};

}  // namespace waxwing::http
