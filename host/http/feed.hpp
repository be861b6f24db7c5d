// SPDX-License-Identifier: Apache-2.0
// Messages on their way from any thread to one client that listens.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "http/limits.hpp"

namespace waxwing::http {

class Callee;
class Mailbox;

// Shared with other clients, so it must not change any more.
struct Message {
  std::shared_ptr<const std::string> text;
  std::shared_ptr<const std::string> id;  // may be null
};

// What may wait for a client that reads slowly, what is on its way into the socket included. A
// single message may be larger.
struct FeedLimits {
  std::size_t bytes = 4 * kMiB;
  std::size_t messages = 1000;
};

// RFC 6455, 7.4.1, and the IANA registry: "try again later".
inline constexpr std::uint16_t kCloseTooSlow = 1013;

// The server's last word: the code and the reason of a WebSocket's close frame.
struct Farewell {
  std::uint16_t code = 0;
  std::string reason;
};

// Bounded: a client that falls behind its limits is given up, never waited for. [any-thread]
class Feed {
 public:
  explicit Feed(FeedLimits limits = {}) : limits_(limits) {}

  // What goes out before anything posted, whenever that was, and counts against no limit. Before
  // the client is connected to the feed.
  void put_first(std::vector<Message> messages);
  // False when it will not leave: the client is gone, given up, or told to go.
  bool post(Message message);
  // The client is told to go once what was posted has left. The first word counts.
  void end(std::uint16_t code, std::string reason);

  // For the protocol at the other end. [worker]

  // From now on `callee` is called, through the mailbox, when there is something to take.
  void attach(std::shared_ptr<Mailbox> mailbox, std::weak_ptr<Callee> callee);
  struct Batch {
    std::vector<Message> messages;
    std::optional<Farewell> farewell;  // after these messages; the last thing ever taken
  };
  // A share of what waits. What was taken before has left.
  [[nodiscard]] Batch take();
  // The last word to a client over its limits, whether or not what was taken has left.
  [[nodiscard]] std::optional<Farewell> given_up();
  // The client is gone, or is told to go: drops what waits. True when it was given up.
  bool detach();

 private:
  // Once until the next take().
  [[nodiscard]] bool call_is_due();

  const FeedLimits limits_;

  std::mutex mutex_;  // guards all below; mailbox_ and callee_ do not change once called_ is set
  std::shared_ptr<Mailbox> mailbox_;
  std::weak_ptr<Callee> callee_;
  std::vector<Message> first_;
  std::vector<Message> queue_;
  std::optional<Farewell> farewell_;
  // Posted and not left yet, and what of it was taken.
  std::size_t held_bytes_ = 0;
  std::size_t held_messages_ = 0;
  std::size_t taken_bytes_ = 0;
  std::size_t taken_messages_ = 0;
  bool called_ = false;  // and not taken since
  bool too_slow_ = false;
  bool gone_ = false;
};

}  // namespace waxwing::http
