// SPDX-License-Identifier: Apache-2.0
// The connection after the handshake: sealed frames with one key and one counter per direction.
#pragma once

#include <cstdint>

#include "multidevice/base/bytes.hpp"
#include "multidevice/base/result.hpp"
#include "multidevice/base/secret.hpp"

namespace waxwing::multidevice {

// A counter is spent by every attempt, also one that fails: no two messages can share one, and a
// failure is the connection's end. One user at a time.
class Transport {
 public:
  Transport(Secret<32> write, Secret<32> read) noexcept;

  // A whole frame, with its length in front.
  [[nodiscard]] Result<Bytes> seal(ByteView plain);
  // Opens a frame's payload. Fault::Untrusted when it was changed, repeated or left out.
  [[nodiscard]] Result<Bytes> open(ByteView sealed);

  [[nodiscard]] std::uint64_t sealed_count() const noexcept { return write_counter_; }
  [[nodiscard]] std::uint64_t opened_count() const noexcept { return read_counter_; }
  void set_counters_for_test(std::uint64_t write, std::uint64_t read) noexcept;

 private:
  Secret<32> write_key_;
  Secret<32> read_key_;
  std::uint64_t write_counter_ = 0;
  std::uint64_t read_counter_ = 0;
};

}  // namespace waxwing::multidevice
