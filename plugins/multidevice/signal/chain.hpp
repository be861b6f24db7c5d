// SPDX-License-Identifier: Apache-2.0
// Chains of message keys: stepping forward, and what was stepped over.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "multidevice/base/bytes.hpp"
#include "multidevice/base/secret.hpp"
#include "multidevice/signal/fault.hpp"
#include "multidevice/signal/session_record.hpp"

namespace waxwing::multidevice {

// The seed of the chain's next message; the chain moves on.
[[nodiscard]] Secret<32> next_seed(ChainKey& chain);

// A chain and what it left out, looked at for one message without being changed.
class ChainWalk {
 public:
  // Finds the seed of message `index`: a skipped one, or one ahead by at most kMaxSkip.
  ChainWalk(const ChainKey& chain, const std::vector<SkippedKey>& skipped, std::uint32_t index);

  // None, Duplicate or FutureMessage.
  [[nodiscard]] DecryptFault fault() const noexcept { return fault_; }
  [[nodiscard]] const Secret<32>& seed() const noexcept { return seed_; }
  // The message is genuine: makes it so that its seed cannot be had again.
  void apply(ChainKey& chain, std::vector<SkippedKey>& skipped);

 private:
  DecryptFault fault_ = DecryptFault::None;
  Secret<32> seed_;
  std::optional<std::size_t> used_;  // of the skipped ones
  ChainKey ahead_;
  std::vector<SkippedKey> passed_;
};

// How chains and skipped keys stand in a stored record.
void append_chain(Bytes& to, const ChainKey& chain);
void append_skipped(Bytes& to, const std::vector<SkippedKey>& skipped);
[[nodiscard]] bool read_chain(Reader& from, ChainKey& chain);
[[nodiscard]] bool read_skipped(Reader& from, std::vector<SkippedKey>& skipped);
template <std::size_t N>
[[nodiscard]] bool read_fixed(Reader& from, std::array<std::uint8_t, N>& out) {
  const auto octets = from.take(N);
  if (octets) {
    std::copy(octets->begin(), octets->end(), out.begin());
  }
  return octets.has_value();
}
template <std::size_t N>
[[nodiscard]] bool read_fixed(Reader& from, Secret<N>& out) {
  const auto octets = from.take(N);
  if (octets) {
    std::copy(octets->begin(), octets->end(), out.writable().begin());
  }
  return octets.has_value();
}
[[nodiscard]] bool read_number(Reader& from, std::uint32_t& out);

}  // namespace waxwing::multidevice
