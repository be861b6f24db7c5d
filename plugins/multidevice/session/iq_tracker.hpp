// SPDX-License-Identifier: Apache-2.0
// Queries that wait for their answers.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace waxwing::multidevice {

class Node;

// How a query ended. `node` is borrowed for the call; nullptr unless an answer came.
struct IqReply {
  enum class Kind { Result, Error, Timeout, Lost };
  Kind kind = Kind::Lost;
  int code = 0;  // of an error
  const Node* node = nullptr;

  [[nodiscard]] bool ok() const noexcept { return kind == Kind::Result; }
};
using IqHandler = std::function<void(const IqReply&)>;

// Every handler is called exactly once, unless the tracker is destroyed before. A handler may start
// further queries. One user at a time.
class IqTracker {
 public:
  // Ids of one connection share a random prefix, so that a late answer to another connection's
  // query fits none.
  void restart();
  [[nodiscard]] std::string next_id();

  void expect(std::string id, std::int64_t deadline_ms, IqHandler handler);
  // Whether the answer was waited for.
  bool answer(const Node& iq);
  // Ends those whose time is over.
  void expire(std::int64_t now_ms);
  void fail_all(IqReply::Kind kind);
  // 0 when nothing is waited for.
  [[nodiscard]] std::int64_t next_deadline_ms() const noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return pending_.size(); }

 private:
  struct Pending {
    std::string id;
    std::int64_t deadline_ms;
    IqHandler handler;
  };
  std::vector<Pending> pending_;
  std::uint32_t prefix_ = 0;
  std::uint32_t counter_ = 0;
};

}  // namespace waxwing::multidevice
