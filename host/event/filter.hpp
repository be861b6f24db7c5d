// SPDX-License-Identifier: Apache-2.0
// Which events a receiver wants, and which ones a session does not let out at all.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace waxwing::event {

// A list of event names. "*" means every event but those that have to be asked for by name
// (engine.event, state.change, webhook.dropped); "message.*" every name that starts with
// "message.". A name that nobody emits matches nothing and does no harm.
class Filter {
 public:
  Filter() = default;  // matches nothing
  explicit Filter(std::vector<std::string> names);
  // "message,session.status"; blanks around names do not count.
  static Filter parse(std::string_view list);

  [[nodiscard]] bool matches(std::string_view type) const;
  [[nodiscard]] bool empty() const noexcept { return names_.empty(); }

 private:
  std::vector<std::string> names_;
};

// `config.ignore` of a session: kinds of chats whose events are dropped where they are made, for
// every receiver. engine.event is never dropped.
struct Ignore {
  bool status = false;     // status@broadcast
  bool groups = false;     // …@g.us
  bool channels = false;   // …@newsletter
  bool broadcast = false;  // …@broadcast, without status@broadcast

  // `chat` is the event's order key, which engines set to the chat's id.
  [[nodiscard]] bool drops(std::string_view type, std::string_view chat) const;
};

}  // namespace waxwing::event
