// SPDX-License-Identifier: Apache-2.0
// StoreBatch: changes to the device's rows that become durable together, or not at all.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "multidevice/base/secret.hpp"

namespace waxwing::multidevice {

struct StoreOp {
  enum class Kind { Put, Erase, EraseSpace };
  Kind kind;
  std::string_view space;  // one of the names below: they live as long as the process
  std::string key;
  SecretBytes value;
  std::int64_t expires_at_ms = 0;  // unix time; 0: never
};

// A row to be read. The value of one that was read is borrowed for the call.
struct StoreKey {
  std::string_view space;
  std::string key;
};
struct StoreRow {
  std::string_view space;
  std::string_view key;
  ByteView value;
};
using StoreRows = std::vector<StoreRow>;

class StoreBatch {
 public:
  StoreBatch& put(std::string_view space, std::string key, SecretBytes value,
                  std::int64_t expires_at_ms = 0) {
    ops_.push_back({StoreOp::Kind::Put, space, std::move(key), std::move(value), expires_at_ms});
    return *this;
  }
  StoreBatch& erase(std::string_view space, std::string key) {
    ops_.push_back({StoreOp::Kind::Erase, space, std::move(key), {}, 0});
    return *this;
  }
  StoreBatch& erase_space(std::string_view space) {
    ops_.push_back({StoreOp::Kind::EraseSpace, space, {}, {}, 0});
    return *this;
  }
  // Of another batch, behind these.
  void add(StoreBatch&& other) {
    for (StoreOp& op : other.ops_) {
      ops_.push_back(std::move(op));
    }
  }
  [[nodiscard]] bool empty() const noexcept { return ops_.empty(); }
  [[nodiscard]] const std::vector<StoreOp>& ops() const noexcept { return ops_; }

 private:
  std::vector<StoreOp> ops_;
};

namespace rows {
inline constexpr std::string_view kDevice = "device";
inline constexpr std::string_view kCreds = "creds";
inline constexpr std::string_view kRoute = "route";
inline constexpr std::string_view kPrekeys = "prekeys";
inline constexpr std::string_view kSessions = "sessions";
inline constexpr std::string_view kSenderKeys = "senderkeys";
inline constexpr std::string_view kKeyHolders = "keyholders";
inline constexpr std::string_view kPeople = "people";
inline constexpr std::string_view kDevices = "devices";
inline constexpr std::string_view kGroups = "groups";
inline constexpr std::string_view kSeen = "seen";
inline constexpr std::string_view kOutbox = "outbox";
inline constexpr std::string_view kSent = "sent";
inline constexpr std::string_view kTokens = "tokens";
inline constexpr std::string_view kTimers = "timers";
// All that is worth nothing without the device's keys.
inline constexpr std::string_view kOfDevice[] = {
    kDevice, kPrekeys, kSessions, kSenderKeys, kKeyHolders, kPeople, kDevices,
    kGroups, kSeen,    kOutbox,   kSent,       kTokens,     kTimers};
}  // namespace rows

}  // namespace waxwing::multidevice
