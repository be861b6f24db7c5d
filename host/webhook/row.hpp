// SPDX-License-Identifier: Apache-2.0
// How pending and dead events lie in the session's store.
//
// Spaces, all of the session's own tenant:
//   waxwing.outbox        key RowKey          an event and the slots that wait for it
//   waxwing.outbox.state  key RowKey + slot   how far one of several deliveries has come
//   waxwing.outbox.dead   key RowKey + slot   an event that one webhook could not be given
// Events and dead letters that are long lie in pieces (long_row.hpp).
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "event/event.hpp"
#include "webhook/target.hpp"

namespace waxwing::webhook {

inline constexpr std::string_view kPendingSpace = "waxwing.outbox";
inline constexpr std::string_view kStateSpace = "waxwing.outbox.state";
inline constexpr std::string_view kDeadSpace = "waxwing.outbox.dead";

// The place of an event among those of its session. Runs of the server are numbered upwards, so
// that keys grow whatever the clock does. Sorts as its octets do.
struct RowKey {
  std::uint32_t run = 0;
  std::uint64_t sequence = 0;

  friend auto operator<=>(const RowKey&, const RowKey&) = default;

  [[nodiscard]] std::string octets() const;
  [[nodiscard]] std::string octets(Slot slot) const;  // of a row of one delivery
};
// Both forms. False for what is no key.
[[nodiscard]] bool read_key(std::string_view octets, RowKey& key, Slot* slot = nullptr);

// An event with the slots that wait for it.
struct Row {
  event::EventPtr event;
  std::vector<Slot> slots;
  std::int64_t since_ms = 0;  // unix time at which it began to wait
};
[[nodiscard]] std::string write_row(const event::Event& event, const std::vector<Slot>& slots,
                                    std::int64_t since_ms);
[[nodiscard]] Result<Row> read_row(std::string_view value);

// How far a delivery has come.
struct Progress {
  bool done = false;
  std::uint32_t attempts = 0;
  std::int64_t not_before_ms = 0;  // unix time
};
[[nodiscard]] std::string write_progress(const Progress& progress);
[[nodiscard]] Progress read_progress(std::string_view value);

// Why an event is dead; the event itself is in `row`.
struct DeadLetter {
  std::int64_t died_ms = 0;  // unix time
  std::uint32_t attempts = 0;
  std::string error;
  std::string row;  // as write_row() made it
};
[[nodiscard]] std::string write_dead(const DeadLetter& dead);
[[nodiscard]] Result<DeadLetter> read_dead(std::string_view value);

}  // namespace waxwing::webhook
