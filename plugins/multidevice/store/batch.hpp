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
};

class StoreBatch {
 public:
  StoreBatch& put(std::string_view space, std::string key, SecretBytes value) {
    ops_.push_back({StoreOp::Kind::Put, space, std::move(key), std::move(value)});
    return *this;
  }
  StoreBatch& erase(std::string_view space, std::string key) {
    ops_.push_back({StoreOp::Kind::Erase, space, std::move(key), {}});
    return *this;
  }
  StoreBatch& erase_space(std::string_view space) {
    ops_.push_back({StoreOp::Kind::EraseSpace, space, {}, {}});
    return *this;
  }
  [[nodiscard]] const std::vector<StoreOp>& ops() const noexcept { return ops_; }

 private:
  std::vector<StoreOp> ops_;
};

namespace rows {
inline constexpr std::string_view kDevice = "device";
inline constexpr std::string_view kCreds = "creds";
inline constexpr std::string_view kRoute = "route";
inline constexpr std::string_view kPrekeys = "prekeys";
}  // namespace rows

}  // namespace waxwing::multidevice
