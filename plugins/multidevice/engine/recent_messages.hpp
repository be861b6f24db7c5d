// SPDX-License-Identifier: Apache-2.0
// RecentMessages: the last messages of a session, for quotes, forwards, reactions and receipts.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string_view>
#include <vector>

#include "multidevice/message/types.hpp"

namespace waxwing::multidevice {

// Bounded in number and octets; in memory only, and packed, for every session has its own. What is
// not here any more is quoted without its content and cannot be forwarded.
class RecentMessages {
 public:
  struct Item {
    MessageInfo info;
    Bytes message;                                          // serialised waE2E.Message
    SendResult::State state = SendResult::State::Accepted;  // of one of ours
  };
  static constexpr std::size_t kMaxItems = 64;
  static constexpr std::size_t kMaxBytes = std::size_t{64} << 10U;

  void add(const MessageInfo& info, ByteView message);
  // The latest of that id.
  [[nodiscard]] std::optional<Item> find(std::string_view id);

  void set_state(std::string_view id, SendResult::State state);
  // As find(), and take_unread() will not give it any more.
  std::optional<Item> mark_read(std::string_view id);
  // What others wrote in that chat (by either name of a person) and was not marked as read yet,
  // eldest first; now it is.
  [[nodiscard]] std::vector<MessageInfo> take_unread(const Jid& chat);

 private:
  struct Packed {
    Bytes octets;
    bool read = false;
    SendResult::State state = SendResult::State::Accepted;
  };
  // Null when there is none.
  [[nodiscard]] Packed* look_up(std::string_view id);

  std::deque<Packed> items_;
  std::size_t bytes_ = 0;
};

}  // namespace waxwing::multidevice
